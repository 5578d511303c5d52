"""What docs/explain.md shows is what the commands print."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

PAGE = Path(__file__).parents[2] / "docs" / "explain.md"
START = 1_772_323_200_000  # 2026-03-01T00:00:00Z
NINE = 9 * 3600


def event(event_id: str, kind: str, seconds: int, user: str = "u-1042", **fields: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "type": kind,
        "event_time": START + seconds * 1000,
        "user_id": user,
        **fields,
    }


def debit(number: int, seconds: int, amount: int, **fields: Any) -> dict[str, Any]:
    paid = {"amount": amount, "currency": "CNY", "merchant_id": "m-77", "auth_method": "none"}
    return event(f"e{number}", "debit", seconds, **paid, **fields)


def events() -> list[dict[str, Any]]:
    """A verification too late after a session, four debits of a user, and four of an elderly one."""
    transfer = {"amount": 4_900_000, "currency": "CNY", "payee_id": "p9", "auth_method": "face"}
    elderly = {"user": "u-2077", "user_tier": "elderly"}
    return [
        event("e1", "remote_session_started", NINE, session_id="r1", app="desk"),
        event("e2", "face_verification", NINE + 1840, result="passed"),
        event("e3", "transfer", NINE + 1900, **transfer),
        *(debit(4 + n, NINE + 3600 + 60 * n, fen) for n, fen in enumerate((20_500, 19_800, 21_000, 18_800))),
        *(debit(20 + n, NINE + 7200 + 40 * n, 9_000 + n, **elderly) for n in range(4)),
    ]


CASES = re.findall(
    r"^```\n\$ detector (.*)\n((?:.*\n)*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.mark.parametrize(("command", "shown"), CASES)
def test_a_case_of_the_page_is_what_is_printed(
    detector: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (tmp_path / "events.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in events()))
    assert detector("backtest", "--events", "events.ndjson", "--alerts-out", "alerts.ndjson").code == 0
    done = detector(*shlex.split(command))
    assert (done.code, done.err) == (0, "")
    assert done.out == shown


def test_the_page_has_three_cases() -> None:
    assert len(CASES) == 3

"""Which recorded events a command reads: what contradicts itself is refused before anything is opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from detector.cli.recorded import recorded
from detector.config import load_settings

SETTINGS = load_settings(None, {})


def opened(
    files: Sequence[str] = (), from_kafka: bool = False, since: str | None = None, until: str | None = None
) -> list[bytes]:
    with recorded(SETTINGS, files, from_kafka, since, until) as found:
        return [line for part in found.parts for batch in part.batches() for line in batch.lines]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "name files of events, or read --from-kafka"),
        ({"files": ["a"], "from_kafka": True}, "read either files or --from-kafka"),
        ({"files": ["a"], "since": "7d"}, "it goes with --from-kafka; files are read whole"),
        ({"files": ["a"], "until": "7d"}, "it goes with --from-kafka; files are read whole"),
        ({"from_kafka": True, "since": "1d", "until": "7d"}, "it must lie before the end"),
        ({"from_kafka": True, "since": "2030-01-01"}, "it must lie before the end"),
        (
            {"from_kafka": True, "since": "week"},
            "'week' is neither a duration such as 7d nor a time such as 2026-03-01T08:00",
        ),
    ],
)
def test_options_that_contradict_each_other_or_say_too_little(options: dict[str, Any], said: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"^{said}$"):
        opened(**options)


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n")
    assert opened([str(tmp_path / "a")]) == [b"1", b"2"]

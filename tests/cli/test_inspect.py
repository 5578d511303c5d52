"""`detector inspect` and `detector alerts explain` over files of events: data on stdout, exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Done, Run

MINUTE = 60_000
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
Event = dict[str, Any]


def debit(event_id: str, minute: float, user: str = "u1", merchant: str = "m1", **fields: Any) -> Event:
    at = START + round(minute * MINUTE)
    paid = {"amount": 900, "currency": "CNY", "merchant_id": merchant, "auth_method": "none"}
    return {"event_id": event_id, "type": "debit", "event_time": at, "user_id": user, **paid, **fields}


def burst(n: int, user: str = "u1") -> list[Event]:
    return [debit(f"{user}-{number}", number, user) for number in range(n)]


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., str]:
    """Writes events to a file, in this order of arrival, and gives its name."""

    def write(*events: Event, name: str = "events.ndjson") -> str:
        path = tmp_path / name
        path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
        return str(path)

    return write


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


Write = Callable[..., str]


def test_the_events_the_alerts_and_every_rule_of_a_user(detector: Run, recorded: Write) -> None:
    events = recorded(*burst(5), *burst(3, "u2"))
    done = detector("inspect", "u1", "--events", events, "--limit", "2")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "user_id u1: events in the history: 5, the newest 2:"
    assert [line.split()[3] for line in lines[1:3]] == ["u1-3", "u1-4"]
    assert "amount=9.00 yuan" in lines[1]
    assert lines[3] == "alerts on record:"
    assert lines[4].split()[0] == "no-password-burst"
    assert lines[5] == "rules:"
    rules = {line.split()[0]: line.split()[1] for line in lines[6:]}
    assert rules["no-password-burst"] == "✓"
    assert rules["no-password-drip"] == "✗"
    assert "merchant-surge" not in rules


def test_one_rule_in_full(detector: Run, recorded: Write) -> None:
    done = detector("inspect", "u1", "--explain", "no-password-burst", "--events", recorded(*burst(4)))
    assert done.code == 0
    assert "    ✗ count 4 of 5 (1 short)" in done.out.splitlines()


def test_up_to_an_event_or_a_time(detector: Run, recorded: Write) -> None:
    events = recorded(*burst(5))
    inspect = ("inspect", "u1", "--explain", "no-password-burst", "--events", events, "--at")
    for at in ("u1-2", "2026-01-01T00:02:30", "2026-01-01T08:02:30+08:00"):
        assert "✗ count 3 of 5 (2 short)" in detector(*inspect, at).out
    assert detector(*inspect, "2025-01-01") == Done(1, "", "user_id u1 has no event up to then\n")
    unknown = detector(*inspect, "u2-0")
    assert unknown.code == 1
    assert unknown.err.startswith("'u2-0' is neither the id of an event that user_id u1 has nor a time")


def test_what_arrived_late_or_twice_counts_as_it_does_live(detector: Run, recorded: Write) -> None:
    late = debit("late", 1.5)
    events = recorded(*burst(4), late, late)
    found = json.loads(detector("inspect", "u1", "--events", events, "--json").out)
    assert [event["event_id"] for event in found["events"]] == ["u1-0", "u1-1", "late", "u1-2", "u1-3"]
    [burst_now] = [rule for rule in found["rules"] if rule["rule_id"] == "no-password-burst"]
    assert burst_now["holds"]
    assert burst_now["held"][0]["event"]["event_id"] == "u1-3"


def test_a_user_is_found_however_json_writes_the_name(detector: Run, recorded: Write) -> None:
    events = recorded(*burst(2, "用户"))
    assert "\\u" in Path(events).read_text()
    assert "events in the history: 2" in detector("inspect", "用户", "--events", events).out


def test_a_merchant_by_the_rule_or_by_option(detector: Run, recorded: Write) -> None:
    shops = [
        debit(f"{user}-x", 0, user, "shop", terminal_certified=False, terminal_id="t") for user in ("a", "b")
    ]
    events = recorded(*shops, shops[1])
    explained = detector("inspect", "shop", "--explain", "uncertified-terminal", "--events", events)
    assert "✗ count 2 of 3 (1 short)" in explained.out
    by = detector("inspect", "shop", "--by", "merchant_id", "--events", events, "--json")
    found = json.loads(by.out)
    assert found["key"] == {"merchant_id": "shop"}
    assert found["events_total"] == 2
    assert {rule["rule_id"] for rule in found["rules"]} >= {"uncertified-terminal", "merchant-surge"}


def test_who_is_not_in_the_events_is_one_line(detector: Run, recorded: Write) -> None:
    events = recorded(*burst(1))
    assert detector("inspect", "shop", "--events", events) == Done(
        1, "", "the events have none of user_id shop; of a merchant: --by merchant_id\n"
    )
    named = detector("inspect", "u9", "--explain", "merchant-surge", "--events", events)
    assert named == Done(1, "", "the events have none of merchant_id u9\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--explain", "no-pasword-burst"), "did you mean 'no-password-burst'?"),
        (("--explain", "merchant-surge", "--by", "user_id"), "rule merchant-surge goes by merchant_id"),
        (("more.ndjson",), "files go with --events"),
        (("--lists", "."), "lists of a directory go with --events"),
    ],
)
def test_wrong_usage_is_told(detector: Run, options: tuple[str, ...], message: str) -> None:
    done = detector("inspect", "u1", *options)
    assert done.code == 2
    assert message in done.err


def test_several_files_and_standard_input(detector: Run, recorded: Write) -> None:
    events = burst(5)
    first = recorded(*events[:2])
    second = recorded(*events[2:4], name="more.ndjson")
    given = json.dumps(events[4])
    done = detector("inspect", "u1", "--events", first, "--json", "--events", "-", second, given=given)
    assert json.loads(done.out)["events_total"] == 5
    missing = detector("inspect", "u1", "--events", "nowhere.ndjson")
    assert missing == Done(1, "", "nowhere.ndjson: cannot be read: No such file or directory\n")


def test_the_language_is_the_one_chosen_else_that_of_the_environment(
    detector: Run, recorded: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspect = ("inspect", "u1", "--explain", "no-password-burst", "--events", recorded(*burst(4)))
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "规则不成立" in detector(*inspect).out
    assert "does not hold" in detector(*inspect, "--lang", "en").out


@pytest.fixture
def alerts(detector: Run, recorded: Write, tmp_path: Path) -> tuple[str, str, list[Event]]:
    """A file of events, one of the alerts that a backtest made of them, and these alerts."""
    events, out = recorded(*burst(7)), tmp_path / "alerts.ndjson"
    detector("backtest", "--events", events, "--alerts-out", str(out))
    return events, str(out), [json.loads(line) for line in out.read_text().splitlines()]


def test_an_alert_is_explained_at_the_event_that_raised_it(
    detector: Run, alerts: tuple[str, str, list[Event]]
) -> None:
    events, out, [alert, *_] = alerts
    done = detector("alerts", "explain", alert["alert_id"], "--alerts", out, "--events", events)
    assert (done.code, done.err) == (0, "")
    assert "holds, severity high: debit u1-4 at 2026-01-01 00:04:00" in done.out
    assert "✓ count 5 (≥ 5)" in done.out
    data = json.loads(
        detector("alerts", "explain", alert["alert_id"], "--alerts", out, "--events", events, "--json").out
    )
    assert data["alert"] == alert
    assert data["doubts"] == []
    assert data["explanation"]["held"][0]["alert_id"] == alert["alert_id"]


def test_where_its_events_are_gone_the_alert_speaks_for_itself(
    detector: Run, alerts: tuple[str, str, list[Event]], recorded: Write
) -> None:
    _, out, [alert, *_] = alerts
    explain = ("alerts", "explain", alert["alert_id"], "--alerts", out, "--events")
    nobody = detector(*explain, recorded(*burst(1, "u2"), name="others.ndjson"))
    assert nobody.code == 0
    assert alert["explanation"]["en"] in nobody.out
    assert nobody.out.splitlines()[-1] == "the events have none of user_id u1"
    gone = detector(*explain, recorded(*burst(4), name="earlier.ndjson"))
    assert "the history no longer has the event that raised the alert" in gone.out.splitlines()[-1]
    part = detector(*explain, recorded(*burst(7)[2:], name="later.ndjson"))
    assert "2 of 5 events of the alert are gone from the history: what follows falls short" in part.out
    assert "✗ count 3 of 5 (2 short)" in part.out


def test_a_rule_that_has_changed_since_is_told(
    detector: Run, alerts: tuple[str, str, list[Event]], tmp_path: Path
) -> None:
    events, out, [alert, *_] = alerts
    folder = tmp_path / "rules"
    folder.mkdir()
    rule = (
        "id: no-password-burst\nby: user_id\nwindow: {event: debit, within: 10m}\nwhen: {count: {gte: 6}}\n"
    )
    (folder / "no-password-burst.yaml").write_text(rule)
    explain = ("alerts", "explain", alert["alert_id"], "--alerts", out, "--events", events)
    done = detector(*explain, "--rules", str(folder))
    assert "the rule is another now (version " in done.out
    assert "as things stand now, that event does not raise this alert" in done.out.splitlines()
    assert "✗ count 5 of 6 (1 short)" in done.out
    without = detector(*explain, "--no-catalogue")
    assert without.code == 1
    assert "is of rule no-password-burst, which is not among the rules" in without.err


def test_an_alert_that_is_not_there_is_one_line(detector: Run, alerts: tuple[str, str, list[Event]]) -> None:
    _, out, _ = alerts
    assert detector("alerts", "explain", "a9", "--alerts", out) == Done(1, "", f"{out} has no alert a9\n")

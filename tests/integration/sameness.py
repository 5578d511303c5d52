"""The same events on every path that decides, and what each of them says in the end."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from detector.core.alert import Alert
from detector.core.events import Event
from detector.core.rule import Rule
from detector.embedded import free_port
from detector.replay.backtest import Backtest
from detector.replay.standing import standing
from detector.rules.reader import RuleFile
from detector.rules.rule_set import CATALOGUE, files_in_force, rule_paths, rules_in_force
from detector.rules.trial import ALLOWED_LATENESS, HISTORY_CAP, standing_alerts
from tests.integration.live import Live
from tests.servers.topics import Topics

_IDS_OF_KEYS = ("event_id", "user_id", "merchant_id")

FALLING = """\
id: paid-and-nothing-back
by: user_id
window: {within: 2h, select: {paid: {event: debit}, back: {event: refund}}}
when: {count(paid): {gte: 2}, count(back): {lt: 1}}
"""
"""A rule whose alerts fall when a refund comes late: those of the shipped rules hardly ever do."""

Stands = dict[str, dict[str, Any]]
"""What is told of each alert that stands, by its id."""


class Case(NamedTuple):
    """A test inside a rule's file, with keys and events that no other case has."""

    rule: Rule
    name: str
    events: list[Event]
    told: Stands

    def owns(self, alert: Alert) -> bool:
        """Whether an alert is of this rule and about a key of this case."""
        key = next(iter(alert.entity.values()))
        return alert.rule_id == self.rule.id and key.startswith(f"{self.name}/")


def cases() -> list[Case]:
    """Every test inside every shipped rule's file, and what its own engine makes of it."""
    files = files_in_force([], with_catalogue=True)
    return [case for number, file in enumerate(files) for case in _cases_of(number, file)]


def _cases_of(number: int, file: RuleFile) -> Iterator[Case]:
    for place, example in enumerate(file.examples):
        name = f"{number:02d}.{place:02d}"
        own = example._replace(events=[_named(event, name) for event in example.events])
        yield Case(file.rule, name, own.events, told(standing_alerts(file.rule, own)))


def _named(event: Event, case: str) -> Event:
    changed = {name: f"{case}/{getattr(event, name)}" for name in _IDS_OF_KEYS if hasattr(event, name)}
    return msgspec.structs.replace(event, **changed)


def line_of(event: Event) -> bytes:
    """An event as it is sent."""
    return msgspec.json.encode(event)


def interleaved(streams: Iterable[list[Event]]) -> list[Event]:
    """All of these streams at once, each in its own order: as platforms send, roughly by event time."""
    dated = (
        zip(
            accumulate((event.event_time for event in events), max),
            [number] * len(events),
            events,
            strict=True,
        )
        for number, events in enumerate(streams)
    )
    return [event for _, _, event in merge(*dated, key=lambda one: one[:2])]


BY_USER = ("user_id",)
BY_ANY = ("user_id", "merchant_id")


def told(alerts: Iterable[Alert], anchored: Collection[str] = BY_ANY) -> Stands:
    """What is told of those that stand in the end, but for what says where and when they were found.

    `anchored` are the keys whose events arrive in one order: of these all is told, also what depends on which
    of a period's anchors was seen first.
    """
    return {alert_id: _told(alert, anchored) for alert_id, alert in standing(alerts).items()}


def _told(alert: Alert, anchored: Collection[str]) -> dict[str, Any]:
    of_all = {"rule": alert.rule_id, "version": alert.rule_version, "severity": alert.severity}
    if next(iter(alert.entity)) not in anchored:
        return of_all
    return of_all | {
        "anchor": msgspec.structs.replace(alert.anchor, topic=None, partition=None, offset=None),
        "event_time": alert.event_time,
        "case_id": alert.case_id,
        "action": alert.action,
        "entity": alert.entity,
        "measures": alert.measures,
        "thresholds": alert.thresholds,
        "explanation": alert.explanation,
        "evidence": alert.evidence,
        "evidence_total": alert.evidence_total,
        "approximate": alert.approximate,
    }


def rules_of(live: Live) -> list[Rule]:
    """The rules that a detector's workers run."""
    folders = live.extra.get("DETECTOR_RULES__DIRS")
    with_catalogue = live.extra.get("DETECTOR_RULES__CATALOGUE") != "false"
    return rules_in_force([Path(folders)] if folders else [], with_catalogue)


def backtested(live: Live, events: Iterable[Event]) -> list[Alert]:
    """Every alert of a backtest of events with a detector's rules, one event after the other."""
    return list(Backtest(rules_of(live), ALLOWED_LATENESS, HISTORY_CAP).run(map(line_of, events)))


def asked_of_files(live: Live, events: Iterable[Event]) -> list[Alert]:
    """Every alert that `detector backtest` finds in a file of events, key by key on two processes."""
    file = live.folder / "events.ndjson"
    file.write_bytes(b"".join(line_of(event) + b"\n" for event in events))
    return _asked(live, "--events", str(file), "--workers", "2")


def asked_of_kafka(live: Live) -> list[Alert]:
    """Every alert that `detector backtest` finds in what lies on the input topics."""
    return _asked(live, "--from-kafka")


def _asked(live: Live, *options: str) -> list[Alert]:
    found = live.folder / "alerts.ndjson"
    done = live.command("backtest", *options, "--alerts-out", str(found), "--quiet")
    assert done.returncode == 0, done.stderr
    return [msgspec.json.decode(line, type=Alert) for line in found.read_bytes().splitlines()]


async def published(live: Live, role: str) -> list[Alert]:
    """Every alert on a topic, those of one id by their revision."""
    alerts = [msgspec.json.decode(record.value, type=Alert) for record in await live.read(role)]
    return sorted(alerts, key=lambda alert: alert.revision)


async def beside(live: Live, topics: Topics) -> Live:
    """Another detector on the same inputs, with all that it writes of its own, and every rule in shadow."""
    written = ("alerts", "alerts_shadow", "dead_letters", "by_merchant")
    own = {role: await topics(role.replace("_", "-"), partitions=live.partitions) for role in written}
    folders = [CATALOGUE, *(Path(folder) for folder in (live.extra.get("DETECTOR_RULES__DIRS"),) if folder)]
    in_shadow = _in_shadow(folders, live.folder / "in-shadow")
    extra = {"DETECTOR_RULES__DIRS": str(in_shadow), "DETECTOR_RULES__CATALOGUE": "false"}
    return replace(live, names=live.names | own, extra=extra, port=free_port(), prefix=f"{live.prefix}s")


def _in_shadow(folders: Iterable[Path], target: Path) -> Path:
    target.mkdir()
    for path in (path for folder in folders for path in rule_paths(folder)):
        text = path.read_text(encoding="utf-8")
        assert "\nmode:" not in text
        (target / path.name).write_text(f"{text.rstrip()}\nmode: shadow\n", encoding="utf-8")
    return target


def delivered(events: Sequence[Event], rng: Random) -> list[Event]:
    """Events as a bad network brings them: some twice, some late, within the allowed lateness."""
    arriving = [
        (event.event_time + (rng.randrange(ALLOWED_LATENESS) if rng.random() < 0.5 else 0), number)
        for number, event in enumerate(events)
    ]
    again = [
        (at + rng.randrange(1, ALLOWED_LATENESS // 4), number) for at, number in rng.sample(arriving, 200)
    ]
    return [events[number] for _, number in sorted([*arriving, *again])]

"""What is known of a key, as a person and as a program reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from detector.cli.explaining import KeyHistory
from detector.core.events import Event
from detector.core.explain.explanation import Explanation, Said
from detector.core.explain.text import said_in_short, told, told_in_short
from detector.core.explain.words import Words
from detector.core.texts import LANGUAGES, printable

_NAMED_ELSEWHERE = ("event_id", "event_time")


def explained_data(explanation: Explanation) -> dict[str, Any]:
    """An explanation with its texts."""
    texts = {language: "\n".join(told(explanation, language)) for language in LANGUAGES}
    data: dict[str, Any] = msgspec.to_builtins(explanation)
    return data | {"holds": explanation.holds, "text": texts}


def inspection_data(
    scope: str, key: str, found: KeyHistory, explanations: Sequence[Explanation], limit: int
) -> dict[str, Any]:
    """The newest events, the alerts on record, and every rule's explanation."""
    return {
        "key": {scope: key},
        "events_total": found.upto + 1,
        "events": [_fields(event) for event in _newest(found, limit)],
        "alerts": [
            {"rule_id": one.rule_id, **msgspec.to_builtins(said)}
            for one in explanations
            for said in one.alerts
        ],
        "rules": [explained_data(one) for one in explanations],
    }


def print_inspection(
    scope: str, key: str, found: KeyHistory, explanations: Sequence[Explanation], limit: int, language: str
) -> None:
    """Print the same, a rule a line."""
    words = Words(language)
    shown = _newest(found, limit)
    print(words.say("events_of", scope=scope, key=printable(key), total=found.upto + 1, shown=len(shown)))
    for event in shown:
        print(f"  {_told(words, scope, event)}")
    alerts = [(said, one.rule_id) for one in explanations for said in one.alerts]
    print(words.say("alerts_of") if alerts else words.say("no_alerts"))
    for said, rule_id in sorted(alerts, key=lambda alert: alert[0].event_time):
        print(f"  {_alert(said, rule_id, language)}")
    print(words.say("rules_of"))
    width = max((len(one.rule_id) for one in explanations), default=0)
    for one in sorted(explanations, key=lambda one: not one.holds):
        print(f"  {one.rule_id:{width}}  {told_in_short(one, language)}")


def _alert(said: Said, rule_id: str, language: str) -> str:
    return f"{rule_id}  {said_in_short(said, language)}"


def _newest(found: KeyHistory, limit: int) -> list[Event]:
    return [
        entry.event for entry in found.history.entries[: found.upto + 1][max(0, found.upto + 1 - limit) :]
    ]


def _fields(event: Event) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(event).items() if value is not None}


def _told(words: Words, scope: str, event: Event) -> str:
    return "  ".join(
        [words.time(event.event_time), event.type, printable(event.event_id), *_values(words, scope, event)]
    )


def _values(words: Words, scope: str, event: Event) -> Iterator[str]:
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if value is not None and name != scope and name not in _NAMED_ELSEWHERE:
            yield f"{name}={words.field(name, value)}"

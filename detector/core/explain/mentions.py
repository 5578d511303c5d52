"""Events as an explanation mentions them, and the values that chose an override."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from detector.core.alert import EvidenceEvent
from detector.core.events import Event
from detector.core.explain.explanation import OverrideSeen
from detector.core.history import History
from detector.core.rule import Override, Rule

MOST_MENTIONED = 50


def mention(event: Event, step: str | None = None) -> EvidenceEvent:
    """An event by what names it."""
    return EvidenceEvent(event_id=event.event_id, type=event.type, event_time=event.event_time, step=step)


def mentions(history: History, indices: Iterable[int]) -> tuple[EvidenceEvent, ...]:
    """The events at these indices, of many the newest."""
    return tuple(mention(history.entries[index].event) for index in list(indices)[-MOST_MENTIONED:])


def override_seen(rule: Rule, override: Override | None, values: Mapping[str, Any]) -> OverrideSeen | None:
    """An override in force, with the values of the fields that it asks for."""
    if override is None:
        return None
    replaceable = ("when", "severity", "action", "explanation")
    return OverrideSeen(
        number=next(number for number, one in enumerate(rule.overrides, 1) if one is override),
        because={name: values.get(name) for name in override.where},
        replaces=tuple(name for name in replaceable if getattr(override, name) is not None),
    )

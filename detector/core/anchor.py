"""What a rule's evaluation finds: the event that makes it fire, and what is said about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from detector.core.events import Position
from detector.core.rule import Override, Severity


class Anchor(NamedTuple):
    """An event that makes a rule hold.

    `at` is its place in the history now; `key` holds the rule's `by` values after the first; `chain`
    the sequence's steps with the index of the event that completed each, None for a window; `first` the
    event that the story begins with, for a sequence; `approximate` that the rule's span reached back
    over events that were cut off.
    """

    at: int
    position: Position
    key: tuple[Any, ...]
    severity: Severity
    override: Override | None
    chain: dict[str, int] | None
    first: Position | None
    approximate: bool


class Evidence(NamedTuple):
    """One event that a rule fired on, by its place `at` in the history, with its step in a sequence."""

    at: int
    step: str | None


class Findings(NamedTuple):
    """Why an anchor holds.

    `measures` and `thresholds` are those of the conditions that held, by their names in the rule;
    `values` is what the rule's texts may name; `evidence` are the events, in their order.
    """

    measures: dict[str, Any]
    thresholds: dict[str, Any]
    values: dict[str, Any]
    evidence: list[Evidence]

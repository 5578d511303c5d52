"""What each of several values of one parameter would have raised."""

from __future__ import annotations

from typing import NamedTuple


class SweepPoint(NamedTuple):
    """One value. Without labels there are no frauds, and `precision`, `recall` and the counts are None.

    Args:
        value: as it would stand in the rule's file.
        alerts: how many stand in the end.
        precision: of them, the share that is about a fraud.
        recall: of the frauds of those kinds that the rule catches at any of the values, the share caught.
        is_current: whether the rule has this value now.
        right: how many alerts are about a fraud.
        caught: how many frauds are caught.
        frauds: how many there are to catch.
    """

    value: str
    alerts: int
    precision: float | None
    recall: float | None
    is_current: bool
    right: int | None = None
    caught: int | None = None
    frauds: int | None = None


class Sweep(NamedTuple):
    """A rule's parameter, by its path in the rule's file, with a point for each value."""

    rule_id: str
    path: str
    points: list[SweepPoint]

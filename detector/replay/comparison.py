"""What another set of rules would have changed: two sets of alerts over the same events, held together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from detector.core.alert import Alert


class Change(NamedTuple):
    """One story that both sets tell differently.

    `kinds` are of "severity_up", "severity_down", "earlier", "later" (the anchor), "action", "to_live" and
    "to_shadow".
    """

    before: Alert
    after: Alert
    kinds: tuple[str, ...]


class Comparison(NamedTuple):
    """Each alert of both sets is in one place: added, removed, changed, or one of the `same` pairs."""

    added: list[Alert]
    removed: list[Alert]
    changed: list[Change]
    same: int


def compare(
    before: Mapping[str, Alert],
    after: Mapping[str, Alert],
    replaces: Mapping[str, str] = {},
    reach: Mapping[str, int] = {},
) -> Comparison:
    """What lies between two sets of standing alerts, each by alert_id.

    Args:
        before: those of the rules as they are.
        after: those of the rules as they may become.
        replaces: a rule's id in `after`, and the id of the rule in `before` that it stands against.
        reach: by a rule's id in `before`, how far apart (ms) two anchors of one story may lie at most; the
            longer cooldown of a rule and the one that stands against it.
    """
    raise NotImplementedError

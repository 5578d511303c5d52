"""What another set of rules would have changed: two sets of alerts over the same events, held together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from detector.core.alert import Alert
from detector.core.rule import Mode, Severity
from detector.replay.stories import Stories

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


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

    @property
    def is_empty(self) -> bool:
        """Whether the two sets do not differ."""
        return not (self.added or self.removed or self.changed)


def compare(
    before: Mapping[str, Alert],
    after: Mapping[str, Alert],
    replaces: Mapping[str, str] = {},
    reach: Mapping[str, int] = {},
) -> Comparison:
    """What lies between two sets of standing alerts, each by alert_id.

    Alerts of one id are one story. Of the others, those of a rule and an entity are one story where they
    have one case, where the times from first evidence to anchor overlap, or where the anchors lie within the
    reach; the nearest in event time go together first, each with one other at most. An alert in which only
    measures or texts differ is the same.

    Args:
        before: those of the rules as they are.
        after: those of the rules as they may become.
        replaces: a rule's id in `after`, and the id of the rule in `before` that it stands against; that one
            of them is in shadow is then no change.
        reach: by a rule's id in `before`, how far apart (ms) two anchors of one story may lie at most: the
            longer cooldown of a rule and the one that replaces it.
    """
    pairs = [(before[alert_id], after[alert_id]) for alert_id in before.keys() & after.keys()]
    pairs += _nearest(_without(before, after), _without(after, before), replaces, reach)
    changes = [
        Change(first, second, kinds)
        for first, second in pairs
        if (kinds := _kinds(first, second, is_trial=second.rule_id in replaces))
    ]
    paired = {alert.alert_id for pair in pairs for alert in pair}
    return Comparison(
        added=_in_order(alert for alert in _without(after, before) if alert.alert_id not in paired),
        removed=_in_order(alert for alert in _without(before, after) if alert.alert_id not in paired),
        changed=sorted(changes, key=lambda change: _order(change.before)),
        same=len(pairs) - len(changes),
    )


def _without(alerts: Mapping[str, Alert], others: Mapping[str, Alert]) -> list[Alert]:
    return [alert for alert_id, alert in alerts.items() if alert_id not in others]


def _in_order(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=_order)


def _order(alert: Alert) -> tuple[int, str, str]:
    return *_place(alert), alert.alert_id


def _place(alert: Alert) -> tuple[int, str]:
    return alert.event_time, alert.anchor.event_id


_Pair = tuple[Alert, Alert]
_Whose = tuple[str, frozenset[tuple[str, str]]]


def _nearest(
    before: list[Alert], after: list[Alert], replaces: Mapping[str, str], reach: Mapping[str, int]
) -> Iterator[_Pair]:
    """The pairs that are one story, the nearest of a rule and entity first."""
    firsts = _by_whose(before, {})
    for whose, seconds in _by_whose(after, replaces).items():
        stories = Stories(firsts.get(whose, ()))
        within = reach.get(whose[0], 0)
        pairs = [(first, second) for second in seconds for first in stories.told_by(second, within)]
        yield from _each_once(sorted(pairs, key=_distance))


def _by_whose(alerts: list[Alert], replaces: Mapping[str, str]) -> dict[_Whose, list[Alert]]:
    """Alerts by rule, or the one that it stands against, and entity."""
    found: defaultdict[_Whose, list[Alert]] = defaultdict(list)
    for alert in alerts:
        rule_id = replaces.get(alert.rule_id, alert.rule_id)
        found[rule_id, frozenset(alert.entity.items())].append(alert)
    return found


def _each_once(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    paired: set[str] = set()
    for pair in pairs:
        ids = {alert.alert_id for alert in pair}
        if paired.isdisjoint(ids):
            paired |= ids
            yield pair


def _distance(pair: _Pair) -> tuple[int, int, str, str]:
    """Orders pairs; the same whichever of the two came before."""
    first, second = pair
    apart = abs(first.event_time - second.event_time)
    severities = abs(_RANK[first.severity] - _RANK[second.severity])
    return apart, severities, min(first.alert_id, second.alert_id), max(first.alert_id, second.alert_id)


def _kinds(first: Alert, second: Alert, is_trial: bool) -> tuple[str, ...]:
    steps = _RANK[second.severity] - _RANK[first.severity]
    differences = {
        "severity_up": steps > 0,
        "severity_down": steps < 0,
        "earlier": _place(second) < _place(first),
        "later": _place(second) > _place(first),
        "action": first.action != second.action,
        "to_live": not is_trial and first.mode is not Mode.LIVE and second.mode is Mode.LIVE,
        "to_shadow": not is_trial and first.mode is Mode.LIVE and second.mode is not Mode.LIVE,
    }
    return tuple(kind for kind, differs in differences.items() if differs)

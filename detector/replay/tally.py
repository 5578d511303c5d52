"""A comparison counted: by rule, tier or merchant, with the money at stake."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from detector.core.alert import Alert
from detector.replay.comparison import Comparison
from detector.replay.examples import at_stake

Key = Callable[[Alert], str]
"""What alerts are counted by."""

NONE = "-"
"""The name under which alerts count that have none."""


class Tally(NamedTuple):
    """The alerts of one name: how many there were and would be, and what differs, with the fen at stake."""

    name: str
    before: int
    after: int
    added: int
    removed: int
    changed: int
    added_amount: int
    removed_amount: int


def by_rule(alert: Alert) -> str:
    """The rule's id."""
    return alert.rule_id


def by_severity(alert: Alert) -> str:
    """The severity."""
    return alert.severity


def by_user_tier(alert: Alert) -> str:
    """The tier of the anchor's user."""
    return alert.anchor.user_tier or NONE


def by_merchant_tier(alert: Alert) -> str:
    """The tier of the anchor's merchant."""
    return alert.anchor.merchant_tier or NONE


def by_merchant(alert: Alert) -> str:
    """The merchant that the alert is about, else the anchor's."""
    return alert.entity.get("merchant_id") or alert.anchor.merchant_id or NONE


KEYS: dict[str, Key] = {
    "rule": by_rule,
    "severity": by_severity,
    "user tier": by_user_tier,
    "merchant tier": by_merchant_tier,
    "merchant": by_merchant,
}
"""All that a comparison is counted by."""


def tally(
    comparison: Comparison, before: Mapping[str, Alert], after: Mapping[str, Alert], key: Key
) -> list[Tally]:
    """The comparison of these two, counted by `key`, by name; a change counts where it is after it."""
    counts = [
        _counted(before.values(), key),
        _counted(after.values(), key),
        _counted(comparison.added, key),
        _counted(comparison.removed, key),
        _counted((change.after for change in comparison.changed), key),
        _summed(comparison.added, key),
        _summed(comparison.removed, key),
    ]
    names = sorted({name for count in counts for name in count})
    return [Tally(name, *(count[name] for count in counts)) for name in names]


def largest(tallies: list[Tally], number: int) -> list[Tally]:
    """Those in which most differs, and what is left as one, called 'n others'."""
    ranked = sorted(tallies, key=lambda one: (-_differing(one), -one.after, one.name))
    first, rest = ranked[:number], ranked[number:]
    if len(rest) <= 1:
        return ranked
    return [*first, Tally(f"{len(rest)} others", *(sum(column) for column in _columns(rest)))]


def _differing(one: Tally) -> int:
    return one.added + one.removed + one.changed


def _columns(tallies: list[Tally]) -> Iterable[tuple[int, ...]]:
    return zip(*(one[1:] for one in tallies), strict=True)


def _counted(alerts: Iterable[Alert], key: Key) -> Counter[str]:
    return Counter(key(alert) for alert in alerts)


def _summed(alerts: Iterable[Alert], key: Key) -> Counter[str]:
    named: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        named[key(alert)].append(alert)
    return Counter({name: at_stake(found) for name, found in named.items()})

"""What lies between two rule sets, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.table import Table

from detector.cli.console import stdout
from detector.cli.figures import yuan
from detector.core.alert import Alert
from detector.core.texts import printable, printable_lines
from detector.core.times import utc
from detector.replay.comparison import Change, Comparison
from detector.replay.examples import amount_at_stake, at_stake, changes_to_show, examples
from detector.replay.tally import KEYS, Tally, largest, tally

_COUNTS = ("before", "after", "added", "removed", "changed", "yuan added", "yuan removed")
_ROWS = 10
_EXAMPLES = 5
_WORDS = {"severity_up": "graver", "severity_down": "less grave", "to_live": "goes live"}
_WORDS |= {"to_shadow": "goes into shadow", "action": "other action"}


def print_comparison(
    name: str, comparison: Comparison, before: Mapping[str, Alert], after: Mapping[str, Alert]
) -> None:
    """Print to stdout what differs from the alerts before, those of the rules called `name`."""
    stdout.print(f"alerts against {name}: {_told(comparison)}")
    if comparison.is_empty:
        return
    for title, key in KEYS.items():
        stdout.print()
        stdout.print(_table(title, tally(comparison, before, after, key)))
    _print_examples("added", examples(comparison.added, _EXAMPLES), len(comparison.added))
    _print_examples("removed", examples(comparison.removed, _EXAMPLES), len(comparison.removed))
    _print_changes(changes_to_show(comparison.changed, _EXAMPLES), len(comparison.changed))


def _told(comparison: Comparison) -> str:
    added, removed = len(comparison.added), len(comparison.removed)
    changed = f"{len(comparison.changed):,} changed{_kinds(comparison.changed)}"
    return (
        f"{added:,} added ({yuan(at_stake(comparison.added))} yuan at stake), {removed:,} removed "
        f"({yuan(at_stake(comparison.removed))} yuan), {changed}, {comparison.same:,} the same"
    )


def _kinds(changes: Iterable[Change]) -> str:
    counts = Counter(kind for change in changes for kind in change.kinds)
    told = ", ".join(f"{number:,} {_WORDS.get(kind, kind)}" for kind, number in sorted(counts.items()))
    return f" ({told})" if told else ""


def _table(title: str, tallies: list[Tally]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for name in _COUNTS:
        table.add_column(name, justify="right")
    for one in largest(tallies, _ROWS):
        counts = [f"{count:,}" for count in one[1:-2]]
        table.add_row(printable(one.name), *counts, yuan(one.added_amount), yuan(one.removed_amount))
    return table


def _print_examples(word: str, alerts: list[Alert], of: int) -> None:
    if not alerts:
        return
    stdout.print(f"\n{_heading(word, len(alerts), of)}")
    for alert in alerts:
        stdout.print(f"  {_line(alert)}\n    {printable_lines(alert.explanation['en'])}")


def _print_changes(changes: list[Change], of: int) -> None:
    if not changes:
        return
    stdout.print(f"\n{_heading('changed', len(changes), of)}")
    for change in changes:
        words = ", ".join(_WORDS.get(kind, kind) for kind in change.kinds)
        before, after = change.before, change.after
        stdout.print(f"  {words}: {_line(after)}")
        stdout.print(f"    before: {utc(before.event_time)} {before.severity}, {before.action}")


def _heading(word: str, shown: int, of: int) -> str:
    return f"{word}:" if shown == of else f"{word}, {shown} of {of:,}:"


def _line(alert: Alert) -> str:
    who = ", ".join(f"{name} {printable(value)}" for name, value in alert.entity.items())
    stake = f"{yuan(amount_at_stake(alert))} yuan"
    return f"{utc(alert.event_time)} {alert.rule_id} {alert.severity}, {who}, {stake}, {alert.alert_id}"

"""What a rule in shadow would change, as people and programs read it, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.table import Table

from detector.cli.comparison_text import print_comparison
from detector.cli.console import stderr, stdout
from detector.cli.figures import yuan
from detector.cli.pairs import Pair
from detector.core.rule import Rule
from detector.core.times import utc
from detector.replay.documents import comparison_document
from detector.replay.examples import at_stake
from detector.replay.side_by_side import SideBySide, Version

_MINUTE = 60_000
_HOUR = 60 * _MINUTE


class Trial(NamedTuple):
    """Two rules held together over the alerts from `since` to `until` (ms).

    Alerts are known from `begin` on, but for what the topics in `lost` have deleted.
    """

    pair: Pair
    since: int
    until: int
    begin: int
    lost: list[str]
    found: SideBySide


def print_trial(trial: Trial) -> None:
    """Print one trial to stdout: what it is of, what cannot be told, and the comparison."""
    pair = trial.pair
    live = pair.live.id if pair.live else "none"
    why = f", {pair.why}" if pair.why else ""
    stdout.print(f"{pair.shadow.id}, in shadow, against {live}, live{why}")
    stdout.print(f"alerts of {utc(trial.since)} to {utc(trial.until)} UTC")
    for note in notes(trial):
        stdout.print(f"note: {note}")
    stdout.print()
    print_comparison(live, trial.found.comparison, trial.found.before, trial.found.after)


def print_overview(trials: list[Trial]) -> None:
    """Print a line for each trial to stdout, and what cannot be told to stderr."""
    if not trials:
        stderr.print("no rule is in shadow")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("in shadow", "live"):
        table.add_column(name, no_wrap=True)
    for name in (
        "alerts",
        "live alerts",
        "added",
        "removed",
        "changed",
        "same",
        "yuan added",
        "yuan removed",
    ):
        table.add_column(name, justify="right")
    for trial in trials:
        table.add_row(*_row(trial))
    stdout.print(table, soft_wrap=True)
    for trial in trials:
        for note in notes(trial):
            stderr.print(f"{trial.pair.shadow.id}: {note}")


def document(trials: list[Trial]) -> dict[str, Any]:
    """The trials as one JSON document; times are ms, amounts fen."""
    return {"rules": [_document(trial) for trial in trials]}


def notes(trial: Trial) -> list[str]:
    """What a reader must know before he believes the figures, one line each."""
    return list(_notes(trial))


def _notes(trial: Trial) -> Iterator[str]:
    pair, found = trial.pair, trial.found
    if pair.live is None:
        yield f"it is set against none, so all counts as added: {pair.why}"
    yield from _on_its_beginning(trial)
    yield from _on_versions(pair.shadow, found.shadow_versions, trial.until)
    if pair.live is not None:
        yield from _on_versions(pair.live, found.live_versions, trial.until)
    for topic in trial.lost:
        yield f"topic {topic} has nothing left of {utc(trial.begin)}: its retention may have deleted alerts"


def _on_its_beginning(trial: Trial) -> Iterator[str]:
    shadow, found = trial.pair.shadow.id, trial.found
    removed = len(found.comparison.removed)
    if found.first is None:
        yield f"{shadow} has raised nothing since {utc(trial.begin)}: nothing here says that it ran"
    elif found.unproven:
        yield (
            f"the first alert of {shadow} is of {utc(found.first)}, nothing here says that it ran before: "
            f"{found.unproven:,} of the {removed:,} removed are older, "
            f"--since {_as_option(trial.until - found.first)} leaves them out"
        )


def _on_versions(rule: Rule, versions: list[Version], until: int) -> Iterator[str]:
    if not versions:
        return
    latest = versions[-1]
    if len(versions) > 1:
        told = [f"{one.rule_version} from {utc(one.first)} (alerts: {one.alerts:,})" for one in versions]
        yield (
            f"{rule.id} was changed meanwhile: version {', '.join(told)}; "
            f"--since {_as_option(until - latest.first)} shows the last"
        )
    if latest.rule_version != rule.version:
        yield (
            f"{rule.id} is version {rule.version} in the rules given here, but its latest alert is of "
            f"version {latest.rule_version}: do the workers have other files?"
        )


def _as_option(duration: int) -> str:
    """A duration (ms) as an option takes it, cut to whole hours or minutes."""
    return f"{duration // _HOUR}h" if duration >= 2 * _HOUR else f"{max(1, duration // _MINUTE)}m"


def _row(trial: Trial) -> list[str]:
    added, removed, changed, same = trial.found.comparison
    counts = [len(trial.found.after), len(trial.found.before), len(added), len(removed), len(changed), same]
    stakes = [yuan(at_stake(alerts)) for alerts in (added, removed)]
    live = trial.pair.live.id if trial.pair.live else "-"
    return [trial.pair.shadow.id, live, *(f"{count:,}" for count in counts), *stakes]


def _document(trial: Trial) -> dict[str, Any]:
    found = trial.found
    return {
        "shadow_rule": trial.pair.shadow.id,
        "live_rule": trial.pair.live and trial.pair.live.id,
        "since": trial.since,
        "until": trial.until,
        "notes": notes(trial),
        "first_shadow_alert": found.first,
        "removed_before_first_shadow_alert": found.unproven,
        "shadow_versions": [one._asdict() for one in found.shadow_versions],
        "live_versions": [one._asdict() for one in found.live_versions],
        "comparison": comparison_document(found.comparison, found.before, found.after),
    }

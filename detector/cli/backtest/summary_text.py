"""The numbers of a backtest, on stderr."""

from __future__ import annotations

from detector.cli.console import stderr
from detector.replay.summary import Interruption, Summary


def print_summary(summary: Summary) -> None:
    """Say what the rules in force came to, and how far a run that was stopped has come."""
    rate = summary.events / summary.seconds if summary.seconds else 0
    if summary.interruption is not None:
        stderr.print(interrupted(summary.interruption))
    stderr.print(f"{summary.events:,} events in {summary.seconds:.1f} s ({rate:,.0f} events/s)")
    stderr.print(f"duplicates {summary.duplicates:,}, late {summary.late:,}")
    if summary.refused:
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in sorted(summary.refused.items()))
        stderr.print(f"refused lines: {reasons}")
    stderr.print(f"alerts published {summary.published:,}, standing {sum(summary.standing.values()):,}")
    for (rule_id, severity), number in sorted(summary.standing.items()):
        stderr.print(f"  {rule_id} {severity}: {number:,}")


def interrupted(stopped: Interruption) -> str:
    """What a run that was stopped has covered."""
    share = f"{stopped.share:.0%}"
    if stopped.by_merchant:
        return (
            f"stopped early: rules by user saw all events, those by merchant {share} of the merchants' events"
        )
    return f"stopped early: these are the alerts of rules by user over {share} of the users' events"

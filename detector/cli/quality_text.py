"""How good alerts are, as a person reads it: held against labels or dispositions, and over a sweep."""

from __future__ import annotations

from rich.table import Table

from detector.cli.console import stdout
from detector.cli.figures import percent, span, yuan
from detector.core.rule import Mode
from detector.replay.frauds import Fraud
from detector.replay.judged import Judged
from detector.replay.quality import KindQuality, Quality, RuleQuality
from detector.replay.sweep import Sweep, SweepPoint

_BAR = 24
_MISSED = 5


def print_quality(quality: Quality, before: Quality | None = None) -> None:
    """Print to stdout what labels say of a run, and in short what they say of the rules before it."""
    stdout.print("\n".join(_headline(quality)))
    if before is not None:
        stdout.print("before:\n  " + "\n  ".join(_headline(before)))
    _print_left_out(quality)
    stdout.print()
    stdout.print(_rules(quality.rules))
    stdout.print()
    stdout.print(_kinds([*quality.kinds, quality.all]))
    if any(one.variant for one in quality.variants):
        stdout.print("\ncaught, by variant:")
        stdout.print(_variants(quality.variants))
    _print_missed(quality.missed)


def print_judged(judged: Judged, before: Judged | None = None) -> None:
    """Print to stdout what dispositions say of a run, and in short what they say of the rules before it."""
    stdout.print("\n".join(_judged_headline(judged)))
    if before is not None:
        stdout.print("before:\n  " + "\n  ".join(_judged_headline(before)))
    if judged.outside:
        stdout.print(
            f"left aside, as dispositions of alerts before or after the events read: {judged.outside:,}"
        )
    stdout.print()
    table = _titled("rule", "alerts", "precision of those judged")
    for rule in judged.rules:
        table.add_row(_named(rule.rule_id, rule.mode), f"{rule.alerts:,}", percent(rule.precision))
    stdout.print(table)


def print_sweep(sweep: Sweep) -> None:
    """Print to stdout a line for each value of a sweep; the present one is marked."""
    stdout.print(f"{sweep.rule_id}: {sweep.path}")
    labelled = any(point.frauds is not None for point in sweep.points)
    headings = ("precision", "recall", "caught") if labelled else ()
    table = _titled("value", "", "alerts", "", *headings)
    table.columns[3].justify = "left"
    most = max((point.alerts for point in sweep.points), default=0)
    for point in sweep.points:
        table.add_row(*_point(point, most, labelled))
    stdout.print(table)
    if not any(point.is_current for point in sweep.points):
        stdout.print("the rule has none of these values now")


def _headline(quality: Quality) -> tuple[str, ...]:
    rate = quality.alerts_per_1000_users_a_day
    noise = "-" if rate is None else f"{rate:,.3g}"
    return (
        f"precision: {percent(quality.precision)} of the alerts are about a labelled fraud",
        f"recall: {percent(quality.all.recall)} of the labelled frauds are caught",
        f"noise: {noise} alerts per 1,000 users a day ({quality.precision.of:,} alerts, {quality.users:,} "
        f"users, {quality.days:,.3g} days)",
    )


def _judged_headline(judged: Judged) -> tuple[str, ...]:
    return (
        f"precision: {percent(judged.precision)} of the alerts that were judged are confirmed",
        f"recall: {percent(judged.recall)} of the alerts confirmed before are raised again",
        f"unknown: of {judged.alerts:,} alerts {judged.unjudged:,} judged by nobody, "
        f"{judged.unclear:,} unclear; what no rule ever alerted on is not known at all",
    )


def _print_left_out(quality: Quality) -> None:
    if quality.in_shadow:
        stdout.print(f"in shadow, and counted in the table of rules only: {quality.in_shadow:,} alerts")
    if quality.absent:
        stdout.print(
            f"labelled, but not among the events read, so that nothing is said of them: {quality.absent:,}"
        )


def _print_missed(missed: list[Fraud]) -> None:
    if not missed:
        return
    shown = ", ".join(fraud.fraud_id or "one without an id" for fraud in missed[:_MISSED])
    more = f" and {len(missed) - _MISSED:,} more" if len(missed) > _MISSED else ""
    stdout.print(f"\nmissed: {shown}{more}")


def _rules(rules: list[RuleQuality]) -> Table:
    table = _titled("rule", "precision", "frauds caught", "by it alone")
    for rule in rules:
        table.add_row(
            _named(rule.rule_id, rule.mode), percent(rule.precision), f"{rule.caught:,}", f"{rule.alone:,}"
        )
    return table


def _kinds(kinds: list[KindQuality]) -> Table:
    table = _titled(
        "fraud",
        "recall",
        "median to alert",
        "90 % within",
        "yuan moved before",
        "before any moved",
        "yuan missed",
    )
    for one in kinds:
        after = (span(one.seconds.median), span(one.seconds.p90)) if one.seconds else ("-", "-")
        moved = yuan(one.moved.median) if one.moved else "-"
        table.add_row(
            one.kind or "all", percent(one.recall), *after, moved, _of(one), yuan(one.missed_amount)
        )
    return table


def _variants(variants: list[KindQuality]) -> Table:
    """A row for each kind and a column for each variant: how many of how many are caught."""
    names = sorted({one.variant for one in variants})
    table = _titled("fraud", *(name or "none named" for name in names))
    recalls = {(one.kind, one.variant): one.recall for one in variants}
    for kind in sorted({one.kind for one in variants}):
        shares = [recalls.get((kind, name)) for name in names]
        table.add_row(kind, *(f"{share.hits:,} of {share.of:,}" if share else "" for share in shares))
    return table


def _of(one: KindQuality) -> str:
    return f"{one.before_money.hits:,} of {one.before_money.of:,}"


def _named(rule_id: str, mode: Mode) -> str:
    return rule_id if mode is Mode.LIVE else f"{rule_id} ({mode})"


def _titled(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other, justify="right")
    return table


def _point(point: SweepPoint, most: int, labelled: bool) -> list[str]:
    bar = "█" * (round(_BAR * point.alerts / most) if most else 0)
    cells = [point.value, "now" if point.is_current else "", f"{point.alerts:,}", bar]
    if labelled:
        caught = f"{point.caught or 0:,} of {point.frauds or 0:,}"
        cells += [_share(point.precision), _share(point.recall), caught]
    return cells


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"

"""The tables of quality: by rule, by kind of fraud and variant, and the frauds that nothing caught."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detector.replay.frauds import Fraud
from detector.replay.judged import JudgedRule
from detector.replay.quality import KindQuality, RuleQuality
from detector.replay.report.fraud_facts import moved, victims
from detector.replay.report.tables import (
    Cell,
    Column,
    Kind,
    Table,
    counted,
    moment,
    money,
    plain,
    share,
    without_empty,
)
from detector.replay.report.words import number, percent, span
from detector.replay.share import Share
from detector.replay.spread import Spread

MOST_MISSED = 500


def quality_by_rule(rules: Sequence[RuleQuality]) -> Table:
    """How right each rule is, and what would not be caught without it."""
    columns = (
        Column("rule", Kind.RULE),
        Column("mode", is_facet=True),
        Column("precision", Kind.NUMBER),
        Column("95 % interval", Kind.NUMBER),
        Column("alerts", Kind.NUMBER),
        Column("about a fraud", Kind.NUMBER),
        Column("frauds caught", Kind.NUMBER),
        Column("by it alone", Kind.NUMBER),
    )
    rows = [
        [
            plain(rule.rule_id),
            plain(rule.mode),
            *_share(rule.precision),
            counted(rule.precision.of),
            counted(rule.precision.hits),
            counted(rule.caught),
            counted(rule.alone),
        ]
        for rule in rules
    ]
    return Table("quality-by-rule", "Quality by rule", columns, rows)


def quality_by_kind(kinds: Iterable[KindQuality]) -> Table:
    """What is caught of each kind and variant, how soon, and what money is gone by then."""
    columns = (
        Column("kind of fraud", Kind.RULE, is_facet=True),
        Column("variant", is_facet=True),
        Column("recall", Kind.NUMBER),
        Column("95 % interval", Kind.NUMBER),
        Column("frauds", Kind.NUMBER),
        Column("caught", Kind.NUMBER),
        Column("median to alert", Kind.NUMBER),
        Column("nine in ten", Kind.NUMBER),
        Column("before money moved", Kind.NUMBER),
        Column("moved before, in all (yuan)", Kind.MONEY),
        Column("missed (yuan)", Kind.MONEY),
    )
    rows = [_of_kind(kind) for kind in kinds]
    return without_empty(Table("quality-by-kind", "Quality by kind of fraud and variant", columns, rows))


def missed_frauds(frauds: Sequence[Fraud]) -> Table:
    """The frauds without an alert, those with the most money first."""
    columns = (
        Column("first event (UTC)", Kind.TIME),
        Column("kind", Kind.RULE, is_facet=True),
        Column("variant", is_facet=True),
        Column("who"),
        Column("events", Kind.NUMBER),
        Column("moved (yuan)", Kind.MONEY),
        Column("lasted", Kind.NUMBER),
        Column("fraud id"),
    )
    found = sorted(frauds, key=moved, reverse=True)
    rows = [_missed(fraud) for fraud in found[:MOST_MISSED]]
    note = "" if len(rows) == len(found) else f"{number(len(rows))} of {number(len(found))} frauds."
    return without_empty(Table("missed", "Frauds without an alert", columns, rows, note))


def judged_by_rule(rules: Sequence[JudgedRule]) -> Table:
    """What analysts said of each rule's alerts."""
    columns = (
        Column("rule", Kind.RULE),
        Column("mode", is_facet=True),
        Column("confirmed", Kind.NUMBER),
        Column("95 % interval", Kind.NUMBER),
        Column("judged", Kind.NUMBER),
        Column("alerts", Kind.NUMBER),
    )
    rows = [
        [
            plain(rule.rule_id),
            plain(rule.mode),
            *_share(rule.precision),
            counted(rule.precision.of),
            counted(rule.alerts),
        ]
        for rule in rules
    ]
    return Table("judged-by-rule", "What analysts said, by rule", columns, rows)


def _of_kind(kind: KindQuality) -> list[Cell]:
    return [
        plain(kind.kind),
        plain(kind.variant),
        *_share(kind.recall),
        counted(kind.recall.of),
        counted(kind.recall.hits),
        _seconds(kind.seconds and kind.seconds.median),
        _seconds(kind.seconds and kind.seconds.p90),
        share(kind.before_money.value),
        money(_total(kind.moved)),
        money(kind.missed_amount),
    ]


def _missed(fraud: Fraud) -> list[Cell]:
    first, last = fraud.events[0].event_time, fraud.events[-1].event_time
    return [
        moment(first),
        plain(fraud.kind),
        plain(fraud.variant),
        plain(victims(fraud)),
        counted(len(fraud.events)),
        money(moved(fraud)),
        Cell(span(last - first), order=last - first),
        plain(fraud.fraud_id),
    ]


def _total(moved: Spread | None) -> int | None:
    return None if moved is None else round(moved.total)


def _seconds(seconds: float | None) -> Cell:
    return Cell("-", order=-1) if seconds is None else Cell(span(round(seconds * 1000)), order=seconds)


def _share(value: Share) -> list[Cell]:
    """The share, and the interval that it lies in."""
    where = value.interval
    return [
        share(value.value),
        Cell(
            "-" if where is None else f"{percent(where[0])} to {percent(where[1])}",
            order=where[0] if where else -1,
        ),
    ]

"""The figures as tables of Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bench.quality.causes import Cause
from bench.quality.measured import Measured
from detector.cli.figures import percent, span, yuan
from detector.core.alert import Alert
from detector.core.rule import Severity
from detector.replay.quality import KindQuality, Quality
from detector.replay.share import Share
from detector.simulate import ScenarioSet
from detector.simulate.case import VARIANTS


def figures(asked: ScenarioSet, measured: Measured, command: str) -> str:
    """All tables, under a line that says of what they are and how they were made."""
    found = measured.quality
    return "\n\n".join(
        [
            f"{asked.users:,} users, {asked.events:,} events over {found.days:.0f} days, {asked.frauds:,} "
            f"frauds, seed {asked.seed}. "
            f"Made by `{command}`. Ratios are followed by their counts, and by Wilson's interval of 95 %.",
            _overall(measured),
            "### Caught, by fraud and variant",
            _recall(found),
            "### In time",
            _in_time(found),
            "### Right, by rule",
            _rules(found),
            "### Right, by severity",
            _severities(measured.alerts, found.wrong),
            "### False alerts, by look-alike",
            _causes(measured.causes, found.wrong),
        ]
    )


def _overall(measured: Measured) -> str:
    found = measured.quality
    return _table(
        ("figure", "value"),
        [
            ("alerts about a fraud (precision)", percent(found.precision)),
            ("frauds caught, all variants (recall)", percent(found.all.recall)),
            ("frauds caught, plain variant", percent(_plain(found))),
            ("alerts per 1,000 users a day", f"{found.alerts_per_1000_users_a_day or 0:.2f}"),
            ("remote sessions alerted at the face, before money moves", percent(measured.at_the_face)),
        ],
    )


def _plain(found: Quality) -> Share:
    plain = [one.recall for one in found.variants if one.variant == "plain"]
    return Share(sum(share.hits for share in plain), sum(share.of for share in plain))


def _recall(found: Quality) -> str:
    recalls = {(one.kind, one.variant): one.recall for one in found.variants}
    rows = [
        (
            one.kind,
            *(_of(recalls.get((one.kind, variant), Share(0, 0))) for variant in VARIANTS),
            percent(one.recall),
        )
        for one in found.kinds
    ]
    return _table(("fraud", *VARIANTS, "all variants"), rows)


def _in_time(found: Quality) -> str:
    headings = (
        "fraud",
        "median to alert",
        "9 in 10 within",
        "yuan moved before, median",
        "before any moved",
        "yuan in missed ones",
    )
    return _table(headings, [_timing(one) for one in found.kinds])


def _timing(one: KindQuality) -> tuple[str, ...]:
    after = (span(one.seconds.median), span(one.seconds.p90)) if one.seconds else ("-", "-")
    moved = yuan(one.moved.median) if one.moved else "-"
    return one.kind, *after, moved, _of(one.before_money), yuan(one.missed_amount)


def _rules(found: Quality) -> str:
    rows = [(one.rule_id, percent(one.precision), f"{one.caught:,}", f"{one.alone:,}") for one in found.rules]
    return _table(("rule", "precision", "frauds caught", "by it alone"), rows)


def _severities(alerts: Iterable[Alert], wrong: Iterable[Alert]) -> str:
    all_of = Counter(alert.severity for alert in alerts)
    wrong_of = Counter(alert.severity for alert in wrong)
    rows = [
        (severity, percent(Share(number - wrong_of[severity], number)))
        for severity in Severity
        if (number := all_of[severity])
    ]
    return _table(("severity", "precision"), rows)


def _causes(causes: list[Cause], wrong: list[Alert]) -> str:
    rows = [(one.look_alike, one.rule_id, f"{one.alerts:,}", f"{one.keys:,}") for one in causes]
    total = ("all", "", f"{len(wrong):,}", "")
    return _table(("look-alike", "rule", "alerts", "users or merchants"), [*rows, total])


def _of(share: Share) -> str:
    return f"{share.hits:,} of {share.of:,}" if share.of else "-"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

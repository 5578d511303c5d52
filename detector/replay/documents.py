"""What a backtest found out, as JSON for other programs. Amounts are fen, times and durations as named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from detector.core.alert import MAX_EVIDENCE, Alert
from detector.replay.comparison import Comparison
from detector.replay.examples import at_stake, changes_to_show, examples
from detector.replay.frauds import Fraud
from detector.replay.judged import Judged
from detector.replay.quality import Quality
from detector.replay.share import Share
from detector.replay.summary import Summary
from detector.replay.sweep import Sweep
from detector.replay.tally import KEYS, largest, tally
from detector.replay.what_if import Answers

Json = dict[str, Any]

_COUNTS = (
    "events",
    "users",
    "first_event_time",
    "last_event_time",
    "duplicates",
    "late",
    "published",
    "seconds",
)
_NAMES_AT_MOST = 20
_EXAMPLES = 10


def answers_document(answers: Answers) -> Json:
    """All that was asked, each answer under its name; of a comparison also how good the baseline is."""
    document: Json = {}
    if answers.against is not None:
        against = answers.against
        document["against"] = {
            "name": against.name,
            **comparison_document(against.comparison, against.standing, answers.standing),
            **_held_document(against.quality, against.judged),
        }
    document |= _held_document(answers.quality, answers.judged)
    if answers.sweeps:
        document["sweeps"] = [sweep_document(one) for one in answers.sweeps]
    return document


def summary_document(summary: Summary) -> Json:
    """The numbers of a run; `interruption` is null where it went to its end."""
    stopped = summary.interruption
    return {
        **{name: getattr(summary, name) for name in _COUNTS},
        "refused": dict(sorted(summary.refused.items())),
        "standing": [
            {"rule_id": rule_id, "severity": severity, "alerts": number}
            for (rule_id, severity), number in sorted(summary.standing.items())
        ],
        "interruption": None if stopped is None else stopped._asdict(),
    }


def _held_document(quality: Quality | None, judged: Judged | None) -> Json:
    found: Json = {}
    if quality is not None:
        found["quality"] = quality_document(quality)
    if judged is not None:
        found["judged"] = judged_document(judged)
    return found


def comparison_document(
    comparison: Comparison, before: Mapping[str, Alert], after: Mapping[str, Alert]
) -> Json:
    """What lies between two sets of standing alerts: counts, tallies, and examples."""
    return {
        "before": len(before),
        "after": len(after),
        "same": comparison.same,
        "added": len(comparison.added),
        "removed": len(comparison.removed),
        "changed": len(comparison.changed),
        "kinds": dict(sorted(Counter(kind for one in comparison.changed for kind in one.kinds).items())),
        "added_amount": at_stake(comparison.added),
        "removed_amount": at_stake(comparison.removed),
        **{
            f"by_{name.replace(' ', '_')}": _plain(
                largest(tally(comparison, before, after, key), _NAMES_AT_MOST)
            )
            for name, key in KEYS.items()
        },
        "examples": {
            "added": examples(comparison.added, _EXAMPLES),
            "removed": examples(comparison.removed, _EXAMPLES),
            "changed": _plain(changes_to_show(comparison.changed, _EXAMPLES)),
        },
    }


def quality_document(quality: Quality) -> Json:
    """What labels say of a run; of wrong alerts and missed frauds the numbers, and examples."""
    document: Json = _plain(quality)
    return document | {
        "wrong": len(quality.wrong),
        "missed": len(quality.missed),
        "examples": {
            "wrong": examples(quality.wrong, _EXAMPLES),
            "missed": [_missed(fraud) for fraud in quality.missed[:_EXAMPLES]],
        },
    }


def _missed(fraud: Fraud) -> Json:
    return {
        "fraud_id": fraud.fraud_id,
        "kind": fraud.kind,
        "variant": fraud.variant,
        "event_time": fraud.events[0].event_time,
        "event_ids": [event.event_id for event in fraud.events[:MAX_EVIDENCE]],
        "events": len(fraud.events),
    }


def judged_document(judged: Judged) -> Json:
    """What dispositions say of a run."""
    document: Json = _plain(judged)
    return document


def sweep_document(sweep: Sweep) -> Json:
    """A sweep with its points."""
    document: Json = _plain(sweep)
    return document


def _plain(value: Any) -> Any:
    """Named tuples by the names of their parts, which is how JSON has them."""
    if isinstance(value, Share):
        low, high = value.interval or (None, None)
        return {"value": value.value, "hits": value.hits, "of": value.of, "low": low, "high": high}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value

"""The shipped catalogue on the scenario set."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchFailed
from bench.quality.causes import Cause, causes_of
from bench.quality.remote_sessions import alerted_at_the_face
from bench.quality.scenario_files import ScenarioFiles
from detector.config import StateSettings
from detector.core.alert import Alert
from detector.replay.labels import Labelled
from detector.replay.quality import Observed, Quality, quality
from detector.replay.recorded.files import files_recorded
from detector.replay.run.backtest import run
from detector.replay.run.result import Result
from detector.replay.run.rule_set import RuleSet
from detector.replay.share import Share
from detector.replay.standing import standing
from detector.rules.rule_set import files_in_force

_NAME = "catalogue"


class Measured(NamedTuple):
    """What the catalogue came to.

    Args:
        quality: what the labels say of the alerts.
        alerts: those that stand.
        causes: of the false ones, by rule and look-alike.
        at_the_face: of the remote sessions with a verified face, those alerted there before money moved.
    """

    quality: Quality
    alerts: list[Alert]
    causes: list[Cause]
    at_the_face: Share


def measure(files: ScenarioFiles) -> Measured:
    """Run a backtest of the catalogue over the set, and hold its alerts against the labels."""
    state = StateSettings()
    rules = RuleSet(_NAME, tuple(file.rule for file in files_in_force([], with_catalogue=True, state=state)))
    watched = frozenset(label.event_id for label in files.labels)
    recorded = files_recorded([files.events], partial(print, file=sys.stderr))
    with run(recorded, [rules], state, {}, watched=watched) as result:
        if result.summary.interruption is not None:
            raise BenchFailed("stopped before all events were evaluated: there are no figures")
        return _judged(result, files.labels, files.look_alikes)


def _judged(result: Result, labels: list[Labelled], look_alikes: Path) -> Measured:
    alerts = list(standing(result.alerts(_NAME)).values())
    summary = result.summary
    duration = (summary.last_event_time or 0) - (summary.first_event_time or 0)
    found = quality(alerts, labels, result.facts, Observed(summary.users, duration))
    return Measured(
        found,
        alerts,
        causes_of(found.wrong, look_alikes),
        alerted_at_the_face(alerts, labels, result.facts),
    )

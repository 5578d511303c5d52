"""The scenario set, written down for a backtest."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from detector.replay.labels import Labelled
from detector.simulate import ScenarioSet, encode, look_alike_label, scenarios


class ScenarioFiles(NamedTuple):
    """Where the events lie, which of them are fraud, and where it is told which are of look-alikes."""

    events: Path
    labels: list[Labelled]
    look_alikes: Path


def write_scenarios(asked: ScenarioSet, directory: Path) -> ScenarioFiles:
    """Write the events and the look-alikes' labels into a directory."""
    files = ScenarioFiles(directory / "events.ndjson", [], directory / "look-alikes.ndjson")
    labelled: dict[str, Labelled] = {}
    with files.events.open("wb") as events, files.look_alikes.open("wb") as look_alikes:
        for simulated in scenarios(asked):
            events.write(encode(simulated.event) + b"\n")
            if simulated.look_alike:
                look_alikes.write(look_alike_label(simulated) + b"\n")
            elif label := simulated.label:
                # An event that arrives twice has one label.
                labelled[label.event_id] = Labelled(
                    label.event_id, label.fraud_id, label.kind, label.role, label.variant
                )
    return files._replace(labels=list(labelled.values()))

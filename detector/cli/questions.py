"""What options ask of a backtest beside its alerts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from detector.cli.console import fail
from detector.config import Settings
from detector.replay.around import around, at_work
from detector.replay.labels import BadLabelsError, read_labels
from detector.replay.variants import SweepError, Variants, read_sweep, variants
from detector.replay.what_if import Baseline, Questions
from detector.rules.reader import RuleFile
from detector.rules.rule_set import files_in_force

AgainstDirectory = Annotated[
    Path | None,
    typer.Option(
        "--against",
        help="Compare with the rules of this directory, as those in force: what --rules would change.",
        metavar="DIR",
    ),
]
LabelsFile = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        help="What was fraud: labels of events or dispositions of alerts, NDJSON or CSV. Say how good the "
        "alerts are.",
        metavar="FILE",
    ),
]
Sweeps = Annotated[
    list[str] | None,
    typer.Option(
        "--sweep",
        help="Try several values of a rule's parameter ('no-password-burst:when.0.count.gte=3..10'); may be "
        "repeated.",
        metavar="RULE:PATH=VALUES",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answers as one JSON object.")]
FailOnChange = Annotated[
    bool, typer.Option("--fail-on-change", help="Exit 1 where --against finds a difference.")
]


def baseline_files(against: Path | None, settings: Settings) -> list[RuleFile]:
    """The files of the rules to compare with; none where nothing is compared.

    Raises:
        RuleFaultsError: what is wrong with them.
    """
    if against is None:
        return []
    return files_in_force([against], settings.rules.catalogue, settings.state)


def questions(
    against: Path | None,
    baseline: Sequence[RuleFile],
    labels: Path | None,
    sweeps: Sequence[str],
    files: Sequence[RuleFile],
    settings: Settings,
    with_around: bool = False,
) -> Questions:
    """What is asked.

    Args:
        against: the directory to compare with.
        baseline: the files of the rules to compare with.
        labels: what was fraud.
        sweeps: as typed.
        files: those of the rules in force.
        settings: those in force.
        with_around: whether to sweep around the thresholds of the rules that someone is working on.

    Raises:
        typer.BadParameter: a sweep cannot be run.
    """
    try:
        swept = tuple(variants(read_sweep(text), files, settings.state) for text in sweeps)
        said = None if labels is None else read_labels(labels)
    except SweepError as error:
        raise typer.BadParameter(str(error), param_hint="'--sweep'") from None
    except BadLabelsError as error:
        fail(str(error))
    named = None if against is None else Baseline(f"{against}", tuple(file.rule for file in baseline))
    charted = _around(files, baseline, settings) if with_around else ()
    return Questions(named, said, swept, charted)


def _around(
    files: Sequence[RuleFile], baseline: Sequence[RuleFile], settings: Settings
) -> tuple[Variants, ...]:
    specs = [around(file) for file in at_work(files, baseline)]
    return tuple(variants(spec, files, settings.state) for spec in specs if spec is not None)

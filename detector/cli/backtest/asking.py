"""From options to what a backtest is asked beside its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from detector.config import Settings
from detector.core.lists import Members
from detector.core.rule import Rule
from detector.replay.around import around, at_work
from detector.replay.labels import read_labels
from detector.replay.variants import SweepError, Variants, possible_variants, read_sweep, variants
from detector.replay.what_if import Baseline, Questions
from detector.rules.faults import RuleFaultsError
from detector.rules.list_files import SUFFIX, lists_in
from detector.rules.reader import RuleFile
from detector.rules.rule_set import files_in_force, missing_lists


class Wanted(NamedTuple):
    """What the options ask for: the directory and the files as they were named, the sweeps as written."""

    against: Path | None
    labels: Path | None
    sweeps: Sequence[str]
    report: Path | None
    as_json: bool

    @property
    def is_more_than_alerts(self) -> bool:
        """Whether anything is asked beside which alerts there are."""
        return any(self)


class Rulebooks(NamedTuple):
    """The files of the rules in force, those of the rules to compare with, and the lists that both ask."""

    files: list[RuleFile]
    baseline: list[RuleFile] | None
    lists: Mapping[str, Members]

    @property
    def in_force(self) -> tuple[Rule, ...]:
        """The rules in force."""
        return _rules(self.files)


def rulebooks(settings: Settings, against: Path | None, lists: Path | None) -> Rulebooks:
    """All rules that run, with their lists.

    Raises:
        RuleFaultsError: rules cannot be used, or need lists that are not there.
    """
    catalogue, state = settings.rules.catalogue, settings.state
    in_force = files_in_force([Path(path) for path in settings.rules.dirs], catalogue, state)
    baseline = None if against is None else files_in_force([against], catalogue, state)
    known = lists_in(lists) if lists else {}
    if missing := missing_lists([*in_force, *(baseline or ())], known, lambda name: _way_out(name, lists)):
        raise RuleFaultsError(missing)
    return Rulebooks(in_force, baseline, known)


def questions(wanted: Wanted, books: Rulebooks, settings: Settings) -> Questions:
    """What to find out.

    Raises:
        BadLabelsError: the labels cannot be used.
        typer.BadParameter: a sweep cannot be run.
    """
    try:
        specs = [read_sweep(text) for text in wanted.sweeps]
        swept = tuple(variants(spec, books.files, settings.state) for spec in specs)
    except SweepError as error:
        raise typer.BadParameter(str(error), param_hint="'--sweep'") from None
    return Questions(
        against=None if books.baseline is None else Baseline(str(wanted.against), _rules(books.baseline)),
        labels=read_labels(wanted.labels) if wanted.labels else None,
        sweeps=swept,
        around=_around(books, swept, settings) if wanted.report else (),
    )


def _around(books: Rulebooks, swept: Iterable[Variants], settings: Settings) -> tuple[Variants, ...]:
    """A report also shows where thresholds lie among what is measured, where that is not swept anyway."""
    asked_for = {(one.spec.rule_id, one.spec.path) for one in swept}
    specs = [(around(file), file) for file in at_work(books.files, books.baseline or ())]
    return tuple(
        possible_variants(spec, file, settings.state)
        for spec, file in specs
        if spec is not None and (spec.rule_id, spec.path) not in asked_for
    )


def _rules(files: Iterable[RuleFile]) -> tuple[Rule, ...]:
    return tuple(file.rule for file in files)


def _way_out(name: str, lists: Path | None) -> str:
    file = f"{name}{SUFFIX}"
    made = f"'detector lists export {name} {lists / file if lists else file}' makes it"
    return made if lists else f"name the directory that holds {file} with --lists; {made}"

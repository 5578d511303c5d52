"""The rules in force: the shipped catalogue, and directories of a user's own that add to it or replace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from detector.config import StateSettings
from detector.core.rule import Mode, Rule
from detector.rules.faults import Fault, Mark, RuleFaultsError
from detector.rules.notes import limit_notes, notes_on
from detector.rules.places import mark_of
from detector.rules.reader import RuleFile, read_rule

CATALOGUE = Path(__file__).parent / "catalogue"
_SUFFIXES = (".yaml", ".yml")
_DEFAULTS = StateSettings()


def rule_paths(path: Path) -> list[Path]:
    """A rule file itself, or the rule files of a directory, by name.

    Raises:
        RuleFaultsError: there is no such file or directory, or it cannot be read.
    """
    if path.is_dir():
        try:
            return sorted(item for item in path.iterdir() if item.suffix in _SUFFIXES)
        except OSError as error:
            raise RuleFaultsError([Fault(path, Mark(1, 1), f"cannot be read: {error.strerror}")]) from error
    if path.is_file():
        return [path]
    raise RuleFaultsError([Fault(path, Mark(1, 1), "no such file or directory")])


def read_rules(paths: Iterable[Path]) -> list[RuleFile]:
    """Every rule of these files and directories.

    Raises:
        RuleFaultsError: with the faults of all files, of what can never happen, and of ids that stand twice.
    """
    files, notes = _read(paths)
    _refuse(notes)
    return files


def lint(paths: Iterable[Path], state: StateSettings) -> tuple[int, list[Fault]]:
    """How many files there are, and all that is wrong or unwise in them, file by file from top to bottom."""
    files, notes = _read(paths)
    notes += [note for file in files for note in limit_notes(file, state)]
    order = {path: number for number, path in enumerate(_files(paths))}
    return len(order), sorted(notes, key=lambda note: (order[note.path], note.mark))


def rules_in_force(directories: Sequence[Path], with_catalogue: bool) -> list[Rule]:
    """The rules of `files_in_force`, with the default settings."""
    return [file.rule for file in files_in_force(directories, with_catalogue)]


def files_in_force(
    directories: Sequence[Path], with_catalogue: bool, state: StateSettings = _DEFAULTS
) -> list[RuleFile]:
    """The rules of the catalogue and the directories, by id; a later one replaces an earlier of its id.

    Raises:
        RuleFaultsError: with every fault of every file, and every rule in force that needs more history
            than `state` keeps.
    """
    sources = [[CATALOGUE]] if with_catalogue else []
    sources += [[directory] for directory in directories]
    by_id: dict[str, RuleFile] = {}
    notes: list[Fault] = []
    for source in sources:
        files, found = _read(source)
        by_id |= {file.rule.id: file for file in files}
        notes += found
    _refuse(notes + [note for file in by_id.values() for note in limit_notes(file, state)])
    return [by_id[rule_id] for rule_id in sorted(by_id)]


def _files(paths: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(file for given in paths for file in rule_paths(given)))


def _read(paths: Iterable[Path]) -> tuple[list[RuleFile], list[Fault]]:
    """The rules that can be read, and all that is wrong or unwise, whatever the settings."""
    files: list[RuleFile] = []
    notes: list[Fault] = []
    for path in _files(paths):
        try:
            file = read_rule(path)
        except RuleFaultsError as error:
            notes += error.faults
        else:
            files.append(file)
            notes += [*file.warnings, *notes_on(file)]
    return files, notes + _repeated(files)


def _refuse(notes: list[Fault]) -> None:
    faults = [note for note in notes if not note.is_warning]
    if faults:
        raise RuleFaultsError(faults)


def missing_lists(
    files: Iterable[RuleFile], known: Collection[str], remedy: Callable[[str], str]
) -> list[Fault]:
    """What the rules look up that is not among the known lists; `remedy` says how to make the one of a name.

    A rule that is off looks nothing up.
    """
    return [
        Fault(
            file.path, mark, f"rule {file.rule.id} needs the list {name}, which is not there: {remedy(name)}"
        )
        for file in files
        for name, mark in file.lists.items()
        if file.rule.mode is not Mode.OFF and name not in known
    ]


def _repeated(files: list[RuleFile]) -> list[Fault]:
    first: dict[str, Path] = {}
    faults = []
    for file in files:
        earlier = first.setdefault(file.rule.id, file.path)
        if earlier != file.path:
            message = f"the id '{file.rule.id}' stands in {earlier} too: give one of them another"
            faults.append(Fault(file.path, mark_of(file.root, ("id",)), message))
    return faults

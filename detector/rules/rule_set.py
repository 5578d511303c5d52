"""The rules in force: the shipped catalogue, and directories of a user's own that add to it or replace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from detector.core.rule import Mode, Rule
from detector.rules.faults import Fault, Mark, RuleFaultsError
from detector.rules.reader import RuleFile, read_rule

CATALOGUE = Path(__file__).parent / "catalogue"
_SUFFIXES = (".yaml", ".yml")


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
        RuleFaultsError: with the faults of all files, and of ids that stand twice.
    """
    found: list[RuleFile] = []
    faults: list[Fault] = []
    for path in [file for given in paths for file in rule_paths(given)]:
        try:
            found.append(read_rule(path))
        except RuleFaultsError as error:
            faults += error.faults
    faults += _repeated(found)
    if faults:
        raise RuleFaultsError(faults)
    return found


def rules_in_force(directories: Sequence[Path], with_catalogue: bool) -> list[Rule]:
    """The rules of `files_in_force`."""
    return [file.rule for file in files_in_force(directories, with_catalogue)]


def files_in_force(directories: Sequence[Path], with_catalogue: bool) -> list[RuleFile]:
    """The rules of the catalogue and the directories, by id; a later one replaces an earlier of its id.

    Raises:
        RuleFaultsError: with every fault of every file.
    """
    sources = [[CATALOGUE]] if with_catalogue else []
    sources += [[directory] for directory in directories]
    by_id: dict[str, RuleFile] = {}
    faults: list[Fault] = []
    for source in sources:
        try:
            by_id |= {file.rule.id: file for file in read_rules(source)}
        except RuleFaultsError as error:
            faults += error.faults
    if faults:
        raise RuleFaultsError(faults)
    return [by_id[rule_id] for rule_id in sorted(by_id)]


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
            faults.append(Fault(file.path, Mark(1, 1), f"the id '{file.rule.id}' stands in {earlier} too"))
    return faults

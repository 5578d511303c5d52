"""What is in force: rules with the lists that they look things up in, and how both are read and judged.

What a worker starts with and what it takes up while it runs is judged alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from detector.config import RuleSettings, Settings, StateSettings
from detector.core.deciding import Deciding
from detector.core.lists import TIERS
from detector.core.rule import Mode, Rule, lists_of
from detector.rules.faults import Fault, RuleFaultsError
from detector.rules.reader import RuleFile
from detector.rules.rule_set import CATALOGUE, files_in_force, missing_lists, rule_paths
from detector.rules.trial import failures
from detector.state.redis_lists import RedisLists, StoredList

Stamp = tuple[tuple[str, int, int], ...]
"""The name, size and time of change (ns) of every rule file: it changes when a file does."""


class ListsMissingError(RuleFaultsError):
    """The rules look something up in lists that nobody has made; `names` are these lists'."""

    def __init__(self, faults: Sequence[Fault], names: frozenset[str]) -> None:
        super().__init__(faults)
        self.names = names


class InForce(NamedTuple):
    """Rules that passed their own tests, the lists that they need, and what is made of both."""

    files: Sequence[RuleFile]
    lists: Mapping[str, StoredList]
    deciding: Deciding

    @property
    def rules(self) -> list[Rule]:
        """The rules."""
        return [file.rule for file in self.files]

    @property
    def versions(self) -> dict[str, str]:
        """The lists' versions by name."""
        return {name: found.version for name, found in self.lists.items()}


class Rulebook:
    """Reads rules and lists, and remembers what is in force: nothing before it is opened.

    `read_stamp` is the stamp that the files had when they were last read, whatever came of it.
    """

    def __init__(self, settings: Settings, lists: RedisLists) -> None:
        self._rules = settings.rules
        self._state = settings.state
        self._lists = lists
        self.in_force = _made([], {}, settings.state)
        self.read_stamp: Stamp = ()

    async def open(self, files: Sequence[RuleFile]) -> None:
        """Put rules that were read in force.

        Raises:
            ListsMissingError: they need lists that do not exist.
            StateError: the lists cannot be read.
        """
        self.in_force = await self.judge(files, await self.versions())

    async def stamp(self) -> Stamp:
        """The present stamp of the rules' directories."""
        return await asyncio.to_thread(_stamp_of, self._rules.dirs)

    async def versions(self) -> dict[str, str]:
        """The version of each list that exists."""
        return await self._lists.versions()

    async def read(self) -> Sequence[RuleFile]:
        """The rules as their files are now.

        Raises:
            RuleFaultsError: files have faults, or rules fail their own tests.
        """
        self.read_stamp = await self.stamp()
        return await asyncio.to_thread(_read, self._rules, self._state)

    async def judge(self, files: Sequence[RuleFile], versions: Mapping[str, str]) -> InForce:
        """What would be in force with these rules, and the lists of which these versions are the latest.

        Raises:
            ListsMissingError: the rules need lists that do not exist.
            StateError: the lists cannot be read.
        """
        names = needed(file.rule for file in files)
        if faults := missing_lists(files, versions, _how_to_make):
            raise ListsMissingError(faults, names - versions.keys())
        known = self.in_force.lists
        lists = {
            name: known[name]
            if name in known and known[name].version == versions[name]
            else await self._lists.read(name)
            for name in sorted((names | TIERS.keys()) & versions.keys())
        }
        return await asyncio.to_thread(_made, files, lists, self._state)


def needed(rules: Iterable[Rule]) -> frozenset[str]:
    """The lists that rules look things up in; a rule that is off needs none."""
    return frozenset(name for rule in rules if rule.mode is not Mode.OFF for name in lists_of(rule))


def _made(files: Sequence[RuleFile], lists: Mapping[str, StoredList], state: StateSettings) -> InForce:
    members = {name: found.members for name, found in lists.items()}
    rules = [file.rule for file in files]
    return InForce(files, lists, Deciding(rules, members, state.allowed_lateness, state.history_cap))


def _read(settings: RuleSettings, state: StateSettings) -> Sequence[RuleFile]:
    files = files_in_force(settings.dirs, settings.catalogue, state)
    faults = [fault for file in files for fault in _faults_of(file)]
    if faults:
        raise RuleFaultsError(faults)
    return files


def _faults_of(file: RuleFile) -> list[Fault]:
    # The shipped rules were tested before they were shipped.
    examples = [] if file.path.parent == CATALOGUE else file.examples
    return [
        Fault(file.path, failure.example.mark, f"the test '{failure.example.name}' fails: {failure.message}")
        for failure in failures(file.rule, examples)
    ]


def _stamp_of(directories: Iterable[Path]) -> Stamp:
    found = []
    for directory in directories:
        try:
            for path in rule_paths(directory):
                status = path.stat()
                found.append((str(path), status.st_size, status.st_mtime_ns))
        except (OSError, RuleFaultsError):
            # What is wrong is said by whoever reads it; here it only has to differ.
            found.append((str(directory), -1, -1))
    return tuple(found)


def _how_to_make(name: str) -> str:
    return f"make it with 'detector lists import {name} FILE'"

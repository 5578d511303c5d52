"""The vocabulary of reading a rule file: mappings, words and durations, each fault noted where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from detector.core.durations import parse_duration
from detector.core.events import Field
from detector.core.rule import Operator, Severity
from detector.rules.faults import Fault, Mark, close_word, nearest, quoted
from detector.rules.located import Entry, Located
from detector.rules.meant import meant_duration, meant_name, meant_number, meant_text

Found = TypeVar("Found")
Default = TypeVar("Default")
Choice = TypeVar("Choice", bound=StrEnum)

LARGEST = 2**53 - 1
"""The largest number that a rule may name: those beyond do not survive every reader of an alert."""

UNREADABLE = 1
"""The duration (ms) that stands in for one that cannot be read."""

_NAME = re.compile(r"\w[\w-]*")


class Reading:
    """One file being read: collects every fault instead of stopping at the first.

    `misplaced` are the keys that were found where they do not belong, with the part that they belong to:
    they are not missed there.
    `lists` are those that conditions name, each with the first place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.misplaced: dict[str, str] = {}
        self.lists: dict[str, Mark] = {}

    def fault(self, mark: Mark, message: str) -> None:
        """Note that something is wrong."""
        self.faults.append(Fault(self.path, mark, message))

    def warn(self, mark: Mark, message: str) -> None:
        """Note that something is unwise."""
        self.faults.append(Fault(self.path, mark, message, is_warning=True))

    def mapping(
        self,
        node: Located,
        known: Collection[str] | None,
        what: str,
        required: Collection[str] = (),
        elsewhere: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, Entry]:
        """A mapping with none but `known` keys (any, if None) and all `required` ones.

        What a misspelt key holds is read as what was probably meant, so that one mistake is one fault.
        `elsewhere` says of keys that belong to another part which one that is, between quotes.
        """
        if not isinstance(node.value, dict):
            if node.value is None and what in self.misplaced.values():
                return {}
            hint = ": write its names without '-'" if isinstance(node.value, list) and node.value else ""
            self.fault(node.mark, f"{what} must be a mapping of names to values, found {shown(node)}{hint}")
            return {}
        self._set_apart(node.value, what, {k: v for k, v in elsewhere.items() if k not in (known or ())})
        found = dict(node.value) if known is None else self._known(node.value, known, what)
        for name in required:
            if name not in found and name not in self.misplaced:
                self.fault(node.mark, f"{what} needs '{name}'")
        return found

    def _set_apart(self, entries: dict[str, Entry], what: str, elsewhere: Mapping[str, str]) -> None:
        """Note the keys that stand in the wrong part, one fault for all that belong to the same one."""
        for home in dict.fromkeys(elsewhere.values()):
            names = [name for name in entries if elsewhere.get(name) == home]
            if not names:
                continue
            listed = " and ".join(quoted(name) for name in names)
            belongs = "belongs" if len(names) == 1 else "belong"
            self.misplaced |= dict.fromkeys(names, home)
            self.fault(
                entries[names[0]].mark, f"{listed} {belongs} to {home}, not to {what}: indent to match"
            )

    def _known(self, entries: dict[str, Entry], known: Collection[str], what: str) -> dict[str, Entry]:
        found = {name: entry for name, entry in entries.items() if name in known}
        for name, entry in entries.items():
            if name in known or name in self.misplaced:
                continue
            left = [other for other in known if other not in entries]
            colon, close = meant_name(name), close_word(name, left)
            hint = colon or f"; {nearest(name, left if close else known)}"
            self.fault(entry.mark, f"{what} has no {quoted(name)}{hint}")
            if colon:
                self.misplaced[name.replace("：", ":").partition(":")[0]] = what
            elif close is not None and close not in found:
                found[close] = entry
        return found

    def field(self, mark: Mark, name: str, fields: Mapping[str, Field], whose: str) -> Field | None:
        """The field of that name; None where there is none, or no fields at all: then no type was named."""
        found = fields.get(name)
        if found is None and fields:
            hint = meant_name(name) or f"; {nearest(name, fields)}"
            self.fault(mark, f"{whose} have no field {quoted(name)}{hint}")
        return found

    def operators(self, node: Located, known: Collection[Operator], name: str) -> dict[str, Entry]:
        """The operators of a condition, at least one."""
        found = self.mapping(node, known, f"a condition on '{name}'")
        if not node.value:
            self.fault(node.mark, f"a condition on '{name}' needs an operator, as in {{gte: 5}}")
        return found

    def name(self, node: Located, what: str) -> str:
        """A name that measures, overrides and texts can call something by."""
        found = self.text(node, what)
        if found and _NAME.fullmatch(found) is None:
            self.fault(node.mark, f"{what} is made of letters, digits, '_' and '-', found {shown(node)}")
        return found

    def items(self, node: Located, what: str) -> list[Located]:
        """A list that is not empty."""
        if isinstance(node.value, list) and node.value:
            return node.value
        hint = ": begin each item with '- '" if isinstance(node.value, dict) else ""
        self.fault(node.mark, f"{what} must be a list, found {shown(node)}{hint}")
        return []

    def one_or_more(self, node: Located) -> list[Located]:
        """A list's items, or the node itself as the only one."""
        return node.value if isinstance(node.value, list) else [node]

    def text(self, node: Located, what: str, default: str = "") -> str:
        """A word or sentence that is not empty."""
        if isinstance(node.value, str) and node.value:
            return node.value
        hint = ": put a text with braces in quotes" if isinstance(node.value, dict) else meant_text(node)
        self.fault(node.mark, f"{what} must be a text, found {shown(node)}{hint}")
        return default

    def word(self, node: Located, known: Collection[str], what: str, default: str) -> str:
        """One of the known words; for a misspelt one, the one that was probably meant."""
        if isinstance(node.value, str) and node.value in known:
            return node.value
        if isinstance(node.value, (dict, list)) or node.value is None:
            self.fault(node.mark, f"{what} must be one of {', '.join(known)}, found {shown(node)}")
            return default
        self.fault(node.mark, f"{quoted(node.written)} is no {what}; {nearest(node.written, known)}")
        return close_word(node.written, known) or default

    def choice(self, node: Located, known: type[Choice], what: str, default: Choice) -> Choice:
        """One of an enumeration's values."""
        return known(self.word(node, [item.value for item in known], what, default.value))

    def duration(self, node: Located, what: str) -> int:
        """A duration in ms; UNREADABLE where there is none, so that one mistake is one fault."""
        found = parse_duration(node.value)
        if found is None:
            hint = meant_duration(node)
            message = f"{what} must be a duration such as 90s, 10m, 24h or 30d, found {shown(node)}{hint}"
            self.fault(node.mark, message)
            return UNREADABLE
        return found

    def count(self, node: Located, what: str) -> int:
        """A whole number of at least 1."""
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST:
            return value
        hint = meant_number(node, what)
        self.fault(node.mark, f"{what} must be a whole number of at least 1, found {shown(node)}{hint}")
        return 1

    def optional(
        self, entries: dict[str, Entry], name: str, read: Callable[[Located], Found], default: Default
    ) -> Found | Default:
        """What an entry says where it is there, else the default."""
        return read(entries[name].node) if name in entries else default

    def optional_duration(self, entries: dict[str, Entry], name: str, default: Default) -> int | Default:
        """A duration in ms where the entry is there, else the default."""
        return self.optional(entries, name, lambda node: self.duration(node, f"'{name}'"), default)

    def optional_text(self, entries: dict[str, Entry], name: str, default: Default) -> str | Default:
        """A text where the entry is there, else the default."""
        return self.optional(entries, name, lambda node: self.text(node, f"'{name}'"), default)

    def optional_severity(self, entries: dict[str, Entry], name: str, default: Default) -> Severity | Default:
        """A severity where the entry is there, else the default."""
        return self.optional(
            entries, name, lambda node: self.choice(node, Severity, "severity", Severity.MEDIUM), default
        )


def shown(node: Located) -> str:
    """How a value is named in a fault."""
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "an empty list" if not node.value else "a list"
    if node.value is None:
        return "nothing"
    return quoted(node.value) if isinstance(node.value, str) else node.written


def plain(node: Located) -> Any:
    """The value without its places."""
    if isinstance(node.value, dict):
        return {name: plain(entry.node) for name, entry in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value

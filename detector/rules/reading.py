"""The vocabulary of reading a rule file: mappings, words and durations, each fault noted where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from detector.core.durations import parse_duration
from detector.core.rule import Severity
from detector.rules.faults import Fault, Mark, nearest
from detector.rules.located import Entry, Located

Found = TypeVar("Found")
Default = TypeVar("Default")
Choice = TypeVar("Choice", bound=StrEnum)


class Reading:
    """One file being read: collects every fault instead of stopping at the first.

    `lists` are those that conditions name, each with the first place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.lists: dict[str, Mark] = {}

    def fault(self, mark: Mark, message: str) -> None:
        """Note that something is wrong."""
        self.faults.append(Fault(self.path, mark, message))

    def warn(self, mark: Mark, message: str) -> None:
        """Note that something is unwise."""
        self.faults.append(Fault(self.path, mark, message, is_warning=True))

    def mapping(
        self, node: Located, known: Collection[str] | None, what: str, required: Collection[str] = ()
    ) -> dict[str, Entry]:
        """A mapping with none but `known` keys (any, if None) and all `required` ones."""
        if not isinstance(node.value, dict):
            self.fault(node.mark, f"{what} must be a mapping of names to values, found {shown(node)}")
            return {}
        for name in required:
            if name not in node.value:
                self.fault(node.mark, f"{what} needs '{name}'")
        if known is None:
            return dict(node.value)
        for name, entry in node.value.items():
            if name not in known:
                self.fault(entry.mark, f"{what} has no '{name}'; {nearest(name, known)}")
        return {name: entry for name, entry in node.value.items() if name in known}

    def items(self, node: Located, what: str) -> list[Located]:
        """A list that is not empty."""
        if not isinstance(node.value, list) or not node.value:
            self.fault(node.mark, f"{what} must be a list, found {shown(node)}")
            return []
        return node.value

    def one_or_more(self, node: Located) -> list[Located]:
        """A list's items, or the node itself as the only one."""
        return node.value if isinstance(node.value, list) else [node]

    def text(self, node: Located, what: str, default: str = "") -> str:
        """A word or sentence that is not empty."""
        if isinstance(node.value, str) and node.value:
            return node.value
        self.fault(node.mark, f"{what} must be a text, found {shown(node)}")
        return default

    def word(self, node: Located, known: Collection[str], what: str, default: str) -> str:
        """One of the known words."""
        if isinstance(node.value, str) and node.value in known:
            return node.value
        if isinstance(node.value, str):
            self.fault(node.mark, f"'{node.value}' is no {what}; {nearest(node.value, known)}")
        else:
            self.fault(node.mark, f"{what} must be one of {', '.join(known)}, found {shown(node)}")
        return default

    def choice(self, node: Located, known: type[Choice], what: str, default: Choice) -> Choice:
        """One of an enumeration's values."""
        return known(self.word(node, [item.value for item in known], what, default.value))

    def duration(self, node: Located, what: str) -> int:
        """A duration in ms; a harmless one where there is none, so that one mistake is one fault."""
        found = parse_duration(node.value)
        if found is None:
            self.fault(
                node.mark, f"{what} must be a duration such as 90s, 10m, 24h or 30d, found {shown(node)}"
            )
            return 1
        return found

    def count(self, node: Located, what: str) -> int:
        """A whole number of at least 1."""
        if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 1:
            return node.value
        self.fault(node.mark, f"{what} must be a whole number of at least 1, found {shown(node)}")
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
    return "nothing" if node.value is None else f"'{node.value}'"


def plain(node: Located) -> Any:
    """The value without its places."""
    if isinstance(node.value, dict):
        return {name: plain(entry.node) for name, entry in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value

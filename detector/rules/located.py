"""YAML 1.2 read into nodes that know their line and column, so that a fault can say where it is.

Nothing is constructed from a file: of its scalars numbers, truth values and nothing are read, all others
are text. What can make a small file stand for a large one, or keep a reader busy, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

from detector.rules.faults import Fault, Mark, RuleFaultsError, quoted
from detector.rules.yaml_faults import explain

MAX_FILE_BYTES = 256 * 1024
MAX_PARTS = 20_000
_DEEPEST = 20
_START = Mark(1, 1)
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)")
_LONGEST_NUMBER = 40


class Entry(NamedTuple):
    """A mapping's value, with the place of its key."""

    mark: Mark
    node: Located


@dataclass(frozen=True, slots=True)
class Located:
    """A scalar, a list of nodes, or a mapping of names to entries, with its place in the file.

    `written` is a scalar as it stands in the file, without quotes.
    """

    mark: Mark
    value: Any
    written: str = ""


def read_yaml(path: Path) -> Located:
    """The one document of a YAML file.

    Raises:
        RuleFaultsError: the file cannot be read, is too large, is not YAML, repeats a key, or uses what
            rules need not: an alias, a tag, a merge key, a second document.
    """
    return parse_yaml(path, _read_text(path))


def parse_yaml(path: Path, text: str) -> Located:
    """The one document of a text; faults name `path`.

    Raises:
        RuleFaultsError: as from `read_yaml`.
    """
    try:
        return _Composer(text).root()
    except MarkedYAMLError as error:
        mark, message = explain(text, error)
    except ReaderError as error:
        mark = _mark_at(text, error.position)
        message = f"the character U+{ord(text[error.position]):04X} cannot stand in a rule: remove it"
    except _UnusableError as error:
        mark, message = error.mark, error.message
    raise RuleFaultsError([Fault(path, mark, message)])


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise RuleFaultsError([Fault(path, _START, _why_no_file(path))])
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RuleFaultsError([Fault(path, _START, f"cannot be read: {error.strerror}")]) from error
    if len(content) > MAX_FILE_BYTES:
        raise RuleFaultsError([Fault(path, _START, f"the file has over {MAX_FILE_BYTES // 1024} KiB")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = "this is not UTF-8: save the file in that encoding"
        raise RuleFaultsError([Fault(path, Mark(line, 1), message)]) from error


def _why_no_file(path: Path) -> str:
    return "not a file that can be read" if path.exists() else "no such file"


class _UnusableError(Exception):
    """Something in a file that cannot be used, though it is YAML."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message


class _Composer:
    """Makes nodes of a parser's events, in one pass."""

    def __init__(self, text: str) -> None:
        yaml = YAML(typ="safe", pure=True)
        self._resolver = yaml.resolver
        self._events: Iterator[Event] = yaml.parse(text)
        self._parts = 0

    def root(self) -> Located:
        root: Located | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    message = "a file holds one rule: move what follows into a file of its own"
                    raise _UnusableError(_mark_of(event), message)
                if event.version not in (None, (1, 2)):
                    message = "rules are YAML 1.2: remove the %YAML line above"
                    raise _UnusableError(_mark_of(event), message)
            elif isinstance(event, NodeEvent):
                root = self._node(event, 1)
        if root is None or (root.value is None and not root.written):
            raise _UnusableError(_START, "the file is empty")
        return root

    def _node(self, event: Event, depth: int) -> Located:
        self._refuse_what_explodes(event, depth)
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        mark = _mark_of(event)
        if isinstance(event, SequenceStartEvent):
            return Located(mark, [self._node(item, depth + 1) for item in self._items()])
        return Located(mark, self._mapping(depth))

    def _items(self) -> Iterator[Event]:
        """The events up to the end of a list or mapping, but for those that a node within it takes."""
        while not isinstance(event := next(self._events), CollectionEndEvent):
            yield event

    def _mapping(self, depth: int) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for event in self._items():
            mark = _mark_of(event)
            self._refuse_what_explodes(event, depth + 1)
            if not isinstance(event, ScalarEvent):
                raise _UnusableError(mark, "a key must be a plain name")
            name = event.value
            _refuse_unprintable(mark, name)
            if name == "<<":
                raise _UnusableError(mark, "merge keys (<<) are not allowed in rules: write the part out")
            if name in found:
                raise _UnusableError(mark, f"{quoted(name)} stands here a second time: keep one of the two")
            found[name] = Entry(mark, self._node(next(self._events), depth + 1))
        return found

    def _refuse_what_explodes(self, event: Event, depth: int) -> None:
        """A file of a few lines can stand for billions by aliases, or keep a parser busy by its depth."""
        self._parts += 1
        if isinstance(event, AliasEvent):
            message = "aliases (*name) are not allowed in rules: write the part out; a text stands in quotes"
        elif isinstance(event, (ScalarEvent, CollectionStartEvent)) and event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"tags are not allowed in rules: remove {quoted(tag)}, and put a text in quotes"
        elif depth > _DEEPEST:
            message = f"nested over {_DEEPEST} levels deep: no rule needs that"
        elif self._parts > MAX_PARTS:
            message = f"over {MAX_PARTS:,} names and values: no rule needs that"
        else:
            return
        raise _UnusableError(_mark_of(event), message)

    def _scalar(self, event: ScalarEvent) -> Located:
        mark, text = _mark_of(event), event.value
        kind = str(self._resolver.resolve(ScalarNode, text, event.implicit)).rsplit(":", 1)[-1]
        if kind in _READ:
            return Located(mark, _READ[kind](mark, text), text)
        _refuse_unprintable(mark, text)
        return Located(mark, text, text)


def _whole(mark: Mark, text: str) -> int:
    if _DECIMAL.fullmatch(text) is None:
        message = f"{quoted(text)} can be read in two ways: write a number without leading zeros or letters, "
        raise _UnusableError(mark, f"{message}or a text in quotes")
    if len(text) > _LONGEST_NUMBER:
        raise _UnusableError(mark, f"{quoted(text)} is too long for a number; a text stands in quotes")
    return int(text.replace("_", ""))


def _fraction(mark: Mark, text: str) -> float:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        raise _UnusableError(mark, f"{quoted(text)} is no number; a text stands in quotes") from None


_READ: dict[str, Callable[[Mark, str], Any]] = {
    "int": _whole,
    "float": _fraction,
    "bool": lambda _, text: text.lower() == "true",
    "null": lambda _, text: None,
}


def _refuse_unprintable(mark: Mark, text: str) -> None:
    """Control characters and halves of surrogate pairs could be neither shown nor sent."""
    for character in text:
        if (character < " " and character not in "\n\t") or "\ud800" <= character <= "\udfff":
            message = f"the text holds the character U+{ord(character):04X}: remove it"
            raise _UnusableError(mark, message)


def _mark_of(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _mark_at(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, position - before.rfind("\n"))

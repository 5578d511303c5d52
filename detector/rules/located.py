"""YAML 1.2 read into nodes that know their line and column, so that a fault can say where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    MappingEndEvent,
    SequenceEndEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from detector.rules.faults import Fault, Mark, RuleFaultsError

MAX_FILE_BYTES = 256 * 1024
_DEEPEST = 20
_START = Mark(1, 1)
_CONSTRUCTED = {"int": "a whole number", "float": "a number", "bool": "true or false", "null": "nothing"}


class Entry(NamedTuple):
    """A mapping's value, with the place of its key."""

    mark: Mark
    node: Located


@dataclass(frozen=True, slots=True)
class Located:
    """A scalar, a list of nodes, or a mapping of names to entries, with its place in the file."""

    mark: Mark
    value: Any


def read_yaml(path: Path) -> Located:
    """The one document of a YAML file.

    Raises:
        RuleFaultsError: the file cannot be read, is too large, is not YAML, repeats a key or uses an alias.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise RuleFaultsError([Fault(path, _START, f"the file has over {MAX_FILE_BYTES // 1024} KiB")])
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleFaultsError([Fault(path, _START, f"cannot be read: {_reason(error)}")]) from error
    yaml = YAML(typ="safe", pure=True)
    try:
        _refuse_what_explodes(path, yaml, text)
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        raise RuleFaultsError([Fault(path, _mark_of_error(error), f"not YAML: {error.problem}")]) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise RuleFaultsError([Fault(path, _START, f"not YAML: {_reason(error)}")]) from error
    if root is None:
        raise RuleFaultsError([Fault(path, _START, "the file is empty")])
    return _Locator(path, yaml).locate(root)


def _refuse_what_explodes(path: Path, yaml: YAML, text: str) -> None:
    """A file of a few lines can stand for billions through aliases, or keep a parser busy by its depth."""
    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(
            event, (MappingEndEvent, SequenceEndEvent)
        )
        if isinstance(event, AliasEvent):
            message = "aliases (*name) are not allowed in rules: write the part out"
        elif depth > _DEEPEST:
            message = f"nested over {_DEEPEST} levels deep: no rule needs that"
        else:
            continue
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        raise RuleFaultsError([Fault(path, mark, message)])


class _Locator:
    def __init__(self, path: Path, yaml: YAML) -> None:
        self._path = path
        self._yaml = yaml

    def locate(self, node: Node) -> Located:
        mark = Mark(node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, MappingNode):
            return Located(mark, self._mapping(node))
        if isinstance(node, SequenceNode):
            return Located(mark, [self.locate(item) for item in node.value])
        return Located(mark, self._scalar(node, mark))

    def _mapping(self, node: MappingNode) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for key, value in node.value:
            name = self.locate(key)
            if isinstance(name.value, (dict, list)):
                raise self._fault(name.mark, "a key must be a plain name")
            if str(name.value) in found:
                raise self._fault(name.mark, f"'{name.value}' stands here a second time")
            found[str(name.value)] = Entry(name.mark, self.locate(value))
        return found

    def _scalar(self, node: Node, mark: Mark) -> Any:
        kind = str(node.tag).rsplit(":", 1)[-1]
        if kind not in _CONSTRUCTED:
            return node.value
        try:
            return self._yaml.constructor.construct_object(node)
        except (YAMLError, ValueError, KeyError):
            raise self._fault(mark, f"this cannot be read as {_CONSTRUCTED[kind]}") from None

    def _fault(self, mark: Mark, message: str) -> RuleFaultsError:
        return RuleFaultsError([Fault(self._path, mark, message)])


def _mark_of_error(error: MarkedYAMLError) -> Mark:
    mark = error.problem_mark or error.context_mark
    return _START if mark is None else Mark(mark.line + 1, mark.column + 1)


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__

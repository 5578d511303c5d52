"""A rule's parameter: a value in its file, found by its path, and set to another."""

from __future__ import annotations

from collections.abc import Sequence

from detector.config import StateSettings
from detector.rules.faults import Fault, RuleFaultsError, nearest, quoted
from detector.rules.located import Entry, Located, parse_yaml
from detector.rules.notes import limit_notes, notes_on
from detector.rules.reader import RuleFile, rule_of

Parts = tuple[str | int, ...]


class BadParameterError(ValueError):
    """There is no such parameter, or it cannot have such a value; the text says why."""


def parts_of(file: RuleFile, path: str) -> Parts:
    """The steps of a path such as `when.0.count.gte`: names, and numbers of items, which begin at 0.

    Names may hold dots and blanks, as in `when.distinct(complaints.complaint_id) / count(paid).gte`: a path
    goes on with one of the names that are there.

    Raises:
        BadParameterError: the file has no such path, or it leads to more than a single value.
    """
    node, parts, rest = file.root, list[str | int](), path
    while rest:
        part, rest = _step(file, node, rest, path)
        parts.append(part)
        node = _child(node, part)
    if isinstance(node.value, (dict, list)):
        known = node.value if isinstance(node.value, dict) else map(str, range(len(node.value)))
        raise BadParameterError(
            f"{path} of rule {file.rule.id} is not a single value: go on with one of {', '.join(known)}"
        )
    return tuple(parts)


def written_at(file: RuleFile, parts: Parts) -> str:
    """The value of a parameter as it stands in the file."""
    node = file.root
    for part in parts:
        node = _child(node, part)
    return node.written


def with_value(file: RuleFile, parts: Parts, text: str, state: StateSettings) -> RuleFile:
    """The rule as if the parameter's value were `text`, which is read as YAML.

    Raises:
        BadParameterError: with the first fault that a file with this value would have.
    """
    try:
        changed = rule_of(file.path, _replaced(file.root, parts, parse_yaml(file.path, text)))
        faults = [note for note in (*notes_on(changed), *limit_notes(changed, state)) if not note.is_warning]
        if faults:
            raise RuleFaultsError(faults)
    except RuleFaultsError as error:
        raise BadParameterError(_refusal(file, parts, text, error.faults[0])) from None
    return changed


def path_of(parts: Sequence[str | int]) -> str:
    """The path that `parts_of` takes apart."""
    return ".".join(map(str, parts))


def _step(file: RuleFile, node: Located, rest: str, path: str) -> tuple[str | int, str]:
    """The next part of a path, and what is left of it."""
    if isinstance(node.value, dict):
        for name in node.value:
            if f"{rest}.".startswith(f"{name}."):
                return name, rest[len(name) + 1 :]
        raise BadParameterError(_no_such(file, path, rest, list(node.value)))
    number, _, left = rest.partition(".")
    if isinstance(node.value, list) and number.isdecimal() and int(number) < len(node.value):
        return int(number), left
    items = len(node.value) if isinstance(node.value, list) else 0
    raise BadParameterError(_no_such(file, path, rest, [str(number) for number in range(items)]))


def _no_such(file: RuleFile, path: str, rest: str, known: list[str]) -> str:
    place = path.removesuffix(rest).rstrip(".")
    where = f"'{place}' of rule {file.rule.id}" if place else f"rule {file.rule.id}"
    if not known:
        return f"{where} is a single value: nothing is below it"
    return f"{where} has no {quoted(rest)}; {nearest(rest.partition('.')[0], known)}"


def _child(node: Located, part: str | int) -> Located:
    child: Located = node.value[part] if isinstance(part, int) else node.value[part].node
    return child


def _replaced(node: Located, parts: Parts, new: Located) -> Located:
    if not parts:
        return Located(node.mark, new.value, new.written)
    part, child = parts[0], _replaced(_child(node, parts[0]), parts[1:], new)
    if isinstance(part, int):
        return Located(node.mark, [*node.value[:part], child, *node.value[part + 1 :]])
    return Located(node.mark, {**node.value, part: Entry(node.value[part].mark, child)})


def _refusal(file: RuleFile, parts: Parts, text: str, fault: Fault) -> str:
    return f"{path_of(parts)} of rule {file.rule.id} cannot be {quoted(text)}: {fault.message}"

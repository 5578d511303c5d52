"""A rule file read into the rule it means and the tests it carries."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from detector.core.events import FIELDS, FieldKind
from detector.core.rule import Mode, Rule, Sequence, Severity, Texts, Window
from detector.core.texts import LANGUAGES
from detector.rules.conditions import fields_of
from detector.rules.examples import Example, read_examples
from detector.rules.faults import Fault, Mark, RuleFaultsError, quoted
from detector.rules.located import Entry, Located, read_yaml
from detector.rules.overrides import nameable_fields, read_overrides
from detector.rules.reading import Reading
from detector.rules.sequences import read_sequence
from detector.rules.texts import check_names, default_explanation, read_texts
from detector.rules.windows import read_window

KEYS = (
    "id",
    "title",
    "explanation",
    "severity",
    "action",
    "mode",
    "by",
    "window",
    "when",
    "sequence",
    "overrides",
    "cooldown",
    "tests",
)
_INNER_KEYS = {
    **dict.fromkeys(("event", "where", "select", "within"), "'window'"),
    **dict.fromkeys(("steps", "same"), "'sequence'"),
}
_OUTER_KEYS = dict.fromkeys(KEYS, "the rule itself")
DEFAULT_COOLDOWN = 3_600_000
KEY_FIELDS = [
    name for name, field in fields_of(FIELDS).items() if field.kind is FieldKind.STRING and name != "event_id"
]

_Entries = dict[str, Entry]


class RuleFile(NamedTuple):
    """A rule with where it stands, its tests, what is unwise about it, and where it names which list.

    `root` is the file as written.
    """

    path: Path
    rule: Rule
    examples: list[Example]
    warnings: list[Fault]
    lists: dict[str, Mark]
    root: Located


def read_rule(path: Path) -> RuleFile:
    """The rule that a file holds.

    Raises:
        RuleFaultsError: with every fault found in the file.
    """
    return rule_of(path, read_yaml(path))


def rule_of(path: Path, root: Located) -> RuleFile:
    """The rule that a document means, as if the file held it.

    Raises:
        RuleFaultsError: with every fault found in it.
    """
    reading = Reading(path)
    entries = reading.mapping(root, KEYS, "a rule", ("id", "by"), _INNER_KEYS)
    examples: list[Example] = []
    rule = None
    if isinstance(root.value, dict):
        rule = _read_rule(reading, root, entries)
        examples = _read_examples(reading, root, entries)
    faults = [fault for fault in reading.faults if not fault.is_warning]
    if faults or rule is None:
        raise RuleFaultsError(sorted(faults, key=lambda fault: fault.mark))
    return RuleFile(path, rule, examples, reading.faults, reading.lists, root)


def _read_rule(reading: Reading, root: Located, entries: _Entries) -> Rule | None:
    rule_id = _read_id(reading, entries)
    by = _read_by(reading, entries)
    title = _read_texts(reading, entries, "title")
    explanation = _read_texts(reading, entries, "explanation")
    severity = reading.optional_severity(entries, "severity", Severity.MEDIUM)
    action = reading.optional_text(entries, "action", "review")
    mode = reading.optional(entries, "mode", lambda n: reading.choice(n, Mode, "mode", Mode.LIVE), Mode.LIVE)
    cooldown = reading.optional_duration(entries, "cooldown", DEFAULT_COOLDOWN)
    faults = len(reading.faults)
    body = _read_body(reading, root, entries)
    if body is None:
        return None
    overrides = reading.optional(entries, "overrides", lambda n: read_overrides(reading, n, body), ())
    rule = Rule(
        id=rule_id,
        by=by,
        body=body,
        title=title or dict.fromkeys(LANGUAGES, rule_id),
        explanation=explanation or default_explanation(body),
        severity=severity,
        action=action,
        mode=mode,
        overrides=overrides,
        cooldown=cooldown,
    )
    if len(reading.faults) == faults:
        _check_texts(reading, entries, rule)
    return rule


def _read_examples(reading: Reading, root: Located, entries: _Entries) -> list[Example]:
    if "tests" not in entries:
        reading.warn(
            root.mark, "the rule carries no tests: add 'tests' with one that fires and one that does not"
        )
        return []
    return read_examples(reading, entries["tests"].node)


def _read_id(reading: Reading, entries: _Entries) -> str:
    found = reading.optional_text(entries, "id", "")
    stem = reading.path.stem
    if found and found != stem:
        message = f"the id {quoted(found)} differs from the file's name '{stem}': they must be the same"
        reading.fault(entries["id"].node.mark, message)
    return found


def _read_by(reading: Reading, entries: _Entries) -> tuple[str, ...]:
    if "by" not in entries:
        return ()
    node = entries["by"].node
    faults = len(reading.faults)
    names = tuple(reading.word(item, KEY_FIELDS, "field to key by", "") for item in reading.one_or_more(node))
    if len(reading.faults) > faults:
        return names
    if names[:1] != ("user_id",) and names != ("merchant_id",):
        message = "'by' must be user_id, a list that begins with user_id, or merchant_id alone"
        reading.fault(node.mark, message)
    elif len(set(names)) < len(names):
        reading.fault(node.mark, "'by' names a field twice: once is enough")
    return names


def _read_body(reading: Reading, root: Located, entries: _Entries) -> Window | Sequence | None:
    if "window" in entries and "sequence" in entries:
        reading.fault(entries["sequence"].mark, "a rule has either 'window' or 'sequence', not both")
        return None
    if "sequence" in entries:
        if "when" in entries:
            reading.fault(entries["when"].mark, "'when' belongs to a window; a sequence holds by its steps")
        return read_sequence(reading, entries["sequence"].node, _OUTER_KEYS)
    if "window" in entries:
        when = entries["when"].node if "when" in entries else None
        return read_window(reading, entries["window"].node, when, _OUTER_KEYS)
    if "'window'" not in reading.misplaced.values() and "'sequence'" not in reading.misplaced.values():
        reading.fault(root.mark, "a rule needs 'window' with 'when' beside it, or 'sequence'")
    return None


def _read_texts(reading: Reading, entries: _Entries, name: str) -> Texts:
    return reading.optional(entries, name, lambda node: read_texts(reading, node, name), {})


def _check_texts(reading: Reading, entries: _Entries, rule: Rule) -> None:
    known = list(dict.fromkeys(("within", *_measures(rule), *nameable_fields(rule.body))))
    if "title" in entries:
        check_names(reading, entries["title"].node, ())
    if "explanation" in entries:
        check_names(reading, entries["explanation"].node, known)
    for item in reading.one_or_more(entries["overrides"].node) if "overrides" in entries else ():
        if isinstance(item.value, dict) and "explanation" in item.value:
            check_names(reading, item.value["explanation"].node, known)


def _measures(rule: Rule) -> list[str]:
    if not isinstance(rule.body, Window):
        return []
    whens = [rule.body.when, *(override.when for override in rule.overrides if override.when)]
    return [condition.name for when in whens for group in when for condition in group]

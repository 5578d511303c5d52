"""More rules out of a few: each again with other thresholds, spans and severities, the same every time.

A variant keeps its rule's selectors, key, cooldown and texts. Its numbers in `when` and its `at_least` are
the rule's times one factor, its durations (spans in `when` among them) the rule's times another. No span
grows, so the events that are kept stay the same; no threshold falls, so no rule fires on what is usual. What
is compared is the number of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from detector.core.durations import parse_duration
from detector.core.rule import Severity
from detector.rules.rule_set import read_rules, rule_paths

_THRESHOLDS = (1.5, 2.0, 1.25, 3.0, 1.1, 4.0, 2.5)
_SPANS = (0.75, 0.5, 1.0, 0.6, 0.9, 0.4, 0.8, 0.3)
_SEVERITIES = tuple(Severity)
_DURATION_KEYS = ("within", "before")


def write_variants(sources: Iterable[Path], folder: Path, wanted: int) -> None:
    """Write so many rule files into a folder: those of the sources, without tests, then variants in turn.

    Raises:
        RuleFaultsError: a source or, which would be a fault of this module, a variant is no valid rule.
    """
    yaml = YAML(typ="safe", pure=True)
    originals = [yaml.load(path) for source in sources for path in rule_paths(source)]
    for rule in islice(_all(originals), wanted):
        yaml.dump(rule, folder / f"{rule['id']}.yaml")
    read_rules([folder])


def _all(originals: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    bare = [{key: value for key, value in rule.items() if key != "tests"} for rule in originals]
    yield from bare
    for number in count(1):
        for rule in bare:
            yield _variant(rule, number)


def _variant(rule: dict[str, Any], number: int) -> dict[str, Any]:
    # The lists' lengths have no common divisor, so that no pair of factors comes back soon.
    threshold = _THRESHOLDS[number % len(_THRESHOLDS)]
    span = _SPANS[number % len(_SPANS)]
    severity = next(islice(cycle(_SEVERITIES), number % len(_SEVERITIES), None))
    changed = dict(rule, id=f"{rule['id']}-v{number:02d}", severity=str(severity))
    for part in ("window", "sequence"):
        if part in rule:
            changed[part] = _changed(rule[part], _in_body(threshold, span))
    for part in ("when", "overrides"):
        if part in rule:
            changed[part] = _changed(rule[part], _in_conditions(threshold, span))
    return changed


_Change = Callable[[str, Any], Any]


def _in_body(threshold: float, span: float) -> _Change:
    """Durations and `at_least`; the selectors are left as they are."""

    def change(key: str, value: Any) -> Any:
        if key in _DURATION_KEYS:
            return _scaled(value, span)
        return _scaled(value, threshold) if key == "at_least" else value

    return change


def _in_conditions(threshold: float, span: float) -> _Change:
    def change(key: str, value: Any) -> Any:
        return _scaled(value, span if parse_duration(value) else threshold)

    return change


def _changed(value: Any, change: _Change, key: str = "") -> Any:
    """The value with each scalar of its mappings changed, save what stands under `where`."""
    if isinstance(value, dict):
        return {
            name: item if name == "where" else _changed(item, change, name) for name, item in value.items()
        }
    if isinstance(value, list):
        return [_changed(item, change, key) for item in value]
    return change(key, value)


def _scaled(value: Any, factor: float) -> Any:
    """A duration in whole seconds, a whole number of at least 1, or a fraction; other values as they are."""
    duration = parse_duration(value)
    if duration:
        return f"{max(1, round(duration * factor / 1000))}s"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return max(1, round(value * factor)) if isinstance(value, int) and value else value * factor

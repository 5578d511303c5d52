"""The sweep that shows where a rule's threshold lies among what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from detector.config.values import format_duration
from detector.core.durations import parse_duration
from detector.core.rule import Window
from detector.replay.variants import SweepSpec
from detector.rules.located import Located
from detector.rules.parameters import path_of
from detector.rules.reader import RuleFile
from detector.rules.rule_set import CATALOGUE, read_rules

_FACTORS = (40, 60, 80, 100, 120, 140, 160, 180, 200)
"""The values around a threshold, in percent of it."""

_OPERATORS = ("gte", "gt", "lte", "lt")
_LEAST_COUNT = 2
"""Below it nearly everybody would be alerted on."""


class _Threshold(NamedTuple):
    parts: tuple[str | int, ...]
    value: Any


def around(file: RuleFile) -> SweepSpec | None:
    """A sweep over nine values at most, from 0.4 to 2 times a window rule's first threshold.

    The alerts at each value are the periods whose largest measure reaches it: the distribution of what is
    measured. None where the rule is a sequence, or names no threshold that is larger or smaller.
    """
    if not isinstance(file.rule.body, Window):
        return None
    when = file.root.value["when"].node
    for parts, value in _thresholds(when, ("when",)):
        if values := _values(value):
            return SweepSpec(file.rule.id, path_of(parts), values)
    return None


def at_work(files: Iterable[RuleFile], baseline: Sequence[RuleFile]) -> list[RuleFile]:
    """The rules that someone is working on: those that mean something else than in the baseline.

    Without a baseline those that are not as shipped, for a sweep around each rule in force costs more than
    the run does; but all where all are as shipped, as then nobody works on one of them alone.
    """
    files = list(files)
    known = {file.rule.id: file.rule.version for file in baseline or read_rules([CATALOGUE])}
    found = [file for file in files if known.get(file.rule.id) != file.rule.version]
    return found or ([] if baseline else files)


def _thresholds(node: Located, parts: tuple[str | int, ...]) -> Iterator[_Threshold]:
    if isinstance(node.value, list):
        for number, item in enumerate(node.value):
            yield from _thresholds(item, (*parts, number))
    elif isinstance(node.value, dict):
        for name, entry in node.value.items():
            yield from _thresholds(entry.node, (*parts, name))
    elif parts[-1] in _OPERATORS:
        yield _Threshold(parts, node.value)


def _values(threshold: Any) -> tuple[str, ...]:
    """The values around a threshold, in their order; none around what has no size."""
    duration = parse_duration(threshold)
    if duration is not None:
        return _distinct(format_duration(duration * percent // 100) for percent in _FACTORS)
    if isinstance(threshold, float):
        return _distinct(f"{threshold * percent / 100:.6g}" for percent in _FACTORS)
    if isinstance(threshold, int) and threshold > 0:
        least = min(threshold, _LEAST_COUNT)
        return _distinct(str(max(least, round(threshold * percent / 100))) for percent in _FACTORS)
    return ()


def _distinct(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

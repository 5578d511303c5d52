"""Variants of a rule for a sweep: each has another value of one parameter, and an id of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from detector.config import StateSettings
from detector.core.rule import Mode, Rule
from detector.replay.values import BadValuesError, read_values
from detector.rules.faults import nearest, quoted
from detector.rules.parameters import BadParameterError, parts_of, path_of, with_value
from detector.rules.reader import RuleFile


class SweepError(ValueError):
    """A sweep that cannot be run; the text says why, in one line."""


class SweepSpec(NamedTuple):
    """What to sweep: the path of a parameter in a rule's file, and its values as they would stand there."""

    rule_id: str
    path: str
    values: tuple[str, ...]


class Variant(NamedTuple):
    """A rule with one of the values; its id says which, and it is live so that it counts."""

    value: str
    rule: Rule
    is_current: bool


class Variants(NamedTuple):
    """All variants of a sweep. They run beside each other, in one pass over the events."""

    spec: SweepSpec
    variants: tuple[Variant, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules to run."""
        return tuple(variant.rule for variant in self.variants)


def read_sweep(text: str) -> SweepSpec:
    """What `RULE:PATH=VALUES` asks for, as in `no-password-burst:when.0.count.gte=3..10`.

    Raises:
        SweepError: it is not written so.
    """
    parameter, equals, values = text.rpartition("=")
    rule_id, colon, path = parameter.partition(":")
    if not (equals and colon and rule_id and path):
        raise SweepError(
            f"{quoted(text)} is no sweep: write RULE:PATH=VALUES, as in "
            "'no-password-burst:when.0.count.gte=3..10'"
        )
    try:
        return SweepSpec(rule_id, path, read_values(values))
    except BadValuesError as error:
        raise SweepError(f"the sweep {quoted(text)}: {error}") from None


def variants(spec: SweepSpec, files: Iterable[RuleFile], state: StateSettings) -> Variants:
    """The rules that a sweep runs.

    The rule's tests and its overrides stay as they are: an override that replaces `when` hides the swept
    threshold where it applies.

    Raises:
        SweepError: there is no such rule or parameter, or a rule cannot have one of the values.
    """
    by_id = {file.rule.id: file for file in files}
    if spec.rule_id not in by_id:
        raise SweepError(f"no rule {quoted(spec.rule_id)} is in force; {nearest(spec.rule_id, by_id)}")
    file = by_id[spec.rule_id]
    try:
        return Variants(spec, tuple(_variants(spec, file, state)))
    except BadParameterError as error:
        raise SweepError(str(error)) from None


def possible_variants(spec: SweepSpec, file: RuleFile, state: StateSettings) -> Variants:
    """The same without the values that the rule cannot have, for values that nobody asked for one by one."""
    found = [variant for value in spec.values for variant in _if_possible(spec, value, file, state)]
    return Variants(spec._replace(values=tuple(variant.value for variant in found)), tuple(found))


def _if_possible(spec: SweepSpec, value: str, file: RuleFile, state: StateSettings) -> tuple[Variant, ...]:
    try:
        return tuple(_variants(spec._replace(values=(value,)), file, state))
    except BadParameterError:
        return ()


def _variants(spec: SweepSpec, file: RuleFile, state: StateSettings) -> Iterator[Variant]:
    parts = parts_of(file, spec.path)
    if parts == ("id",):
        raise BadParameterError(f"the id of rule {spec.rule_id} is no parameter: it changes nothing")
    for value in spec.values:
        rule = with_value(file, parts, value, state).rule
        named = msgspec.structs.replace(rule, id=f"{spec.rule_id}~{path_of(parts)}={value}", mode=Mode.LIVE)
        yield Variant(value, named, is_current=rule == file.rule)

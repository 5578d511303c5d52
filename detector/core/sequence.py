"""Sequences: ordered steps of one key, each completed after the step before it. Spans are inclusive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detector.core.anchor import Anchor, Evidence, Findings
from detector.core.chains import Chain, CompiledStep, Search
from detector.core.history import SHORT, History
from detector.core.lists import Lists
from detector.core.predicates import compares
from detector.core.rule import Override, Rule, Sequence, Severity, Step
from detector.core.selection import Selections


class SequenceEvaluator:
    """One sequence rule, compiled: tells which steps the event at an index of a history completes.

    `compiled` are its steps, `agreed` the fields that they agree on, `alerting` the numbers of those that
    raise an alert, with its severity where no override has another.
    `selections` are those of the engine, for rules that select alike share them.
    """

    def __init__(self, rule: Rule, selections: Selections) -> None:
        assert isinstance(rule.body, Sequence)
        self._rule = rule
        self.lists: Lists = selections.lists
        self._sequence = rule.body
        self._key_fields = rule.by[1:]
        self._span = rule.span
        self.agreed = (*self._key_fields, *rule.body.same)
        self.compiled = tuple(
            CompiledStep(step, self.agreed, self._key_fields, selections) for step in rule.body.steps
        )
        self.alerting = _alerting_steps(rule)
        self._completing = [
            selections.of(rule.body.steps[number].selector, ()) for number, _ in self.alerting
        ]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the rule, in their order."""
        return self._sequence.steps

    @property
    def completes(self) -> dict[str, int]:
        """For each event type that can complete an alerting step, the number of the first such step."""
        found: dict[str, int] = {}
        for number, _ in self.alerting:
            for event_type in self.compiled[number].select:
                found.setdefault(event_type, number)
        return found

    @property
    def event_types(self) -> frozenset[str]:
        """The event types that the rule looks at, those that cancel a step among them."""
        return frozenset(event_type for step in self.compiled for event_type in (*step.select, *step.cancel))

    def anchors_at(self, history: History, index: int) -> list[Anchor]:
        """The anchors that the event at an index is: one for each alerting step that it completes."""
        event = history.entries[index].event
        anchors = []
        for number, severity in self.alerting:
            matches = self.compiled[number].select.get(event.type)
            if matches is None or not matches(event):
                continue
            chain = self.chain(history, number, index)
            if chain is not None:
                anchors.append(self._anchor(history, chain, severity))
        return anchors

    def chain(self, history: History, number: int, index: int) -> Chain | None:
        """The latest chain in which the event at the index, which the step selects, completes that step."""
        event = history.entries[index].event
        return self.chain_since(history, number, index, event.event_time - self._span)

    def chain_since(self, history: History, number: int, index: int, earliest: int) -> Chain | None:
        """The same, of events not earlier than a time (ms)."""
        event = history.entries[index].event
        agreed = tuple(getattr(event, name) for name in self.agreed)
        return Search(history, self.compiled, self.agreed, agreed, earliest).chain(number, index)

    def may_hold(self, history: History, index: int, end: int) -> Iterable[int]:
        """The indices from `index` to `end` at which what the event at `index` changes could hold."""
        if len(history.times) <= SHORT:
            return range(index, end)
        found: set[int] = set()
        for selection in self._completing:
            found.update(selection.between(history, (), index, end))
        return sorted(found)

    def findings(self, history: History, anchor: Anchor) -> Findings:
        """How long each step took, against what, and the events of the chain in their order."""
        assert anchor.chain is not None
        chain = self.chain(history, len(anchor.chain) - 1, anchor.at)
        assert chain is not None
        links = list(zip((step.step for step in self.compiled), chain, strict=False))
        times = history.times
        return Findings(
            measures={
                f"{step.name}.elapsed": times[link.last] - times[before.last]
                for (step, link), before in zip(links[1:], chain, strict=False)
            },
            thresholds={f"{step.name}.within": step.within for step, _ in links if step.within is not None},
            values={
                f"{step.name}.{field}": getattr(history.entries[link.last].event, field)
                for step, link in links
                for field in history.entries[link.last].event.__struct_fields__
            },
            evidence=[Evidence(index, step.name) for step, link in links for index in link.indices],
        )

    def _anchor(self, history: History, chain: Chain, severity: Severity) -> Anchor:
        index = chain[-1].last
        event = history.entries[index].event
        steps = {step.name: link.last for step, link in zip(self._sequence.steps, chain, strict=False)}
        override = self._in_force(history, index, steps)
        return Anchor(
            at=index,
            position=history.position(index),
            key=tuple(getattr(event, name) for name in self._key_fields),
            severity=(override and override.severity) or severity,
            override=override,
            chain=steps,
            first=history.position(chain[0].first),
            # Spans are inclusive: what was folded at the very bound is missing as well.
            approximate=history.is_folded_after(event.event_time - self._span - 1),
        )

    def _in_force(self, history: History, index: int, steps: dict[str, int]) -> Override | None:
        for override in self._rule.overrides:
            if all(
                compares(_value(history, index, steps, name), comparison, self.lists)
                for name, comparisons in override.where.items()
                for comparison in comparisons
            ):
                return override
        return None


def _value(history: History, index: int, steps: dict[str, int], name: str) -> Any:
    """The value of `step.field` in a chain, or of a field of the anchor; None where there is none."""
    step, dot, field = name.rpartition(".")
    at = steps.get(step) if dot else index
    return None if at is None else getattr(history.entries[at].event, field, None)


def _alerting_steps(rule: Rule) -> list[tuple[int, Severity]]:
    assert isinstance(rule.body, Sequence)
    steps = rule.body.steps
    named = [(number, step.alert) for number, step in enumerate(steps) if step.alert is not None]
    return named or [(len(steps) - 1, rule.severity)]

"""Sequences: ordered steps of one key, searched backwards from the event that completes a step.

Of several chains the latest counts: for each step, from the last to the first, the latest event that
can complete it. Spans are inclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from detector.core.anchor import Anchor, Evidence, Findings
from detector.core.events import Event
from detector.core.history import History
from detector.core.lists import NO_LISTS, Lists
from detector.core.predicates import Predicate, compares, compile_selector
from detector.core.rule import Override, Rule, Sequence, Severity, Step


class _Link(NamedTuple):
    """A completed step: the index of its first event, of the event that completes it, and all of them."""

    first: int
    last: int
    indices: tuple[int, ...]


_Chain = tuple[_Link, ...]


class SequenceEvaluator:
    """One sequence rule, compiled: tells which steps the event at an index of a history completes."""

    def __init__(self, rule: Rule, lists: Lists = NO_LISTS) -> None:
        assert isinstance(rule.body, Sequence)
        self._rule = rule
        self._lists = lists
        self._sequence = rule.body
        self._key_fields = rule.by[1:]
        self._span = rule.span
        self._agreed = (*self._key_fields, *rule.body.same)
        self._steps = tuple(
            _CompiledStep(step, self._agreed, self._key_fields, lists) for step in rule.body.steps
        )
        self._alerting = _alerting_steps(rule)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the rule, in their order."""
        return self._sequence.steps

    @property
    def completes(self) -> dict[str, int]:
        """For each event type that can complete an alerting step, the number of the first such step."""
        found: dict[str, int] = {}
        for number, _ in self._alerting:
            for event_type in self._steps[number].select:
                found.setdefault(event_type, number)
        return found

    @property
    def event_types(self) -> frozenset[str]:
        """The event types that the rule looks at, those that cancel a step among them."""
        return frozenset(event_type for step in self._steps for event_type in (*step.select, *step.cancel))

    def anchors_at(self, history: History, index: int) -> list[Anchor]:
        """The anchors that the event at an index is: one for each alerting step that it completes."""
        event = history.entries[index].event
        anchors = []
        for number, severity in self._alerting:
            matches = self._steps[number].select.get(event.type)
            if matches is None or not matches(event):
                continue
            chain = self._chain(history, number, index)
            if chain is not None:
                anchors.append(self._anchor(history, chain, severity))
        return anchors

    def may_hold(self, history: History, index: int, end: int) -> Iterable[int]:
        """The indices from `index` to `end` at which what the event at `index` changes could hold."""
        return range(index, end)

    def findings(self, history: History, anchor: Anchor) -> Findings:
        """How long each step took, against what, and the events of the chain in their order."""
        assert anchor.chain is not None
        chain = self._chain(history, len(anchor.chain) - 1, anchor.at)
        assert chain is not None
        links = list(zip((step.step for step in self._steps), chain, strict=False))
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

    def _anchor(self, history: History, chain: _Chain, severity: Severity) -> Anchor:
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
                compares(_value(history, index, steps, name), comparison, self._lists)
                for name, comparisons in override.where.items()
                for comparison in comparisons
            ):
                return override
        return None

    def _chain(self, history: History, number: int, index: int) -> _Chain | None:
        event = history.entries[index].event
        agreed = tuple(getattr(event, name) for name in self._agreed)
        search = _Search(history, self._steps, self._agreed, agreed, event.event_time - self._span)
        return search.chain(number, index)


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


class _CompiledStep:
    """A step with its selectors compiled."""

    def __init__(
        self, step: Step, agreed: tuple[str, ...], key_fields: tuple[str, ...], lists: Lists
    ) -> None:
        self.step = step
        needs = agreed if step.same is None else (*agreed, step.same)
        self.select = compile_selector(step.selector, needs, lists)
        self.cancel: dict[str, Predicate] = {}
        if step.unless is not None:
            needs = key_fields if step.unless.same is None else (*key_fields, step.unless.same)
            self.cancel = compile_selector(step.unless.selector, needs, lists)
        self.key_fields = key_fields


class _Search:
    """The search for the latest chain that ends in one event."""

    def __init__(
        self,
        history: History,
        steps: tuple[_CompiledStep, ...],
        names: tuple[str, ...],
        agreed: tuple[Any, ...],
        earliest: int,
    ) -> None:
        self._history = history
        self._steps = steps
        self._names = names
        self._agreed = agreed
        self._earliest = earliest
        self._dead: set[tuple[int, int]] = set()

    def chain(self, number: int, index: int) -> _Chain | None:
        """The latest chain in which the event at the index completes that step; None where there is none."""
        if (number, index) in self._dead:
            return None
        found = self._first_step(index) if number == 0 else self._later_step(number, index)
        if found is None:
            self._dead.add((number, index))
        return found

    def _first_step(self, index: int) -> _Chain | None:
        step = self._steps[0]
        event = self._event(index)
        found = _Tally(step.step, event)
        for earlier in self._back_from(index + 1, self._bound(step, event)):
            if self._serves(step, earlier):
                found.take(earlier, self._event(earlier))
            if found.is_complete:
                return (found.link(),)
        return None

    def _later_step(self, number: int, index: int) -> _Chain | None:
        compiled = self._steps[number]
        step = compiled.step
        event = self._event(index)
        tally = _Tally(step, event)
        tally.take(index, event)
        cancelled = _Cancelled(compiled, event)
        for earlier in self._back_from(index, self._bound(compiled, event)):
            if (
                tally.is_complete
                and self._completes(number - 1, earlier)
                and not cancelled.stops(self._event(earlier))
            ):
                chain = self.chain(number - 1, earlier)
                if chain is not None:
                    return (*chain, tally.link())
            if self._serves(compiled, earlier):
                tally.take(earlier, self._event(earlier))
            if self._is_of_key(compiled, earlier):
                cancelled.note(self._event(earlier))
            if cancelled.stops_all:
                return None
        return None

    def _bound(self, compiled: _CompiledStep, event: Event) -> int:
        """The earliest event time of interest to a step that this event completes."""
        within = compiled.step.within
        return self._earliest if within is None else max(self._earliest, event.event_time - within)

    def _event(self, index: int) -> Event:
        return self._history.entries[index].event

    def _back_from(self, index: int, earliest: int) -> Iterator[int]:
        """Indices before `index`, the latest first, down to the event time `earliest`."""
        times = self._history.times
        for earlier in range(index - 1, -1, -1):
            if times[earlier] < earliest:
                return
            yield earlier

    def _completes(self, number: int, index: int) -> bool:
        return self._serves(self._steps[number], index)

    def _serves(self, compiled: _CompiledStep, index: int) -> bool:
        event = self._event(index)
        matches = compiled.select.get(event.type)
        if matches is None or not matches(event):
            return False
        return all(
            getattr(event, name) == value for name, value in zip(self._names, self._agreed, strict=True)
        )

    def _is_of_key(self, compiled: _CompiledStep, index: int) -> bool:
        event = self._event(index)
        names = compiled.key_fields
        return all(getattr(event, name, None) == self._agreed[number] for number, name in enumerate(names))


class _Tally:
    """The events found for one step, from its completing event backwards."""

    def __init__(self, step: Step, completing: Event) -> None:
        self._step = step
        self._same = None if step.same is None else getattr(completing, step.same)
        self._values: set[Any] = set()
        self._indices: list[int] = []

    def take(self, index: int, event: Event) -> None:
        """Count one more event of the step."""
        if self._step.same is not None and getattr(event, self._step.same) != self._same:
            return
        self._indices.append(index)
        if self._step.distinct is not None:
            value = getattr(event, self._step.distinct, None)
            self._values.update(() if value is None else (value,))

    @property
    def is_complete(self) -> bool:
        """Whether enough events, or distinct values among them, were found."""
        found = self._indices if self._step.distinct is None else self._values
        return len(found) >= self._step.at_least

    def link(self) -> _Link:
        """The step as completed: of one event where it needs no more."""
        is_single = self._step.at_least == 1 and self._step.distinct is None
        indices = (self._indices[0],) if is_single else tuple(reversed(self._indices))
        return _Link(indices[0], indices[-1], indices)


class _Cancelled:
    """The `unless` events seen between a completing event and the candidates for the step before it."""

    def __init__(self, compiled: _CompiledStep, completing: Event) -> None:
        self._unless = compiled.step.unless
        self._cancel = compiled.cancel
        self._latest = completing.event_time - (self._unless.before if self._unless else 0)
        self._values: set[Any] = set()
        self.stops_all = False

    def note(self, event: Event) -> None:
        """Take one event into account that lies before the completing one."""
        matches = self._cancel.get(event.type)
        if self._unless is None or matches is None or event.event_time > self._latest or not matches(event):
            return
        if self._unless.same is None:
            self.stops_all = True
        else:
            self._values.add(getattr(event, self._unless.same))

    def stops(self, before: Event) -> bool:
        """Whether a noted event cancels a chain whose step before was completed by this event."""
        if self._unless is None or self._unless.same is None:
            return False
        return getattr(before, self._unless.same, None) in self._values

"""Why an event does not complete a step of a sequence: the reasons, beside the evaluator's verdict."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from detector.core.chains import Chain, CompiledStep
from detector.core.events import Event
from detector.core.explain.explanation import Attempt
from detector.core.explain.fit import unfit
from detector.core.explain.mentions import mention
from detector.core.explain.reasons import (
    Cancelled,
    Differs,
    Reason,
    TooEarly,
    TooFew,
    TooLate,
)
from detector.core.history import History
from detector.core.rule import Rule, Sequence
from detector.core.sequence import SequenceEvaluator


class Attempts:
    """What the events of one history, up to an index, come to as steps of a sequence."""

    def __init__(self, rule: Rule, evaluator: SequenceEvaluator, history: History, upto: int) -> None:
        assert isinstance(rule.body, Sequence)
        self._rule = rule
        self._bound = rule.body.within
        self._evaluator = evaluator
        self._history = history
        self._upto = upto
        self._completed: dict[int, list[int]] = {}
        self._chains: dict[tuple[int, int], Chain | None] = {}

    def chain(self, number: int, at: int) -> Chain | None:
        """The latest chain in which the event at an index completes that step."""
        if (number, at) not in self._chains:
            event = self.event(at)
            selects = self._compiled(number).select.get(event.type)
            is_selected = selects is not None and selects(event)
            found = self._evaluator.chain(self._history, number, at) if is_selected else None
            self._chains[number, at] = found
        return self._chains[number, at]

    def attempt(self, number: int, at: int) -> Attempt:
        """Why the event at an index, of one of the step's types, does not complete it, if it does not."""
        event = self.event(at)
        chain = self.chain(number, at)
        before = None if number == 0 else chain[number - 1].last if chain else self._before(number, at)
        return Attempt(
            event=mention(event),
            after=None if before is None else mention(self.event(before)),
            reasons=() if chain else tuple(self._reasons(number, at, before)),
        )

    def event(self, at: int) -> Event:
        """The event at an index."""
        return self._history.entries[at].event

    def serving(self, number: int, at: int, since: int, earliest: int) -> list[int]:
        """The events from an index and a time on that serve a step as the event at `at`, that included."""
        compiled = self._compiled(number)
        like = self._agreed(self.event(at), compiled)
        return [
            index
            for index in range(since, at + 1)
            if self._history.times[index] >= earliest
            and self.is_selected(number, index)
            and self._agreed(self.event(index), compiled) == like
        ]

    def agree(self, one: int, other: int) -> bool:
        """Whether two events agree on what all steps must agree on."""
        names = self._evaluator.agreed
        return self._values(self.event(one), names) == self._values(self.event(other), names)

    def follows(self, number: int, at: int) -> bool:
        """Whether some event before the one at an index completes the step before."""
        completing = self._completing(number - 1) if number else []
        return bool(completing) and completing[0] < at

    def is_selected(self, number: int, at: int) -> bool:
        """Whether the step selects the event at an index, whatever came before."""
        event = self.event(at)
        matches = self._compiled(number).select.get(event.type)
        return matches is not None and matches(event)

    def counted(self, number: int, indices: list[int]) -> int:
        """What counts of events that serve a step: they themselves, or their different values."""
        field = self._compiled(number).step.distinct
        if field is None:
            return len(indices)
        return len({getattr(self.event(index), field, None) for index in indices} - {None})

    def cancelling(self, number: int, before: int, upto: int) -> list[int]:
        """The events after the one that completed the step before, up to an index, that cancel this step."""
        compiled = self._compiled(number)
        unless = compiled.step.unless
        if unless is None:
            return []
        found = []
        key = self._values(self.event(before), compiled.key_fields)
        for index in range(before + 1, upto + 1):
            event = self.event(index)
            matches = compiled.cancel.get(event.type)
            if matches is None or not matches(event) or self._values(event, compiled.key_fields) != key:
                continue
            tied = () if unless.same is None else (unless.same,)
            if self._values(event, tied) == self._values(self.event(before), tied):
                found.append(index)
        return found

    def _compiled(self, number: int) -> CompiledStep:
        return self._evaluator.compiled[number]

    def _agreed(self, event: Event, compiled: CompiledStep) -> tuple[Any, ...]:
        tied = () if compiled.step.same is None else (compiled.step.same,)
        return self._values(event, (*self._evaluator.agreed, *tied))

    def _values(self, event: Event, names: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(getattr(event, name, None) for name in names)

    def _completing(self, number: int) -> list[int]:
        """The events that complete a step, in their order."""
        if number not in self._completed:
            found = [index for index in range(self._upto + 1) if self.chain(number, index) is not None]
            self._completed[number] = found
        return self._completed[number]

    def _before(self, number: int, at: int) -> int | None:
        """The latest event that completes the step before, rather one that agrees with the event."""
        completing = self._completing(number - 1)
        earlier = completing[: bisect_left(completing, at)]
        for index in reversed(earlier):
            if self.agree(index, at):
                return index
        return earlier[-1] if earlier else None

    def _reasons(self, number: int, at: int, before: int | None) -> list[Reason]:
        event = self.event(at)
        reasons = self._unfit(number, event)
        if reasons:
            return reasons
        if number == 0:
            return self._too_few(number, at, 0)
        if before is None:
            return [self._too_early(number, at)]
        return self._differences(event, self.event(before)) or [
            *self._too_late(number, at, before),
            *self._cancelled(number, at, before),
            *self._too_few(number, at, before + 1),
        ]

    def _unfit(self, number: int, event: Event) -> list[Reason]:
        step = self._compiled(number).step
        tied = () if step.same is None else (step.same,)
        return unfit(step.selector, (*self._evaluator.agreed, *tied), event, self._evaluator.lists)

    def _differences(self, event: Event, before: Event) -> list[Reason]:
        pairs = [(name, getattr(event, name), getattr(before, name)) for name in self._evaluator.agreed]
        return [Differs(field=name, found=own, wanted=other) for name, own, other in pairs if own != other]

    def _too_early(self, number: int, at: int) -> Reason:
        completing = self._completing(number - 1)
        following = bisect_right(completing, at)
        times = self._history.times
        by = times[completing[following]] - times[at] if following < len(completing) else None
        return TooEarly(step=self._compiled(number - 1).step.name, by=by)

    def _too_late(self, number: int, at: int, before: int) -> list[Reason]:
        times = self._history.times
        within = self._compiled(number).step.within
        reasons: list[Reason] = []
        if within is not None and times[at] - times[before] > within:
            reasons.append(self._over(at, before, within, of_sequence=False))
        if self._bound is not None:
            earliest = times[at] - self._bound
            if not self._evaluator.chain_since(self._history, number - 1, before, earliest):
                chain = self.chain(number - 1, before)
                assert chain is not None
                reasons.append(self._over(at, self.first(chain), self._bound, of_sequence=True))
        return reasons

    def first(self, chain: Chain) -> int:
        """The event that a bound of the whole sequence is measured from: the latest that suffices."""
        step = self._compiled(0).step
        link = chain[0]
        return link.first if step.distinct is not None else link.indices[-step.at_least]

    def _over(self, at: int, since: int, within: int, *, of_sequence: bool) -> Reason:
        elapsed = self._history.times[at] - self._history.times[since]
        return TooLate(
            since=mention(self.event(since)),
            of_sequence=of_sequence,
            elapsed=elapsed,
            within=within,
            by=elapsed - within,
        )

    def _cancelled(self, number: int, at: int, before: int) -> list[Reason]:
        unless = self._compiled(number).step.unless
        times = self._history.times
        spare = 0 if unless is None else unless.before
        found = [i for i in self.cancelling(number, before, at - 1) if times[i] <= times[at] - spare]
        return [
            Cancelled(event=mention(self.event(index)), before=times[at] - times[index])
            for index in found[-1:]
        ]

    def _too_few(self, number: int, at: int, since: int) -> list[Reason]:
        step = self._compiled(number).step
        now = self._history.times[at]
        earliest = now - self._rule.span
        if number == 0 and step.within is not None:
            earliest = max(earliest, now - step.within)
        found = self.counted(number, self.serving(number, at, since, earliest))
        if found >= step.at_least:
            return []
        return [TooFew(found=found, needed=step.at_least, distinct=step.distinct)]

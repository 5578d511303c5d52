"""A sequence rule: the furthest chain, its steps one by one, and what came for the one that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from detector.core.alert import EvidenceEvent
from detector.core.anchor import Anchor
from detector.core.chains import Chain, Link
from detector.core.explain.attempts import Attempts
from detector.core.explain.explanation import Attempt, SequenceSeen, StepSeen, StepState
from detector.core.explain.mentions import mention, mentions, override_seen
from detector.core.history import History
from detector.core.rule import Rule, Sequence
from detector.core.sequence import SequenceEvaluator

_MOST_ATTEMPTS = 5
_NO_CHAIN: Chain = ()


class SequenceExplainer:
    """Explains one sequence rule with the evaluator that decides for it."""

    def __init__(self, rule: Rule, evaluator: SequenceEvaluator) -> None:
        self._rule = rule
        self._evaluator = evaluator

    def explained(self, history: History, upto: int) -> tuple[SequenceSeen, list[Anchor]]:
        """The furthest chain up to an index, and the anchors that its events are."""
        return _Story(self._rule, self._evaluator, history, upto).told()


class _Story:
    def __init__(self, rule: Rule, evaluator: SequenceEvaluator, history: History, upto: int) -> None:
        assert isinstance(rule.body, Sequence)
        self._rule = rule
        self._sequence = rule.body
        self._evaluator = evaluator
        self._history = history
        self._upto = upto
        self._attempts = Attempts(rule, evaluator, history, upto)
        self._chain = self._furthest()

    def told(self) -> tuple[SequenceSeen, list[Anchor]]:
        anchors = self._anchors()
        override, values = None, {}
        if anchors:
            override = anchors[-1].override
            values = dict(self._evaluator.findings(self._history, anchors[-1]).values)
            event = self._history.entries[anchors[-1].at].event
            values |= {name: getattr(event, name) for name in event.__struct_fields__}
        seen = SequenceSeen(
            steps=tuple(self._steps()),
            completed=len(self._chain),
            override=override_seen(self._rule, override, values),
            approximate=self._is_approximate(),
        )
        return seen, anchors

    def _furthest(self) -> Chain:
        """The chain that the newest event raises an alert by, else the one that got furthest.

        Of those that the rule's span reaches back to; where there is none, of all.
        """
        if self._upto < 0:
            return _NO_CHAIN
        for number, _ in reversed(self._evaluator.alerting):
            chain = self._attempts.chain(number, self._upto)
            if chain is not None:
                return chain
        recent = self._history.times[self._upto] - self._rule.span
        return self._furthest_since(recent) or self._furthest_since(0)

    def _furthest_since(self, earliest: int) -> Chain:
        for number in range(len(self._sequence.steps) - 1, -1, -1):
            for index in range(self._upto, -1, -1):
                if self._history.times[index] < earliest:
                    break
                chain = self._attempts.chain(number, index)
                if chain is not None:
                    return chain
        return _NO_CHAIN

    def _anchors(self) -> list[Anchor]:
        """What the events of the chain are as anchors, by the evaluator's word."""
        return [
            anchor
            for number, _ in self._evaluator.alerting
            if number < len(self._chain)
            for anchor in self._evaluator.anchors_at(self._history, self._chain[number].last)
            if anchor.chain is not None and len(anchor.chain) == number + 1
        ]

    def _steps(self) -> Iterator[StepSeen]:
        reached = len(self._chain)
        for number in range(len(self._sequence.steps)):
            if number < reached:
                yield self._completed(number, self._chain[number])
            elif number == reached:
                yield self._next(number)
            else:
                yield self._step(number, StepState.NOT_REACHED)

    def _completed(self, number: int, link: Link) -> StepSeen:
        times = self._history.times
        elapsed = times[link.last] - times[self._chain[number - 1].last] if number else None
        return self._step(number, StepState.COMPLETED, list(link.indices), elapsed=elapsed)

    def _next(self, number: int) -> StepSeen:
        """The first step that is not completed."""
        until, cancelling = self._time_left(number)
        is_over = until is not None and until < self._history.times[self._upto]
        return self._step(
            number,
            StepState.MISSED if is_over else StepState.OPEN,
            self._serving(number),
            until=until,
            cancelling=None if cancelling is None else mention(self._attempts.event(cancelling)),
            attempts=self._attempts_at(number),
        )

    def _step(
        self,
        number: int,
        state: StepState,
        serving: list[int] | None = None,
        *,
        elapsed: int | None = None,
        until: int | None = None,
        cancelling: EvidenceEvent | None = None,
        attempts: tuple[Attempt, ...] = (),
    ) -> StepSeen:
        step = self._sequence.steps[number]
        serving = serving or []
        return StepSeen(
            name=step.name,
            types=step.selector.events,
            state=state,
            alert=dict(self._evaluator.alerting).get(number),
            events=mentions(self._history, serving),
            found=self._attempts.counted(number, serving),
            at_least=step.at_least,
            distinct=step.distinct,
            elapsed=elapsed,
            within=step.within,
            until=until,
            cancelling=cancelling,
            attempts=attempts,
        )

    def _serving(self, number: int) -> list[int]:
        """The events after the chain that serve its next step so far, as the newest of them does."""
        since = self._chain[-1].last + 1 if self._chain else 0
        chosen = [index for index in range(since, self._upto + 1) if self._agrees(number, index)]
        if not chosen:
            return []
        earliest = self._history.times[self._upto] - (self._sequence.steps[number].within or self._rule.span)
        return self._attempts.serving(number, chosen[-1], since, earliest)

    def _agrees(self, number: int, index: int) -> bool:
        if not self._attempts.is_selected(number, index):
            return False
        if not self._chain:
            return True
        own, other = self._attempts.event(index), self._attempts.event(self._chain[-1].last)
        return all(getattr(own, name) == getattr(other, name) for name in self._evaluator.agreed)

    def _time_left(self, number: int) -> tuple[int | None, int | None]:
        """Until when the chain's next step can be completed, and which event cancels it from then on."""
        if not self._chain:
            return None, None
        times = self._history.times
        before = self._chain[-1].last
        step = self._sequence.steps[number]
        bounds: list[tuple[int, int | None]] = []
        if step.within is not None:
            bounds.append((times[before] + step.within, None))
        if self._sequence.within is not None:
            bounds.append((times[self._attempts.first(self._chain)] + self._sequence.within, None))
        for index in self._attempts.cancelling(number, before, self._upto)[:1]:
            assert step.unless is not None
            bounds.append((times[index] + step.unless.before - 1, index))
        return min(bounds, key=itemgetter(0))

    def _attempts_at(self, number: int) -> tuple[Attempt, ...]:
        """The newest events that came for a step in vain, in their order."""
        types = self._sequence.steps[number].selector.events
        used = {index for link in self._chain for index in link.indices}
        last = self._chain[-1].last if self._chain else -1
        in_vain: list[Attempt] = []
        too_early: list[Attempt] = []
        for index in range(self._upto, -1, -1):
            if self._attempts.event(index).type not in types or index in used:
                continue
            attempt = self._attempts.attempt(number, index)
            if not attempt.reasons:
                continue
            if index > last or attempt.after is not None:
                in_vain.append(attempt)
            elif not too_early and self._attempts.is_selected(number, index):
                too_early.append(attempt)
            if len(in_vain) == _MOST_ATTEMPTS:
                break
        return tuple(reversed(in_vain or too_early))

    def _is_approximate(self) -> bool:
        newest = self._history.times[self._upto] if self._upto >= 0 else 0
        return self._history.is_folded_after(newest - self._rule.span - 1)

"""A sequence rule: the furthest chain, its steps one by one, and what came for the one that is missing."""

from __future__ import annotations

from collections.abc import Iterator

from detector.core.alert import EvidenceEvent
from detector.core.anchor import Anchor
from detector.core.chains import Chain, Link
from detector.core.explain.attempts import Attempts
from detector.core.explain.explanation import Attempt, SequenceSeen, StepSeen, StepState
from detector.core.explain.mentions import mention, mentions, override_seen
from detector.core.explain.next_step import NextStep
from detector.core.history import History
from detector.core.rule import Rule, Sequence
from detector.core.sequence import SequenceEvaluator

_NO_CHAIN: Chain = ()


class SequenceExplainer:
    """Explains one sequence rule with the evaluator that decides for it."""

    def __init__(self, rule: Rule, evaluator: SequenceEvaluator) -> None:
        self._rule = rule
        self._evaluator = evaluator

    def explained(
        self, history: History, upto: int, number: int | None = None
    ) -> tuple[SequenceSeen, list[Anchor]]:
        """The furthest chain up to an index, and the anchors that its events are.

        With a number, the chain in which the event at the index completes that step.
        """
        return _Story(self._rule, self._evaluator, history, upto, number).told()


class _Story:
    def __init__(
        self, rule: Rule, evaluator: SequenceEvaluator, history: History, upto: int, number: int | None
    ) -> None:
        assert isinstance(rule.body, Sequence)
        self._rule = rule
        self._sequence = rule.body
        self._evaluator = evaluator
        self._history = history
        self._upto = upto
        self._attempts = Attempts(rule, evaluator, history, upto)
        chosen = None if number is None else self._attempts.chain(number, upto)
        self._chain = chosen or self._furthest()

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
        following = NextStep(self._rule, self._attempts, self._history, self._upto, self._chain)
        until, cancelling = following.time_left()
        is_over = until is not None and until < self._history.times[self._upto]
        return self._step(
            number,
            StepState.MISSED if is_over else StepState.OPEN,
            following.serving(),
            until=until,
            cancelling=None if cancelling is None else mention(self._attempts.event(cancelling)),
            attempts=following.in_vain(),
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

    def _is_approximate(self) -> bool:
        newest = self._history.times[self._upto] if self._upto >= 0 else 0
        return self._history.is_folded_after(newest - self._rule.span - 1)

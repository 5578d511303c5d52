"""The first step that a chain lacks: until when it can come, what serves it so far, and what came in vain."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from detector.core.chains import Chain
from detector.core.explain.attempts import Attempts
from detector.core.explain.explanation import Attempt
from detector.core.history import History
from detector.core.rule import Rule, Sequence

_MOST_ATTEMPTS = 5


class NextStep:
    """The step after a chain, which may be none at all, in a history up to an index."""

    def __init__(self, rule: Rule, attempts: Attempts, history: History, upto: int, chain: Chain) -> None:
        assert isinstance(rule.body, Sequence)
        self._span = rule.span
        self._bound = rule.body.within
        self._attempts = attempts
        self._history = history
        self._upto = upto
        self._chain = chain
        self._last = chain[-1].last if chain else -1
        self._number = len(chain)
        self._step = rule.body.steps[self._number]

    def time_left(self) -> tuple[int | None, int | None]:
        """Until when it can be completed (ms), and the event that cancels it from then on; None without."""
        if not self._chain:
            return None, None
        times = self._history.times
        bounds: list[tuple[int, int | None]] = []
        if self._step.within is not None:
            bounds.append((times[self._last] + self._step.within, None))
        if self._bound is not None:
            bounds.append((times[self._attempts.first(self._chain)] + self._bound, None))
        for index in self._attempts.cancelling(self._number, self._last, self._upto)[:1]:
            assert self._step.unless is not None
            bounds.append((times[index] + self._step.unless.before - 1, index))
        return min(bounds, key=itemgetter(0))

    def serving(self) -> list[int]:
        """The events after the chain that serve it so far, as the newest of them does."""
        chosen = [index for index in range(self._last + 1, self._upto + 1) if self._agrees(index)]
        if not chosen:
            return []
        earliest = self._history.times[self._upto] - (self._step.within or self._span)
        return self._attempts.serving(self._number, chosen[-1], self._last + 1, earliest)

    def in_vain(self) -> tuple[Attempt, ...]:
        """The newest events that came in vain, in their order; else the newest that came too early."""
        too_early: Attempt | None = None
        in_vain: list[Attempt] = []
        for index in self._candidates():
            follows = index > self._last or self._attempts.follows(self._number, index)
            if not follows and (too_early or not self._attempts.is_selected(self._number, index)):
                continue
            attempt = self._attempts.attempt(self._number, index)
            if not follows:
                too_early = attempt
            elif attempt.reasons:
                in_vain.append(attempt)
            if len(in_vain) == _MOST_ATTEMPTS:
                break
        return tuple(reversed(in_vain)) or ((too_early,) if too_early else ())

    def _candidates(self) -> Iterator[int]:
        """The events of its types that are not of the chain, the newest first, as far as they may tell."""
        used = {index for link in self._chain for index in link.indices}
        earliest = self._history.times[self._last] - self._span if self._chain else 0
        for index in range(self._upto, -1, -1):
            if self._history.times[index] < earliest:
                return
            if self._attempts.event(index).type in self._step.selector.events and index not in used:
                yield index

    def _agrees(self, index: int) -> bool:
        """Whether it selects an event, and that agrees with the chain."""
        if not self._attempts.is_selected(self._number, index):
            return False
        return not self._chain or self._attempts.agree(index, self._last)

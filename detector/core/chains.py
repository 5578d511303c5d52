"""Chains: for each step of a sequence the event that completes it, searched backwards from the last.

Of several chains the latest counts: for each step, from the last to the first, the latest event that
can complete it. Of a long history only the events are looked at that a step can use: a key with thousands of
others would have every search go through them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import merge
from typing import Any, NamedTuple

from detector.core.events import Event
from detector.core.folded import Key
from detector.core.history import SHORT, History
from detector.core.predicates import Predicate, compile_selector
from detector.core.rule import Step
from detector.core.selection import Selection, Selections


class Link(NamedTuple):
    """A completed step: the index of its first event, of the event that completes it, and all of them."""

    first: int
    last: int
    indices: tuple[int, ...]


Chain = tuple[Link, ...]
"""A link for each step, in their order."""


class CompiledStep:
    """A step with its selectors compiled."""

    def __init__(
        self, step: Step, agreed: tuple[str, ...], key_fields: tuple[str, ...], selections: Selections
    ) -> None:
        lists = selections.lists
        self.step = step
        self.is_single = step.at_least == 1 and step.distinct is None
        self.is_counted = step.distinct is None and step.same is None
        self._selected = selections.of(step.selector, agreed)
        self._cancelling: Selection | None = None
        needs = agreed if step.same is None else (*agreed, step.same)
        self.select = compile_selector(step.selector, needs, lists)
        self.cancel: dict[str, Predicate] = {}
        if step.unless is not None:
            needs = key_fields if step.unless.same is None else (*key_fields, step.unless.same)
            self.cancel = compile_selector(step.unless.selector, needs, lists)
            self._cancelling = selections.of(step.unless.selector, key_fields)
        self.key_fields = key_fields

    def serving(self, history: History, agreed: Key) -> list[int]:
        """The indices of the events that agree, among which are all that can serve the step."""
        return self._selected.of(history, agreed).at

    def cancelling(self, history: History, agreed: Key) -> list[int]:
        """The indices of the events of the key among which are all that can cancel the step."""
        if self._cancelling is None:
            return []
        return self._cancelling.of(history, agreed[: len(self.key_fields)]).at


class Search:
    """The search for the latest chain that ends in one event."""

    def __init__(
        self,
        history: History,
        steps: tuple[CompiledStep, ...],
        names: tuple[str, ...],
        agreed: tuple[Any, ...],
        earliest: int,
    ) -> None:
        self._history = history
        self._steps = steps
        self._names = names
        self._agreed = agreed
        self._earliest = earliest
        self._is_short = len(history.times) <= SHORT
        self._dead: set[tuple[int, int]] = set()

    def chain(self, number: int, index: int) -> Chain | None:
        """The latest chain in which the event at the index completes that step; None where there is none."""
        if (number, index) in self._dead:
            return None
        found = self._first_step(index) if number == 0 else self._later_step(number, index)
        if found is None:
            self._dead.add((number, index))
        return found

    def _first_step(self, index: int) -> Chain | None:
        step = self._steps[0]
        event = self._event(index)
        found = _Tally(step, event)
        for earlier in self._back_from(index + 1, self._bound(step, event), self._uses(0)):
            if self._serves(step, earlier):
                found.take(earlier, self._event(earlier))
            if found.is_complete_after(earlier):
                return (found.link_after(earlier),)
        return None

    def _later_step(self, number: int, index: int) -> Chain | None:
        compiled = self._steps[number]
        event = self._event(index)
        bound = self._bound(compiled, event)
        if not self._may_follow(number, index, bound):
            return None
        tally = self._tally(compiled, index, event)
        cancelled = _Cancelled(compiled, event)
        for earlier in self._back_from(index, bound, self._uses(number)):
            if (
                tally.is_complete_after(earlier)
                and self._completes(number - 1, earlier)
                and not cancelled.stops(self._event(earlier))
            ):
                chain = self.chain(number - 1, earlier)
                if chain is not None:
                    return (*chain, tally.link_after(earlier))
            if self._serves(compiled, earlier):
                tally.take(earlier, self._event(earlier))
            if self._is_of_key(compiled, earlier):
                cancelled.note(self._event(earlier))
            if cancelled.stops_all:
                return None
        return None

    def _may_follow(self, number: int, index: int, earliest: int) -> bool:
        """Whether the step before may have been completed before `index`, as far as is told at once."""
        if self._is_short:
            return True
        before = self._steps[number - 1].serving(self._history, self._agreed)
        place = bisect_left(before, index)
        return place > 0 and self._history.times[before[place - 1]] >= earliest

    def _tally(self, compiled: CompiledStep, index: int, event: Event) -> _Tally | _Count:
        if compiled.is_counted and not self._is_short:
            return _Count(compiled, compiled.serving(self._history, self._agreed), index)
        tally = _Tally(compiled, event)
        tally.take(index, event)
        return tally

    def _bound(self, compiled: CompiledStep, event: Event) -> int:
        """The earliest event time of interest to a step that this event completes."""
        within = compiled.step.within
        return self._earliest if within is None else max(self._earliest, event.event_time - within)

    def _event(self, index: int) -> Event:
        return self._history.entries[index].event

    def _uses(self, number: int) -> list[list[int]]:
        """The indices of the events that a step must be shown, in lists; none where the history is short."""
        if self._is_short:
            return []
        step = self._steps[number]
        uses = [step.cancelling(self._history, self._agreed)]
        if number:
            uses.append(self._steps[number - 1].serving(self._history, self._agreed))
        if not number or not step.is_counted:
            uses.append(step.serving(self._history, self._agreed))
        return uses

    def _back_from(self, index: int, earliest: int, uses: list[list[int]]) -> Iterator[int]:
        """Indices before `index`, the latest first, down to the event time `earliest`.

        Of a long history only those that are of use.
        """
        times = self._history.times
        for earlier in range(index - 1, -1, -1) if self._is_short else _back_through(uses, index):
            if times[earlier] < earliest:
                return
            yield earlier

    def _completes(self, number: int, index: int) -> bool:
        return self._serves(self._steps[number], index)

    def _serves(self, compiled: CompiledStep, index: int) -> bool:
        event = self._event(index)
        matches = compiled.select.get(event.type)
        if matches is None or not matches(event):
            return False
        return all(
            getattr(event, name) == value for name, value in zip(self._names, self._agreed, strict=True)
        )

    def _is_of_key(self, compiled: CompiledStep, index: int) -> bool:
        event = self._event(index)
        names = compiled.key_fields
        return all(getattr(event, name, None) == self._agreed[number] for number, name in enumerate(names))


def _back_through(ascending: list[list[int]], index: int) -> Iterator[int]:
    """What of the lists is before `index`, the latest first, each once."""
    last = index
    for found in merge(*(_reversed_before(each, index) for each in ascending), reverse=True):
        if found < last:
            last = found
            yield found


def _reversed_before(ascending: list[int], index: int) -> Iterator[int]:
    for place in range(bisect_left(ascending, index) - 1, -1, -1):
        yield ascending[place]


class _Tally:
    """The events found for one step, from its completing event backwards."""

    def __init__(self, compiled: CompiledStep, completing: Event) -> None:
        self._step = step = compiled.step
        self._is_single = compiled.is_single
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

    def is_complete_after(self, _: int) -> bool:
        """Whether enough events, or distinct values among them, were found after an index: so far."""
        found = self._indices if self._step.distinct is None else self._values
        return len(found) >= self._step.at_least

    def link_after(self, _: int) -> Link:
        """The step as completed: of one event where it needs no more."""
        indices = (self._indices[0],) if self._is_single else tuple(reversed(self._indices))
        return Link(indices[0], indices[-1], indices)


class _Count:
    """The same of a step for which events only count, and of a long history: by search, not one by one."""

    def __init__(self, compiled: CompiledStep, serving: list[int], completing: int) -> None:
        self._at_least = compiled.step.at_least
        self._is_single = compiled.is_single
        self._serving = serving
        self._completing = completing
        self._end = bisect_right(serving, completing)

    def take(self, index: int, event: Event) -> None:
        """Nothing: what there is to count is known."""

    def is_complete_after(self, index: int) -> bool:
        """Whether enough events were found after an index."""
        return self._end - bisect_right(self._serving, index) >= self._at_least

    def link_after(self, index: int) -> Link:
        """The step as completed: of one event where it needs no more."""
        if self._is_single:
            return Link(self._completing, self._completing, (self._completing,))
        indices = tuple(self._serving[bisect_right(self._serving, index) : self._end])
        return Link(indices[0], indices[-1], indices)


class _Cancelled:
    """The `unless` events seen between a completing event and the candidates for the step before it."""

    def __init__(self, compiled: CompiledStep, completing: Event) -> None:
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

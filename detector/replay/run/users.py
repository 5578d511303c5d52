"""The second pass: the events of each user through the rules by user; some go on to their merchants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from detector.core.deciding import Deciding
from detector.core.routing import USER
from detector.replay.fact import Fact
from detector.replay.run.arrived import Arrived, arrived, by_key
from detector.replay.run.chunks import chunks
from detector.replay.run.evaluation import Book, Done, Task, books, done
from detector.replay.run.facts import fact_of
from detector.replay.run.hashing import Groups
from detector.replay.run.onward import STAYS, marks, write_onward
from detector.replay.run.rule_set import Evaluated
from detector.replay.run.segments import Segment
from detector.replay.summary import Summary

_event_time = attrgetter("event_time")


class Users:
    """Evaluates groups of users, each user's events in a row.

    Args:
        directory: where segments and alerts are written.
        evaluated: what the events are evaluated with.
        watched: ids of events of which facts are wanted.
        merchants: how the merchants are split.
        chunk: about so many bytes of lines are decoded at a time.
    """

    def __init__(
        self, directory: Path, evaluated: Evaluated, watched: frozenset[str], merchants: Groups, chunk: int
    ) -> None:
        self._directory = directory
        self._evaluated = evaluated
        self._watched = watched
        self._merchants = merchants
        self._chunk = chunk

    @cached_property
    def _deciding(self) -> list[Deciding]:
        return self._evaluated.deciding()

    def __call__(self, task: Task) -> Iterator[Done]:
        """Evaluate some groups."""
        opened = books(task, USER, self._deciding, self._directory, self._chunk)
        onward: list[Segment] = []
        facts: dict[str, tuple[int, Fact]] = {}
        users: set[str] = set()
        for index, chunk in enumerate(chunks(task.groups.blocks(), self._chunk)):
            found = arrived(chunk, self._deciding[0].tiers)
            of_users = by_key(found.events, USER)
            marks_of_sets = [_observe(book, found, of_users) for book in opened]
            path = self._directory / f"merchants-{task.number}-{index}"
            onward += write_onward(found, marks_of_sets, self._merchants, path)
            facts = self._facts(found) | facts
            users.update(of_users)
        for book in opened:
            book.account.summary.users = len(users)
        yield done(task, opened, onward, facts)

    def _facts(self, found: Arrived) -> dict[str, tuple[int, Fact]]:
        """Of events that have the same id, the first that arrived."""
        if not self._watched:
            return {}
        return {
            event.event_id: (place, fact_of(event))
            for place, event in zip(reversed(found.places), reversed(found.events), strict=True)
            if event.event_id in self._watched
        }


def _observe(book: Book, found: Arrived, of_users: Mapping[str, Sequence[int]]) -> bytes:
    """Evaluate events for one rule set; gives their marks, and counts those that do not go on."""
    summary = book.account.summary
    _count_all(summary, found)
    unusual = book.keys.observe(found.places, found.events, of_users)
    marked = marks(found.events, unusual, book.deciding.routing)
    for index, (outcome, late) in unusual.items():
        if marked[index] == STAYS:
            summary.count({outcome}, late)
    return marked


def _count_all(summary: Summary, found: Arrived) -> None:
    summary.events += len(found.events) + found.refused.total()
    summary.refused += found.refused
    summary.saw(map(_event_time, found.events))

"""The third pass: the events that rules by merchant can use, through these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from detector.core.deciding import Deciding
from detector.core.engine import Outcome
from detector.core.routing import MERCHANT
from detector.replay.run.arrived import Arrived, arrived, by_key
from detector.replay.run.chunks import chunks
from detector.replay.run.evaluation import Book, Done, Task, books, done
from detector.replay.run.onward import ORDINARY, STAYS, marked
from detector.replay.run.rule_set import Evaluated

_ACCEPTED = Outcome.ACCEPTED, False


class Merchants:
    """Evaluates groups of merchants, each merchant's events in a row.

    Args:
        directory: where alerts are written.
        evaluated: what the events are evaluated with.
        chunk: about so many bytes of lines are decoded at a time.
    """

    def __init__(self, directory: Path, evaluated: Evaluated, chunk: int) -> None:
        self._directory = directory
        self._evaluated = evaluated
        self._chunk = chunk

    @cached_property
    def _deciding(self) -> list[Deciding]:
        return self._evaluated.deciding()

    def __call__(self, task: Task) -> Iterator[Done]:
        """Evaluate some groups."""
        opened = books(task, MERCHANT, self._deciding, self._directory, self._chunk)
        for chunk in chunks(task.groups.blocks(), self._chunk):
            found = arrived(chunk, self._deciding[0].tiers)
            of_merchants = by_key(found.events, MERCHANT)
            for book, marks in zip(opened, zip(*found.notes, strict=True), strict=False):
                _observe(book, found, of_merchants, marks)
        yield done(task, opened)


def _observe(
    book: Book, found: Arrived, of_merchants: Mapping[str, Sequence[int]], marks: Sequence[int]
) -> None:
    """Evaluate the events that go on for one rule set, and count them with what became of them before."""
    if STAYS in marks:
        of_merchants = {
            key: [index for index in indices if marks[index] != STAYS]
            for key, indices in of_merchants.items()
        }
    unusual = book.keys.observe(found.places, found.events, of_merchants)
    before = [index for index, mark in enumerate(marks) if mark > ORDINARY]
    for index in unusual.keys() | before:
        outcome, late = unusual.get(index, _ACCEPTED)
        outcome_before, late_before = marked(marks[index])
        book.account.summary.count({outcome_before, outcome}, late_before or late)

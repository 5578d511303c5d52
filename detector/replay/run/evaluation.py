"""The tasks in which keys are evaluated: what goes in, and what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from detector.core.deciding import Deciding
from detector.replay.fact import Fact
from detector.replay.run.account import Account
from detector.replay.run.filed import Range
from detector.replay.run.keys import Keys
from detector.replay.run.segments import Segment
from detector.replay.summary import Summary

_ALERTS_HELD = 8 << 20
"""So many bytes of alerts are in memory at a time, of all rule sets together."""


class Task(NamedTuple):
    """Some groups of keys, and a number that no other task in the same scope has."""

    number: int
    groups: Range


class Done(NamedTuple):
    """What came of a task: numbers and files of alerts, by rule set; what goes on; what was watched for.

    `size` is how many bytes of lines were evaluated. Facts stand with their place in the order of arrival.
    """

    size: int
    summaries: list[Summary]
    alerts: list[list[Path]]
    onward: Sequence[Segment]
    facts: dict[str, tuple[int, Fact]]


class Book(NamedTuple):
    """What one rule set needs for a task."""

    deciding: Deciding
    keys: Keys
    account: Account


def books(task: Task, scope: str, deciding: Sequence[Deciding], directory: Path, chunk: int) -> list[Book]:
    """A book for each rule set; where the task has more lines than a chunk, keys come again."""
    opened = []
    for number, one in enumerate(deciding):
        stem = directory / f"alerts-{number}-{scope}-{task.number}"
        account = Account(stem, _ALERTS_HELD // len(deciding))
        keys = Keys(one.engines[scope], account, scope, come_again=task.groups.size > chunk)
        opened.append(Book(one, keys, account))
    return opened


def done(
    task: Task,
    opened: Sequence[Book],
    onward: Sequence[Segment] = (),
    facts: dict[str, tuple[int, Fact]] | None = None,
) -> Done:
    """What came of the task, when all its lines were evaluated."""
    closed = [book.account.closed() for book in opened]
    summaries = [summary for summary, _ in closed]
    return Done(task.groups.size, summaries, [paths for _, paths in closed], onward, facts or {})

"""What runs the tasks of a backtest: this process, others of this machine, or a cluster."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")


class Executor(Protocol):
    """Runs many tasks of one kind."""

    @property
    def workers(self) -> int:
        """How many tasks it runs at a time."""

    def map(self, work: Callable[[Task], Iterator[Done]], tasks: Iterable[Task]) -> Iterator[Done]:
        """What the work yields for each of the tasks, as it comes; of one task in order.

        Work, tasks and what is yielded can be pickled. The work is the same for all tasks, may be large, and
        keeps what it makes for itself from task to task: it should go to each process once. Tasks are taken
        when one can be run, no earlier, for each may hold a part of the events.

        Raises:
            Exception: what the work raised. The other tasks are given up.
            RunError: a task cannot be finished, as its process is gone.
        """


class InThisProcess:
    """Runs one task after the other, here."""

    workers = 1

    def map(self, work: Callable[[Task], Iterator[Done]], tasks: Iterable[Task]) -> Iterator[Done]:
        """What the work yields for each of the tasks, in their order."""
        for task in tasks:
            with without_collection():
                yield from work(task)


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep Python from looking for cycles again and again while a task runs, and do so once after it.

    A task fills the memory with events and histories that are all in use: looking through them costs a fifth
    of the time and finds nothing. As a task is bounded, so is what it leaves. What was there before the task
    is not looked through at all.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if was_enabled:
            gc.enable()

"""Workers of one group that suffer one fault after the other, and are started again when they have ended."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable

from detector.embedded import free_port
from tests.faults.fleet import supervising
from tests.faults.points import KILLED, Fault, mark
from tests.integration.live import Live, Worker, eventually

WORKER = "tests.faults.worker"
# Kafka's usual least is 6 s, and most of a run would be waiting for a dead worker's session to end.
SESSION_S = 3.0
_OWNS = "owns partitions"
_FENCED = "fenced off"


class Crew:
    """Workers that have one mutant, or none; `exits` holds the exit codes of those that have ended.

    Whoever ends is started again, with the next of the faults that are `to_come`.
    """

    def __init__(self, live: Live, mutant: str | None = None, to_come: tuple[Fault, ...] = ()) -> None:
        self.live = live
        self.exits: list[int] = []
        self.workers: list[Worker] = []
        self._to_come = list(to_come)
        self._common = {"DETECTOR_KAFKA__SESSION_TIMEOUT": f"{SESSION_S:g}s"}
        if mutant:
            self._common["FAULTS_MUTANT"] = mutant

    @property
    def deaths(self) -> int:
        """How many have died at a point."""
        return self.exits.count(KILLED)

    @property
    def other_exits(self) -> list[int]:
        """The exit codes of those that ended without having been made to."""
        return [code for code in self.exits if code != KILLED]

    def start(self, fault: Fault | None = None, **environment: str) -> Worker:
        """Start one more."""
        told = fault.environment() if fault else {}
        worker = self.live.start(free_port(), WORKER, **self._common | told | environment)
        self.workers.append(worker)
        return worker

    def start_next(self) -> Worker:
        """Start one more, with the next fault."""
        return self.start(self._to_come.pop(0) if self._to_come else None)

    async def dismiss(self, worker: Worker) -> None:
        """End one as an operator would; no other comes in its place."""
        self.workers.remove(worker)
        await asyncio.to_thread(worker.stop)

    async def each(self, holds: Callable[[Worker], bool], seconds: float = 90.0) -> None:
        """Wait until something holds for all that run."""
        await eventually(lambda: all(map(holds, self.workers)), seconds)

    @contextlib.asynccontextmanager
    async def supervised(self) -> AsyncIterator["Crew"]:
        """Start those again that end; end all when it is left."""
        async with supervising(self.workers, self._restart_ended):
            yield self

    def _restart_ended(self) -> None:
        for worker in list(self.workers):
            if (code := worker.process.poll()) is not None:
                self.exits.append(code)
                self.workers.remove(worker)
                self.start_next()


def owns(worker: Worker) -> bool:
    """Whether a worker has taken partitions over."""
    return _OWNS in worker.log.read_text()


def fenced_off(worker: Worker) -> bool:
    """Whether what a worker wrote was refused because another has taken over."""
    return _FENCED in worker.log.read_text()


def go_on(worker: Worker) -> None:
    """Wake a worker that stands still."""
    worker.process.send_signal(signal.SIGCONT)


async def suffers(worker: Worker, fault: Fault, seconds: float = 90.0) -> None:
    """Wait until a worker has come to its point."""
    await eventually(lambda: mark(fault) in worker.log.read_text(), seconds)

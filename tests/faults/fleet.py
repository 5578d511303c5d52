"""Several workers of one group, each started again when it has ended, as a supervisor does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from detector.embedded import free_port
from tests.integration.live import Live, Worker

_LOOK_S = 0.05


class Fleet:
    """Workers side by side; `kills` and `exits` count how often one was killed, and ended by itself."""

    def __init__(self, live: Live, number: int, module: str = "detector") -> None:
        self.live = live
        self._module = module
        self.workers: list[Worker] = []
        self.kills = 0
        self.exits: list[int] = []
        self._number = number

    async def start(self) -> None:
        """Start all, and wait until all are ready."""
        self.workers += [self._start_one() for _ in range(self._number)]
        for worker in self.workers:
            await worker.ready()

    def kill(self, at: int) -> None:
        """SIGKILL a worker and start another in its place."""
        self.workers[at].kill()
        self.kills += 1
        self.workers[at] = self._start_one()

    def lose(self, at: int) -> None:
        """SIGKILL a worker, and start none in its place."""
        self.workers.pop(at).kill()
        self.kills += 1

    def join(self) -> None:
        """Start one more."""
        self.workers.append(self._start_one())

    async def leave(self, at: int) -> int:
        """End one as an operator would, and start none in its place; gives its exit code."""
        worker = self.workers.pop(at)
        return await asyncio.to_thread(worker.stop)

    def restart_ended(self) -> None:
        """Start those again that have ended by themselves."""
        for at, worker in enumerate(self.workers):
            if (code := worker.process.poll()) is not None:
                self.exits.append(code)
                self.workers[at] = self._start_one()

    def _start_one(self) -> Worker:
        return self.live.start(free_port(), self._module)

    @contextlib.asynccontextmanager
    async def supervised(self) -> AsyncIterator["Fleet"]:
        """Run, with whoever ends by itself started again; ends all workers when it is left."""
        await self.start()
        async with supervising(self.workers, self.restart_ended):
            yield self


@contextlib.asynccontextmanager
async def supervising(workers: list[Worker], restart_ended: Callable[[], None]) -> AsyncIterator[None]:
    """Start those again that end, as long as the block lasts; then end all that are among the workers."""
    supervisor = asyncio.create_task(_supervise(restart_ended))
    try:
        yield
        assert not supervisor.done(), supervisor.exception()
    finally:
        supervisor.cancel()
        for worker in workers:
            worker.kill()


async def _supervise(restart_ended: Callable[[], None]) -> None:
    while True:
        restart_ended()
        await asyncio.sleep(_LOOK_S)

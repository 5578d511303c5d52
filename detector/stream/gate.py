"""The gate between Faust and the job: one round at a time, and only of the generation that was sought to."""

import asyncio
from collections.abc import Awaitable, Callable

from detector.stream.rounds import Round


class Gate:
    """Numbers the assignments of this process and lets one round of the current one through at a time.

    A generation is `assigned` from its assignment to the next revocation, and open once its offsets were
    sought. What the gate runs, seeks and rounds, never overlaps.
    """

    def __init__(self) -> None:
        self.assigned: int | None = None
        self._open: int | None = None
        self._assignments = 0
        self._drained = False
        self._idle = asyncio.Event()
        self._busy = asyncio.Lock()

    def revoke(self) -> None:
        """End the generation: from here on its rounds are stale."""
        self.assigned = None
        self._close()

    def assign(self) -> None:
        """Begin the next generation, with its flow closed."""
        self._assignments += 1
        self.assigned = self._assignments

    async def open(self, seek: Callable[[], Awaitable[None]]) -> None:
        """Seek, then let the generation's rounds pass, unless it has ended or the gate has drained."""
        generation = self.assigned
        async with self._busy:
            if generation is None or generation != self.assigned or self._drained:
                return
            await seek()
            if generation == self.assigned and not self._drained:
                self._open = generation
                self._idle.set()

    async def idle(self) -> int:
        """Wait until a round may be fetched, and return the generation that it will belong to."""
        while self._open is None or not self._idle.is_set():
            await self._idle.wait()
        return self._open

    def enter(self, fetched: Round) -> bool:
        """Let a round pass and keep further ones waiting; false if its generation has ended."""
        if fetched.generation != self._open:
            return False
        self._idle.clear()
        return True

    async def run(self, fetched: Round, process: Callable[[Round], Awaitable[None]]) -> None:
        """Process a round, or drop it if its generation has ended; then the next may be fetched."""
        async with self._busy:
            if fetched.generation == self._open:
                await process(fetched)
            if fetched.generation == self._open:
                self._idle.set()

    async def drain(self) -> None:
        """Let nothing pass any more, and wait for what is under way."""
        self._drained = True
        self._close()
        async with self._busy:
            pass

    def _close(self) -> None:
        self._open = None
        self._idle.clear()

"""The gate between Faust and the job: one round at a time, and only of the current assignment."""

import asyncio
from collections.abc import Awaitable, Callable

from detector.stream.rounds import Round


class Gate:
    """Numbers the assignments of this process and lets one round of the current one through at a time.

    `generation` is that number, None from a revocation to the next assignment. What the gate runs, seeks and
    rounds, never overlaps.
    """

    def __init__(self) -> None:
        self.generation: int | None = None
        self._assignments = 0
        self._drained = False
        self._idle = asyncio.Event()
        self._busy = asyncio.Lock()

    def revoke(self) -> None:
        """End the generation: from here on its rounds are stale."""
        self.generation = None
        self._idle.clear()

    def assign(self) -> None:
        """Begin the next generation."""
        self._assignments += 1
        self.generation = self._assignments
        if not self._drained:
            self._idle.set()

    async def seek(self, seek: Callable[[int], Awaitable[None]]) -> None:
        """Seek for the current generation when no round is being processed, unless that has ended by then."""
        generation = self.generation
        async with self._busy:
            if generation is not None and generation == self.generation and not self._drained:
                await seek(generation)

    async def idle(self) -> None:
        """Wait until no round of the current generation is under way."""
        await self._idle.wait()

    def enter(self, fetched: Round) -> bool:
        """Let a round pass and keep further ones waiting; false if its generation has ended."""
        if fetched.generation != self.generation or self._drained:
            return False
        self._idle.clear()
        return True

    async def run(self, fetched: Round, process: Callable[[Round], Awaitable[None]]) -> None:
        """Process a round, or drop it if its generation has ended; then the next may pass."""
        async with self._busy:
            if fetched.generation == self.generation and not self._drained:
                await process(fetched)
            if fetched.generation == self.generation and not self._drained:
                self._idle.set()

    async def drain(self) -> None:
        """Let nothing pass any more, and wait for what is under way."""
        self._drained = True
        self._idle.clear()
        async with self._busy:
            pass

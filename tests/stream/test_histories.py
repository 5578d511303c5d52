"""The worker's own copy of histories, over a store that forgets them in time."""

import asyncio

from detector.core.deciding import Deciding
from detector.core.events import decode
from detector.core.history import Entry
from detector.state.memory_store import MemoryStore
from detector.state.store import Commit
from detector.stream.histories import Histories
from detector.stream.scopes import Scopes

from .given import BURST, CAP, LATENESS, NOW, TOPICS

KEY = "h:u1"
KEEP_MS = 50


class Kept:
    """The histories of partition 0, written after each event."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.scopes = Scopes(TOPICS, 1, Deciding([BURST], {}, LATENESS, CAP))
        self.histories = self.fresh()
        self.offset = 0

    def fresh(self) -> Histories:
        return Histories(self.store, self.scopes, KEEP_MS, 100)

    async def own(self) -> None:
        self.epoch = (await self.store.acquire(0, 1)).epoch
        await self.store.set_offsets(0, self.epoch, {"payments": 0})

    async def take(self, event_id: str) -> None:
        """An event that no rule uses, so much later than the one before that this is needed no more."""
        await self.histories.load({0: [KEY]})
        event = decode(
            b'{"type": "password_reset", "event_id": "%s", "event_time": %d, "user_id": "u1"}'
            % (event_id.encode(), NOW + LATENESS * 2 * self.offset)
        )
        history = self.histories.of(0)[KEY]
        self.scopes.user.engine.observe(history, Entry(event, None), NOW)
        # So that the test need not wait for the allowed lateness to pass.
        history.keep_until = history.newest
        advance = {"payments": (self.offset, self.offset + 1)}
        self.offset += 1
        await self.store.commit([Commit(0, self.epoch, advance, self.histories.writes_of(0, [KEY]), [])])

    async def until_forgotten(self) -> None:
        while (await self.store.load_many({0: [KEY]}))[0] != [None]:
            await asyncio.sleep(0.01)

    async def ids_after_a_restart(self) -> list[str]:
        histories = self.fresh()
        await histories.load({0: [KEY]})
        return histories.of(0)[KEY].ids


async def test_a_history_that_the_store_forgot_while_it_was_kept_here_is_written_whole() -> None:
    kept = Kept()
    await kept.own()
    await kept.take("e1")
    await kept.until_forgotten()
    await kept.take("e2")

    assert await kept.ids_after_a_restart() == ["e2"]

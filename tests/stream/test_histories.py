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

    def __init__(self, most_events: int = 100) -> None:
        self.most_events = most_events
        self.store = MemoryStore()
        self.scopes = Scopes(TOPICS, 1, Deciding([BURST], {}, LATENESS, CAP))
        self.histories = self.fresh()
        self.offset = 0

    def fresh(self) -> Histories:
        return Histories(self.store, self.scopes, KEEP_MS, self.most_events)

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

    async def take_many(self, key: str, number: int) -> None:
        """Events of a key at short intervals, each stored; then what is too much is forgotten."""
        await self.histories.load({0: [key]})
        for _ in range(number):
            event = decode(
                b'{"type": "password_reset", "event_id": "e%d", "event_time": %d, "user_id": "%s"}'
                % (self.offset, NOW + self.offset, key.removeprefix("h:").encode())
            )
            self.scopes.user.engine.observe(self.histories.of(0)[key], Entry(event, None), NOW)
            writes = self.histories.writes_of(0, [key])
            advance = {"payments": (self.offset, self.offset + 1)}
            await self.store.commit([Commit(0, self.epoch, advance, writes, [])])
            self.offset += 1
        self.histories.forget_surplus()

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


async def test_memory_is_bounded_by_events_and_the_longest_known_go_first() -> None:
    kept = Kept(most_events=10)
    await kept.own()
    for key in ("h:u1", "h:u2", "h:u3"):
        await kept.take_many(key, 4)
    assert list(kept.histories.of(0)) == ["h:u2", "h:u3"]

    # One that is read again counts with all its events, and one that grows with what it has become.
    await kept.take_many("h:u1", 0)
    assert list(kept.histories.of(0)) == ["h:u3", "h:u1"]
    await kept.take_many("h:u1", 5)
    assert list(kept.histories.of(0)) == ["h:u1"]
    await kept.take_many("h:u1", 1)
    assert list(kept.histories.of(0)) == []


async def test_keys_without_events_count_too() -> None:
    kept = Kept(most_events=2)
    await kept.own()
    for key in ("h:u1", "h:u2", "h:u3"):
        await kept.take_many(key, 0)
    assert list(kept.histories.of(0)) == ["h:u2", "h:u3"]


async def test_what_was_let_go_of_counts_no_more() -> None:
    for let_go in (lambda histories: histories.forget(0), lambda histories: histories.clear()):
        kept = Kept(most_events=10)
        await kept.own()
        await kept.take_many("h:u1", 8)
        let_go(kept.histories)
        await kept.take_many("h:u2", 8)
        assert list(kept.histories.of(0)) == ["h:u2"]

"""What the state costs in Redis, for each event that is stored.

Events go in the order of event time and in small rounds through what the worker uses: the histories, the
engines, the codec and the Redis store, so that a key is written as often as it is in life. First all go by
user, then those that rules by merchant can use by merchant, as from the internal topic: they are stored
twice. All that Redis calls used memory counts: keys, tables, times to live, allocator, what is allocated and
not yet filled, offsets. In the end every history is read back and compared with what the worker holds.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
import redis

from bench.errors import BenchFailed
from bench.processes import redis_cpu
from bench.traffic import Record
from detector.config import RedisSettings, Settings
from detector.core.deciding import Deciding
from detector.core.events import Event, decode
from detector.core.history import Entry, History, Source
from detector.core.rule import Rule
from detector.state.connect import connect
from detector.state.redis_store import RedisStore
from detector.state.store import Commit
from detector.stream.histories import Histories
from detector.stream.scopes import Scope, Scopes

_PARTITIONS = 12
_FIRST_OFFSET = 10**9
"""As after some months: small offsets would flatter."""
_READ_AT_ONCE = 5_000


@dataclass(frozen=True)
class ScopeCost:
    """Bytes and microseconds of CPU for each event that is stored under the keys of one scope.

    `payload` is the values' own length, `names` that of the keys, `tables` the tables of keys and of times to
    live with the entries in them; `rest` is what the allocator adds and what is allocated but not filled.
    `write_us` is what the worker spends on making the writes, `redis_us` what Redis spends on them.
    """

    scope: str
    events: int
    keys: int
    total: float
    payload: float
    names: float
    tables: float
    rest: float
    write_us: float
    redis_us: float


@dataclass(frozen=True)
class StateCost:
    """What the scopes cost; `server` is what Redis calls itself."""

    server: str
    events_per_round: int
    scopes: list[ScopeCost]

    @property
    def per_stored_event(self) -> float:
        """Bytes for each stored event, each scope's copies counted as such."""
        return sum(cost.total * cost.events for cost in self.scopes) / sum(
            cost.events for cost in self.scopes
        )


class _Arrival(NamedTuple):
    """An event as a scope meets it: the partition and topic it is read from, and its offset there."""

    partition: int
    topic: str
    offset: int
    key: str
    entry: Entry


class _Used(NamedTuple):
    """What Redis has used at a moment: bytes in all and by its tables, and seconds of CPU."""

    memory: int
    tables: int
    cpu: float


def measure_state(
    records: Sequence[Record], rules: Sequence[Rule], redis_url: str, prefix: str, events_per_round: int
) -> StateCost:
    """Store all events in an otherwise idle Redis.

    Raises:
        BenchFailed: what is stored is not what the worker holds.
    """
    return asyncio.run(_Run(rules, redis_url, prefix, events_per_round).measure(records))


class _Run:
    """One worker's state, without Kafka."""

    def __init__(self, rules: Sequence[Rule], redis_url: str, prefix: str, events_per_round: int) -> None:
        settings = Settings(redis=RedisSettings(url=redis_url, prefix=prefix))
        inputs = settings.topics.inputs
        self._internal = settings.topics.by_merchant
        self._topics = (*inputs, self._internal)
        self._topic_names = settings.topics.model_dump()
        self._url = redis_url
        self._prefix = prefix
        self._per_round = events_per_round
        state = settings.state
        self._scopes = Scopes(
            inputs, _PARTITIONS, Deciding(rules, {}, state.allowed_lateness, state.history_cap)
        )
        self._store = RedisStore(connect(settings.redis), prefix)
        # Nothing is let go of, so that the end can be compared.
        self._histories = Histories(self._store, self._scopes, state.keep_after, 10**9)
        self._epochs: dict[int, str] = {}
        self._next = {number: dict.fromkeys(self._topics, _FIRST_OFFSET) for number in range(_PARTITIONS)}
        self._onward: list[Entry] = []
        self._write_seconds = 0.0

    async def measure(self, records: Sequence[Record]) -> StateCost:
        try:
            for partition, offsets in self._next.items():
                self._epochs[partition] = (await self._store.acquire(partition, _PARTITIONS)).epoch
                await self._store.set_offsets(partition, self._epochs[partition], offsets)
            costs = [await self._cost(self._scopes.user, self._by_user(records))]
            if self._onward:
                costs.append(await self._cost(self._scopes.merchant, self._by_merchant(self._onward)))
            return StateCost(self._server(), self._per_round, costs)
        finally:
            await self._store.close()

    async def _cost(self, scope: Scope, arrivals: Iterator[_Arrival]) -> ScopeCost:
        before, self._write_seconds = self._used(), 0.0
        events = 0
        while batch := list(islice(arrivals, self._per_round)):
            events += len(batch)
            await self._round(scope, batch)
        used = self._used()
        keys, names, payload = await self._read_back(scope)
        total, tables = used.memory - before.memory, used.tables - before.tables
        return ScopeCost(
            scope=scope.field,
            events=events,
            keys=keys,
            total=total / events,
            payload=payload / events,
            names=names / events,
            tables=tables / events,
            rest=(total - payload - names - tables) / events,
            write_us=self._write_seconds / events * 1e6,
            redis_us=(used.cpu - before.cpu) / events * 1e6,
        )

    def _by_user(self, records: Iterable[Record]) -> Iterator[_Arrival]:
        for record in records:
            event = decode(record.value)
            assert isinstance(event, Event)
            topic = self._topic_names[record.topic]
            yield self._arrival(self._scopes.user, event, topic)

    def _by_merchant(self, entries: Iterable[Entry]) -> Iterator[_Arrival]:
        for event, source in entries:
            arrival = self._arrival(self._scopes.merchant, event, self._internal)
            yield arrival._replace(entry=Entry(event, source))

    def _arrival(self, scope: Scope, event: Event, topic: str) -> _Arrival:
        key = scope.key(event)
        partition = crc32(key.encode()) % _PARTITIONS
        offset = self._next[partition][topic]
        self._next[partition][topic] += 1
        return _Arrival(partition, topic, offset, key, Entry(event, Source(topic, partition, offset)))

    async def _round(self, scope: Scope, batch: Sequence[_Arrival]) -> None:
        shares: dict[int, list[_Arrival]] = defaultdict(list)
        for arrival in batch:
            shares[arrival.partition].append(arrival)
        keys = {
            partition: dict.fromkeys(arrival.key for arrival in share) for partition, share in shares.items()
        }
        await self._histories.load(keys)
        for partition, share in shares.items():
            self._observe(scope, self._histories.of(partition), share)
        started = time.process_time()
        writes = {partition: self._histories.writes_of(partition, found) for partition, found in keys.items()}
        self._write_seconds += time.process_time() - started
        await self._store.commit(
            [
                Commit(partition, self._epochs[partition], _advance(share), writes[partition], [])
                for partition, share in shares.items()
            ]
        )

    def _observe(self, scope: Scope, histories: Mapping[str, History], share: Iterable[_Arrival]) -> None:
        for arrival in share:
            event = arrival.entry.event
            outcome, _, _ = scope.engine.observe(histories[arrival.key], arrival.entry, event.event_time)
            if scope is self._scopes.user and self._scopes.routing.onward(event, outcome) is not None:
                self._onward.append(arrival.entry)

    async def _read_back(self, scope: Scope) -> tuple[int, int, int]:
        """Compare what is stored; gives how many keys there are, and the bytes of their names and values."""
        keys = names = payload = 0
        for partition in range(_PARTITIONS):
            kept = {k: h for k, h in self._histories.of(partition).items() if k.startswith(scope.prefix)}
            keys += len(kept)
            names += sum(len(f"{self._prefix}:{{{partition}}}:{key}".encode()) for key in kept)
            for part in _parts(list(kept)):
                stored = (await self._store.load_many({partition: part}))[partition]
                for key, data in zip(part, stored, strict=True):
                    payload += len(data or b"")
                    self._compare(scope, partition, key, data or b"")
        return keys, names, payload

    def _compare(self, scope: Scope, partition: int, key: str, data: bytes) -> None:
        stored = scope.codec.decode(data, partition, key.removeprefix(scope.prefix))
        kept = self._histories.of(partition)[key]
        scope.engine.settle(stored)
        scope.engine.settle(kept)
        if _told(stored) != _told(kept):
            raise BenchFailed("what Redis holds of a history is not what the worker holds")

    def _used(self) -> _Used:
        with redis.Redis.from_url(self._url) as client:
            found = client.memory_stats()
            tables = sum(_tables(found))
            return _Used(int(client.info("memory")["used_memory"]), tables, redis_cpu(self._url))

    def _server(self) -> str:
        with redis.Redis.from_url(self._url) as client:
            found = client.info("server")
        name = "valkey" if "valkey_version" in found else "redis"
        return f"{name.capitalize()} {found[f'{name}_version']}"


def _advance(share: Iterable[_Arrival]) -> dict[str, tuple[int, int]]:
    """For each topic the offset of its first arrival, and the one after its last."""
    steps: dict[str, tuple[int, int]] = {}
    for arrival in share:
        first, _ = steps.get(arrival.topic, (arrival.offset, 0))
        steps[arrival.topic] = (first, arrival.offset + 1)
    return steps


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[at : at + _READ_AT_ONCE] for at in range(0, len(keys), _READ_AT_ONCE))


def _tables(stats: Mapping[str, Any]) -> Iterator[int]:
    for name, found in stats.items():
        if name.startswith("db.") and isinstance(found, dict):
            yield sum(int(size) for what, size in found.items() if what.startswith("overhead.hashtable"))


def _told(history: History) -> list[Any]:
    return [
        (item.event.type, msgspec.structs.astuple(item.event), item.source)
        if isinstance(item, Entry)
        else msgspec.structs.astuple(item)
        for item in history.contents()
    ]

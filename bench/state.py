"""What the state costs in Redis, for each event that is stored.

Events go in the order of event time and in small rounds through what the worker uses: the histories, the
engine, the codec and the Redis store, so that a key is written as often as it is in life. All that Redis
calls used memory counts: keys, tables, times to live, allocator, what is allocated and not yet filled,
offsets. In the end every history is read back and compared with what the worker holds.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
import redis

from bench.errors import BenchFailed
from bench.processes import redis_cpu
from bench.traffic import Record
from detector.config import Settings
from detector.core.deciding import Deciding
from detector.core.events import Event, decode
from detector.core.history import Entry, History, Source
from detector.core.rule import Rule
from detector.state.connect import connect
from detector.state.redis_store import RedisStore
from detector.state.store import Commit
from detector.stream.histories import Histories
from detector.stream.scopes import Scopes

_PARTITIONS = 12
_FIRST_OFFSET = 10**9
"""As after some months: small offsets would flatter."""
_READ_AT_ONCE = 5_000


@dataclass(frozen=True)
class StateCost:
    """Bytes and microseconds for each stored event; `server` is what Redis calls itself.

    `payload` is the values' own length, `names` that of the keys, `tables` the tables of keys and of times to
    live with the entries in them; `rest` is what the allocator adds and what is allocated but not filled.
    """

    server: str
    events: int
    keys: int
    events_per_round: int
    total: float
    payload: float
    names: float
    tables: float
    rest: float
    encode_us: float
    redis_us: float


class _Arrival(NamedTuple):
    partition: int
    topic: str
    offset: int
    entry: Entry


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
        settings = Settings(redis={"url": redis_url, "prefix": prefix})
        topics = settings.topics.inputs
        self._url = redis_url
        self._prefix = prefix
        self._per_round = events_per_round
        state = settings.state
        deciding = Deciding(rules, {}, state.allowed_lateness, state.history_cap)
        self._scopes = Scopes(topics, _PARTITIONS, deciding)
        self._scope = self._scopes.user
        self._client = connect(settings.redis)
        self._store = RedisStore(self._client, prefix)
        # Nothing is let go of, so that the end can be compared.
        self._histories = Histories(self._store, self._scopes, state.keep_after, 10**9)
        self._topic_names = settings.topics.model_dump()
        self._epochs: dict[int, str] = {}
        self._next: dict[int, dict[str, int]] = {
            partition: dict.fromkeys(topics, _FIRST_OFFSET) for partition in range(_PARTITIONS)
        }
        self._encode_seconds = 0.0

    async def measure(self, records: Sequence[Record]) -> StateCost:
        try:
            await self._acquire()
            arrivals = self._arrivals(records)
            before, cpu_before = self._used_memory(), redis_cpu(self._url)
            while batch := list(islice(arrivals, self._per_round)):
                await self._round(batch)
            used, cpu = self._used_memory() - before, redis_cpu(self._url) - cpu_before
            return self._cost(used, cpu, await self._check())
        finally:
            await self._store.close()

    async def _acquire(self) -> None:
        for partition, offsets in self._next.items():
            self._epochs[partition] = (await self._store.acquire(partition, _PARTITIONS)).epoch
            await self._store.set_offsets(partition, self._epochs[partition], offsets)

    def _arrivals(self, records: Sequence[Record]) -> Iterator[_Arrival]:
        ends = {partition: dict(offsets) for partition, offsets in self._next.items()}
        for record in records:
            event = decode(record.value)
            assert isinstance(event, Event)
            partition = crc32(record.key) % _PARTITIONS
            topic = self._topic_names[record.topic]
            offset = ends[partition][topic]
            ends[partition][topic] += 1
            yield _Arrival(partition, topic, offset, Entry(event, Source(topic, partition, offset)))

    async def _round(self, batch: Sequence[_Arrival]) -> None:
        shares: dict[int, list[_Arrival]] = defaultdict(list)
        for arrival in batch:
            shares[arrival.partition].append(arrival)
        keys = {
            partition: dict.fromkeys(self._scope.key(arrival.entry.event) for arrival in share)
            for partition, share in shares.items()
        }
        await self._histories.load(keys)
        for partition, share in shares.items():
            histories = self._histories.of(partition)
            for arrival in share:
                event = arrival.entry.event
                key = self._scope.key(event)
                self._scope.engine.observe(histories[key], arrival.entry, event.event_time)
        started = time.process_time()
        writes = {partition: self._histories.writes_of(partition, found) for partition, found in keys.items()}
        self._encode_seconds += time.process_time() - started
        await self._store.commit(
            [
                Commit(
                    partition, self._epochs[partition], self._advance(partition, share), writes[partition], []
                )
                for partition, share in shares.items()
            ]
        )

    def _advance(self, partition: int, share: Sequence[_Arrival]) -> dict[str, tuple[int, int]]:
        offsets = self._next[partition]
        reached = {arrival.topic: arrival.offset + 1 for arrival in share}
        steps = {topic: (offsets[topic], end) for topic, end in reached.items()}
        offsets.update(reached)
        return steps

    def _used_memory(self) -> int:
        with redis.Redis.from_url(self._url) as client:
            return int(client.info("memory")["used_memory"])

    async def _check(self) -> int:
        """Read everything back; gives how many bytes the values have."""
        size = 0
        for partition in range(_PARTITIONS):
            kept = self._histories.of(partition)
            names = list(kept)
            for at in range(0, len(names), _READ_AT_ONCE):
                part = names[at : at + _READ_AT_ONCE]
                for key, data in zip(
                    part, (await self._store.load_many({partition: part}))[partition], strict=True
                ):
                    size += len(data or b"")
                    self._compare(partition, key, data, kept[key])
        return size

    def _compare(self, partition: int, key: str, data: bytes | None, kept: History) -> None:
        scope, own = self._scopes.of(key)
        stored = scope.codec.decode(data or b"", partition, own)
        scope.engine.settle(stored)
        scope.engine.settle(kept)
        if _told(stored) != _told(kept):
            raise BenchFailed("what Redis holds of a history is not what the worker holds")

    def _cost(self, used: int, cpu: float, payload: int) -> StateCost:
        events = sum(end - _FIRST_OFFSET for offsets in self._next.values() for end in offsets.values())
        names = [
            len(f"{self._prefix}:{{{partition}}}:{key}")
            for partition in range(_PARTITIONS)
            for key in self._histories.of(partition)
        ]
        with redis.Redis.from_url(self._url) as client:
            found = client.memory_stats()
            server = client.info("server")
        tables = sum(_tables(found))
        shares = [amount / events for amount in (used, payload, sum(names), tables)]
        total, payload_share, names_share, tables_share = shares
        return StateCost(
            server=_name(server),
            events=events,
            keys=len(names),
            events_per_round=self._per_round,
            total=total,
            payload=payload_share,
            names=names_share,
            tables=tables_share,
            rest=total - payload_share - names_share - tables_share,
            encode_us=self._encode_seconds / events * 1e6,
            redis_us=cpu / events * 1e6,
        )


def _name(server: Mapping[str, Any]) -> str:
    if "valkey_version" in server:
        return f"Valkey {server['valkey_version']}"
    return f"Redis {server['redis_version']}"


def _tables(stats: Mapping[str, Any]) -> Iterator[int]:
    for name, value in stats.items():
        if name.startswith("db.") and isinstance(value, dict):
            yield sum(int(size) for what, size in value.items() if what.startswith("overhead.hashtable"))


def _told(history: History) -> list[Any]:
    return [
        (item.event.type, msgspec.structs.astuple(item.event), item.source)
        if isinstance(item, Entry)
        else msgspec.structs.astuple(item)
        for item in history.contents()
    ]

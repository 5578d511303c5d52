"""The state store in Redis: one Lua call a partition, one pipeline a round."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import RedisCluster

from detector.state import scripts
from detector.state.errors import KeySecretChanged, PartitionCountChanged, StateRefused
from detector.state.key_names import KeyNames
from detector.state.redis_calls import Client, Command, RedisCalls, address
from detector.state.store import Commit, CommitResult, Memory, Origin, Outbox, Outcome, Ownership

_OFFSET = "o:"
_script = scripts.Script.call
_SEEN = "s:"


class RedisStore:
    """StateStore in a Redis that answers in bytes: single, Sentinel or Cluster."""

    def __init__(
        self, client: Client, prefix: str = "fd", deadline_s: float = 30.0, key_secret: str | None = None
    ) -> None:
        """Take over the client. A call that finds no answer for `deadline_s` raises StateUnavailable.

        With a `key_secret` the names of keys hold no id of a user or a merchant.
        """
        self._client = client
        self._names = KeyNames(prefix, key_secret)
        self._calls = RedisCalls(client, deadline_s)

    async def check(self) -> None:
        """Raise StateRefused for a Redis that would throw state away to free memory.

        Also where it has no limit yet: one can be set while it runs.
        """
        for memory in await self._calls.patiently(self._memory):
            policy = memory["maxmemory_policy"]
            if policy != "noeviction":
                raise StateRefused(
                    f"Redis at {address(self._client)} evicts keys when its memory is full "
                    f"(maxmemory-policy {policy}), which loses state unnoticed: set it to noeviction"
                )

    async def check_keys(self, partitions: int) -> None:
        """Raise PartitionCountChanged or KeySecretChanged where the state's keys would not be found."""
        # Partition 0 always exists, so it also tells a partition that a grown topic brought along.
        count, fingerprint = await self._written_for()
        if count is not None:
            self._refuse_others(count, fingerprint, partitions)

    async def partitions(self) -> int | None:
        """Ask for how many partitions the state was written; None where there is none yet.

        Raises KeySecretChanged where keys were named with another secret.
        """
        count, fingerprint = await self._written_for()
        if count is None:
            return None
        self._refuse_others(count, fingerprint, int(count))
        return int(count)

    async def acquire(self, partition: int, partitions: int) -> Ownership:
        """See StateStore; raises KeySecretChanged where keys were named with another secret."""
        await self.check_keys(partitions)
        own = secrets.token_hex(8), partitions, self._names.fingerprint
        reply = await self._call(_script(scripts.ACQUIRE, [self._names.meta(partition)], *own))
        count, fingerprint, *taken = reply
        self._refuse_others(count, fingerprint, partitions)
        epoch, meta = taken
        fields = {name.decode(): value for name, value in zip(meta[::2], meta[1::2], strict=True)}
        return Ownership(partition, epoch.decode(), _offsets(fields), _seen(fields))

    async def set_offsets(self, partition: int, epoch: str, offsets: Mapping[str, int]) -> Outcome:
        """See StateStore."""
        pairs = [part for topic, offset in offsets.items() for part in (_OFFSET + topic, offset)]
        reply = await self._call(_script(scripts.SET_OFFSETS, [self._names.meta(partition)], epoch, *pairs))
        return _outcome(reply)

    async def load_many(self, wanted: Mapping[int, Sequence[str]]) -> dict[int, list[bytes | None]]:
        """See StateStore."""
        asked = {partition: keys for partition, keys in wanted.items() if keys}
        replies = await self._calls.run(
            [("MGET", *self._names.histories(partition, keys)) for partition, keys in asked.items()]
        )
        return {partition: [] for partition in wanted} | dict(zip(asked, replies, strict=True))

    async def commit(self, commits: Sequence[Commit]) -> list[CommitResult]:
        """See StateStore."""
        replies = await self._calls.run([self._commit_command(commit) for commit in commits])
        return [_commit_result(commit, reply) for commit, reply in zip(commits, replies, strict=True)]

    async def outbox(self, partition: int) -> Outbox:
        """See StateStore."""
        first, entries = await self._call(_script(scripts.OUTBOX, self._names.ledger(partition)))
        return Outbox(first, entries)

    async def trim_outbox(self, partition: int, epoch: str, upto: int) -> Outcome:
        """See StateStore."""
        return _outcome(
            await self._call(_script(scripts.TRIM_OUTBOX, self._names.ledger(partition), epoch, upto))
        )

    async def exchange_turns(
        self, own: Mapping[int, int | None], partitions: int, keep_ms: int
    ) -> dict[int, int]:
        """See StateStore."""
        others = [partition for partition in range(partitions) if partition not in own]
        leaving: list[Command] = [
            ("SET", self._names.turn(partition), "" if turn is None else turn, "PX", keep_ms)
            for partition, turn in own.items()
        ]
        asking: list[Command] = [("MGET", self._names.turn(partition)) for partition in others]
        replies = await self._calls.run([*leaving, *asking])
        found = zip(others, replies[len(leaving) :], strict=True)
        return {partition: int(turn) for partition, [turn] in found if turn}

    async def owns(self, partition: int, epoch: str) -> bool:
        """See StateStore."""
        stored = await self._call(("HGET", self._names.meta(partition), "epoch"))
        return stored is not None and stored.decode() == epoch

    async def probe(self, partitions: Collection[int]) -> None:
        """See StateStore."""
        await self._calls.probe([_count_of(self._names.meta(partition)) for partition in partitions])

    async def memory(self) -> Memory:
        """See StateStore."""
        nodes = await self._calls.once(self._memory)
        found = [Memory(node["used_memory"], node["maxmemory"]) for node in nodes]
        return max(found, key=lambda node: (node.used / node.limit if node.limit else 0, node.used))

    async def close(self) -> None:
        """See StateStore."""
        await self._client.aclose()

    async def _written_for(self) -> tuple[bytes | None, bytes]:
        """The number of partitions and the secret's fingerprint that the state was written for."""
        meta = self._names.meta(0)
        count, fingerprint = await self._calls.run([_count_of(meta), ("HGET", meta, "key_names")])
        return count, fingerprint or b""

    def _refuse_others(self, count: bytes, fingerprint: bytes, partitions: int) -> None:
        if int(count) != partitions:
            raise PartitionCountChanged(int(count), partitions)
        if fingerprint.decode() != self._names.fingerprint:
            raise KeySecretChanged(had_one=bool(fingerprint), has_one=bool(self._names.fingerprint))

    async def _call(self, command: Command) -> Any:
        [reply] = await self._calls.run([command])
        return reply

    async def _memory(self) -> list[dict[str, Any]]:
        if not isinstance(self._client, RedisCluster):
            return [await self._client.info("memory")]
        await self._client.initialize()
        return [await self._client.info("memory", target_nodes=node) for node in self._client.get_primaries()]

    def _commit_command(self, commit: Commit) -> Command:
        keys = self._names.histories(commit.partition, [write.key for write in commit.writes])
        # Two packed arguments, for redis-py takes about a microsecond for each.
        plan = msgspec.msgpack.encode(
            (
                commit.epoch,
                [(_OFFSET + topic, str(old), str(new)) for topic, (old, new) in commit.advance.items()],
                [(len(write.data), write.replace, write.keep_ms, write.exact) for write in commit.writes],
                [len(entry) for entry in commit.outbox],
                [(_seen_field(origin), str(following)) for origin, following in commit.seen.items()],
            )
        )
        data = b"".join([*(write.data for write in commit.writes), *commit.outbox])
        return _script(scripts.COMMIT, [*self._names.ledger(commit.partition), *keys], plan, data)


def _count_of(meta: str) -> Command:
    return ("HGET", meta, "partitions")


def _outcome(reply: bytes) -> Outcome:
    return Outcome(reply.decode())


def _offsets(meta: Mapping[str, bytes]) -> dict[str, int]:
    return {
        name.removeprefix(_OFFSET): int(value) for name, value in meta.items() if name.startswith(_OFFSET)
    }


def _seen(meta: Mapping[str, bytes]) -> dict[Origin, int]:
    return {_origin(name): int(value) for name, value in meta.items() if name.startswith(_SEEN)}


def _seen_field(origin: Origin) -> str:
    topic, partition = origin
    return f"{_SEEN}{partition}:{topic}"


def _origin(field: str) -> Origin:
    partition, _, topic = field.removeprefix(_SEEN).partition(":")
    return topic, int(partition)


def _commit_result(commit: Commit, reply: tuple[bytes, int, list[bytes | None]]) -> CommitResult:
    outcome, outbox_end, offsets = reply
    # Offsets come with a mismatch only, in the order asked for.
    stored = zip(commit.advance, offsets, strict=False)
    known = {topic: int(offset) for topic, offset in stored if offset is not None}
    return CommitResult(_outcome(outcome), outbox_end, known)

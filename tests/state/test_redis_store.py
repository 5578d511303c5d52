"""What the Redis store promises beyond the contract: keys, times to live, and faults of the server."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
import redis
import redis.asyncio
import redis.exceptions

from detector.embedded import free_port
from detector.state.errors import KeySecretChanged, StateError, StateRefused, StateUnavailable
from detector.state.redis_store import RedisStore
from detector.state.store import Commit, CommitResult, Outbox, Outcome, Write
from tests.faults.proxy import Proxy
from tests.servers.redis import own_redis
from tests.servers.waiting import until
from tests.state.conftest import (
    IMPATIENT,
    SLOTS,
    cluster_is_ok,
    impatient_client,
    meet,
    running_cluster_node,
)

HOUR_MS = 3_600_000
LONG_S = 30.0
SHORT_S = 0.3
SHORT_OF_PATIENCE = IMPATIENT | {"socket_timeout": SHORT_S}
SLOT_RANGE_WITH_REPLICA = len(("first slot", "last slot", "primary", "replica"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """The port of a Redis server that the test may break."""
    with own_redis(tmp_path) as port:
        yield port


@pytest.fixture
async def admin(server: int) -> AsyncIterator[redis.asyncio.Redis]:
    """A connection that the store under test does not use."""
    async with impatient_client(server) as client:
        yield client


@asynccontextmanager
async def store_on(port: int, deadline_s: float = LONG_S) -> AsyncIterator[RedisStore]:
    store = RedisStore(impatient_client(port), deadline_s=deadline_s)
    try:
        yield store
    finally:
        await store.close()


async def own(store: RedisStore, partition: int = 3) -> str:
    epoch = (await store.acquire(partition, 12)).epoch
    await store.set_offsets(partition, epoch, {"payments": 0})
    return epoch


def a_commit(epoch: str, expected: int = 0, partition: int = 3, replace: bool = False) -> Commit:
    """One record: a write to u1 and one entry in the outbox."""
    write = Write("h:u1", b"a", replace, HOUR_MS)
    return Commit(partition, epoch, {"payments": (expected, expected + 1)}, [write], [b"alert"])


# Keys


async def test_only_histories_expire(client: redis.asyncio.Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    epoch = await own(store)
    for expected, replace in ((0, False), (1, True), (2, False)):
        await store.commit([a_commit(epoch, expected, replace=replace)])

        assert HOUR_MS - 10_000 < await client.pttl(f"{prefix}:{{3}}:h:u1") <= HOUR_MS

    assert await client.pttl(f"{prefix}:{{3}}:meta") == -1
    assert await client.pttl(f"{prefix}:{{3}}:outbox") == -1
    assert len(await client.keys(f"{prefix}:*")) == 3


@pytest.mark.parametrize("exact", [False, True])
async def test_a_history_expires_however_it_is_appended_to(
    client: redis.asyncio.Redis, prefix: str, exact: bool
) -> None:
    store = RedisStore(client, prefix)
    epoch = await own(store)
    for offset, keep_ms in enumerate((HOUR_MS, 2 * HOUR_MS)):
        write = Write("h:u1", b"a", replace=False, keep_ms=keep_ms, exact=exact)
        await store.commit([Commit(3, epoch, {"payments": (offset, offset + 1)}, [write], [])])

        assert keep_ms - 10_000 < await client.pttl(f"{prefix}:{{3}}:h:u1") <= keep_ms


async def test_an_exact_history_takes_no_room_for_more(client: redis.asyncio.Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    epoch = await own(store)
    for offset in range(27):
        writes = [Write(key, b"a" * 50, False, HOUR_MS, exact=key == "exact") for key in ("roomy", "exact")]
        await store.commit([Commit(3, epoch, {"payments": (offset, offset + 1)}, writes, [])])

    roomy, exact = [await client.memory_usage(f"{prefix}:{{3}}:{key}") for key in ("roomy", "exact")]
    assert 27 * 50 < exact < 1.3 * 27 * 50 < 1.6 * 27 * 50 < roomy


async def test_two_prefixes_share_nothing(client: redis.asyncio.Redis, prefix: str) -> None:
    one, other = RedisStore(client, prefix), RedisStore(client, f"{prefix}-other")
    await one.commit([a_commit(await own(one))])

    assert (await other.acquire(3, 24)).offsets == {}
    assert await other.outbox(3) == Outbox(0, [])


# The secret that keys are named with


def hidden(secret: str, key: str) -> str:
    return hmac.new(secret.encode(), key.encode(), "sha256").hexdigest()[:32]


async def test_with_a_secret_a_history_is_named_by_its_keyed_hash(
    client: redis.asyncio.Redis, prefix: str
) -> None:
    store = RedisStore(client, prefix, key_secret="one")
    epoch = await own(store)
    writes = [Write(key, b"a", False, HOUR_MS) for key in ("h:4711", "m:4711", "h:a:b")]
    await store.commit([Commit(3, epoch, {"payments": (0, 1)}, writes, [])])

    names = {name.decode() for name in await client.keys(f"{prefix}:*")}
    assert names == {
        f"{prefix}:{{3}}:meta",
        f"{prefix}:{{3}}:h:{hidden('one', 'h:4711')}",
        f"{prefix}:{{3}}:m:{hidden('one', 'm:4711')}",
        f"{prefix}:{{3}}:h:{hidden('one', 'h:a:b')}",
    }
    assert "one" not in repr(await client.hgetall(f"{prefix}:{{3}}:meta"))


@pytest.mark.parametrize(
    ("former", "present", "words"),
    [
        ("one", "other", ["another redis.key_secret", "give it that secret again"]),
        ("one", None, ["a redis.key_secret", "without one", "give it that secret again"]),
        (None, "other", ["no redis.key_secret", "leave the secret out"]),
    ],
)
async def test_a_state_that_another_secret_hides_is_refused_and_stays_as_it_is(
    client: redis.asyncio.Redis, prefix: str, former: str | None, present: str | None, words: list[str]
) -> None:
    # Given partitions 0 and 3 that were written with a secret
    store = RedisStore(client, prefix, key_secret=former)
    epochs = {partition: await own(store, partition) for partition in (0, 3)}
    await store.commit([a_commit(epochs[3])])

    # Then one with another secret, or without, is told of it before it takes any
    other = RedisStore(client, prefix, key_secret=present)
    with pytest.raises(KeySecretChanged) as refused:
        await other.check_keys(12)
    assert all(word in str(refused.value) for word in words)
    # And when it takes one, also where partition 0 does not tell
    await client.delete(f"{prefix}:{{0}}:meta")
    await other.check_keys(12)
    with pytest.raises(KeySecretChanged):
        await other.acquire(3, 12)
    assert await store.owns(3, epochs[3])
    assert await store.load_many({3: ["h:u1"]}) == {3: [b"a"]}


async def test_a_state_of_a_release_that_knew_no_secret_is_taken_for_one_without(
    client: redis.asyncio.Redis, prefix: str
) -> None:
    await client.hset(f"{prefix}:{{0}}:meta", mapping={"partitions": 12, "counter": 1, "epoch": "1-a"})
    with pytest.raises(KeySecretChanged):
        await RedisStore(client, prefix, key_secret="one").acquire(0, 12)
    assert (await RedisStore(client, prefix).acquire(0, 12)).epoch.startswith("2-")


async def test_an_epoch_does_not_come_again_when_redis_went_back_in_time(
    client: redis.asyncio.Redis, prefix: str
) -> None:
    store = RedisStore(client, prefix)
    first = (await store.acquire(3, 12)).epoch
    await client.delete(f"{prefix}:{{3}}:meta")

    assert (await store.acquire(3, 12)).epoch != first


async def test_an_owner_whose_acquisition_redis_has_lost_is_told_so_and_not_that_it_is_fenced_off(
    client: redis.asyncio.Redis, prefix: str
) -> None:
    store = RedisStore(client, prefix)
    meta = f"{prefix}:{{3}}:meta"
    former = await own(store)
    before = await client.dump(meta)
    owner = await own(store)
    await client.restore(meta, 0, before, replace=True)

    # Fenced off, it would wait for another owner that there is not.
    assert (await store.commit([a_commit(owner)]))[0].outcome is Outcome.MISMATCH
    assert (await store.commit([a_commit(former)]))[0].outcome is Outcome.APPLIED

    # Who takes over after the loss may have the number of the one before it.
    await own(store)
    assert (await store.commit([a_commit(owner)]))[0].outcome is Outcome.FENCED


# Scripts


async def test_a_flushed_script_cache_is_filled_again(client: redis.asyncio.Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    epoch = await own(store)
    await client.script_flush()

    assert await store.commit([a_commit(epoch)]) == [CommitResult(Outcome.APPLIED, 1, {})]


async def test_a_flushed_script_cache_is_filled_again_on_a_cluster(
    cluster: redis.asyncio.RedisCluster, prefix: str
) -> None:
    store = RedisStore(cluster, prefix)
    epochs = {partition: await own(store, partition) for partition in (1, 2)}
    await cluster.script_flush()

    results = await store.commit([a_commit(epoch, partition=p) for p, epoch in epochs.items()])

    assert [result.outcome for result in results] == [Outcome.APPLIED, Outcome.APPLIED]


# Faults that pass


async def test_a_commit_whose_reply_was_lost_is_not_applied_twice(server: int) -> None:
    async with Proxy(server).running() as proxy, store_on(proxy.port) as store:
        epochs = {partition: await own(store, partition) for partition in (3, 4)}
        proxy.lose_next_reply()

        results = await store.commit([a_commit(epoch, partition=p) for p, epoch in epochs.items()])

        assert proxy.lost == 1
        assert results == [CommitResult(Outcome.ALREADY_APPLIED, 1, {})] * 2
        assert await store.load_many({3: ["h:u1"], 4: ["h:u1"]}) == {3: [b"a"], 4: [b"a"]}
        assert await store.outbox(3) == Outbox(0, [b"alert"])


async def test_a_trim_whose_reply_was_lost_does_not_trim_twice(server: int) -> None:
    async with Proxy(server).running() as proxy, store_on(proxy.port) as store:
        epoch = await own(store)
        for expected in range(3):
            await store.commit([a_commit(epoch, expected)])
        proxy.lose_next_reply()

        assert await store.trim_outbox(3, epoch, 1) is Outcome.ALREADY_APPLIED
        assert await store.outbox(3) == Outbox(1, [b"alert", b"alert"])


async def test_an_acquisition_whose_reply_was_lost_still_owns_the_partition(server: int) -> None:
    async with Proxy(server).running() as proxy, store_on(proxy.port) as store:
        await own(store)
        proxy.lose_next_reply()
        epoch = (await store.acquire(3, 12)).epoch

        assert proxy.lost == 1
        assert (await store.commit([a_commit(epoch)]))[0].outcome is Outcome.APPLIED


async def until_it_has_failed_once(admin: redis.asyncio.Redis) -> None:
    """Wait until Redis has answered a command with an error."""
    await admin.config_resetstat()
    while not (await admin.info("stats"))["total_error_replies"]:
        await asyncio.sleep(0.01)


async def test_a_replica_that_becomes_the_primary_takes_the_commit(
    server: int, admin: redis.asyncio.Redis
) -> None:
    async with store_on(server) as store:
        epoch = await own(store)
        await admin.replicaof("127.0.0.1", free_port())
        commit = asyncio.create_task(store.commit([a_commit(epoch)]))
        await until_it_has_failed_once(admin)
        await admin.replicaof("NO", "ONE")

        assert (await commit)[0].outcome is Outcome.APPLIED


async def test_a_busy_server_is_waited_for(server: int, admin: redis.asyncio.Redis) -> None:
    await admin.config_set("busy-reply-threshold", 1)
    async with store_on(server, SHORT_S) as store, impatient_client(server) as other:
        epoch = await own(store)
        endless = asyncio.create_task(other.eval("while true do end", 0))
        await until_it_is_busy(admin)

        with pytest.raises(StateUnavailable, match="BUSY"):
            await store.commit([a_commit(epoch)])

        await admin.script_kill()
        with pytest.raises(redis.exceptions.ResponseError):
            await endless
        assert (await store.commit([a_commit(epoch)]))[0].outcome is Outcome.APPLIED


async def until_it_is_busy(admin: redis.asyncio.Redis) -> None:
    with pytest.raises(redis.exceptions.ResponseError, match="BUSY"):
        while True:
            await admin.ping()


async def test_a_server_that_comes_back_gets_the_commit(tmp_path: Path) -> None:
    port = free_port()
    options = ("--appendonly", "yes", "--appendfsync", "always")
    async with store_on(port) as store:
        with own_redis(tmp_path, *options, port=port):
            epoch = await own(store)
        commit = asyncio.create_task(store.commit([a_commit(epoch)]))
        await asyncio.sleep(0)
        with own_redis(tmp_path, *options, port=port):
            assert (await commit)[0].outcome is Outcome.APPLIED


async def test_a_cluster_that_fails_over_gets_the_commit(tmp_path: Path) -> None:
    with ExitStack() as servers:
        primary_server = servers.enter_context(ExitStack())
        primary_port = primary_server.enter_context(running_cluster_node(tmp_path / "primary"))
        replica_port = servers.enter_context(running_cluster_node(tmp_path / "replica"))
        replica = servers.enter_context(redis.Redis(port=replica_port, decode_responses=True))
        with redis.Redis(port=primary_port, decode_responses=True) as primary:
            replicate(primary, replica)
        async with redis.asyncio.RedisCluster("127.0.0.1", primary_port, **IMPATIENT) as client:
            store = RedisStore(client, deadline_s=LONG_S)
            epoch = await own(store)
            until(lambda: offset_reached(replica))
            primary_server.close()
            commit = asyncio.create_task(store.commit([a_commit(epoch)]))
            await asyncio.sleep(0)
            replica.execute_command("CLUSTER FAILOVER", "TAKEOVER")

            assert (await commit)[0].outcome is Outcome.APPLIED


def replicate(primary: redis.Redis, replica: redis.Redis) -> None:
    """Give the primary all slots, and wait until the replica follows it."""
    primary.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)
    meet(primary, replica)
    name = primary.execute_command("CLUSTER", "MYID")
    until(lambda: name in replica.execute_command("CLUSTER", "NODES"))
    replica.execute_command("CLUSTER", "REPLICATE", name)
    until(lambda: replica.info("replication")["master_link_status"] == "up")
    until(lambda: cluster_is_ok(primary) and cluster_is_ok(replica))
    # A replica is announced to clients only after it has taken a change over.
    primary.flushall()
    until(lambda: len(primary.execute_command("CLUSTER", "SLOTS")[0]) == SLOT_RANGE_WITH_REPLICA)


def offset_reached(replica: redis.Redis) -> bool:
    """Whether the start offset of partition 3 has come to the replica."""
    with replica.client() as one_connection:
        one_connection.execute_command("READONLY")
        return bool(one_connection.hexists("fd:{3}:meta", "o:payments"))


# What a probe finds


async def test_a_probe_tells_at_once_of_a_server_that_is_away(tmp_path: Path) -> None:
    port = free_port()
    async with store_on(port) as store:
        with pytest.raises(StateUnavailable, match=f"^Redis at localhost:{port}: ConnectionError"):
            await store.probe({3})
        with own_redis(tmp_path, port=port):
            await store.probe({3})


async def test_a_probe_tells_of_one_node_of_a_cluster_that_does_not_answer(tmp_path: Path) -> None:
    with ExitStack() as servers:
        # Without an agreement on who has failed, the other goes on.
        lonely = [servers.enter_context(running_cluster_node(tmp_path / name)) for name in ("a", "b")]
        one, other = (servers.enter_context(redis.Redis(port=port, decode_responses=True)) for port in lonely)
        half = one.execute_command("CLUSTER", "KEYSLOT", "fd:{3}:meta")
        rest = [slot for slot in range(SLOTS) if slot != half]
        one.execute_command("CLUSTER", "ADDSLOTS", *rest)
        other.execute_command("CLUSTER", "ADDSLOTS", half)
        meet(one, other)
        until(lambda: cluster_is_ok(one) and cluster_is_ok(other))
        async with redis.asyncio.RedisCluster("127.0.0.1", lonely[0], **SHORT_OF_PATIENCE) as client:
            store = RedisStore(client)
            await store.probe({3, 4})
            other.execute_command("CLIENT", "PAUSE", 1_000, "ALL")

            await store.probe({4})
            with pytest.raises(StateUnavailable):
                await store.probe({3, 4})


async def test_a_probe_tells_of_a_commit_that_is_being_repeated_though_reads_are_answered(
    server: int, admin: redis.asyncio.Redis
) -> None:
    async with store_on(server) as store:
        epoch = await own(store)
        await admin.config_set("maxmemory", 1)
        commit = asyncio.create_task(store.commit([a_commit(epoch)]))

        async with asyncio.timeout(10):
            with pytest.raises(StateUnavailable, match="OutOfMemoryError"):
                while True:
                    await store.probe({3})

        await admin.config_set("maxmemory", 0)
        await commit
        await store.probe({3})


async def test_a_probe_tells_nothing_of_a_commit_that_was_given_up(
    server: int, admin: redis.asyncio.Redis
) -> None:
    async with store_on(server, SHORT_S) as store:
        epoch = await own(store)
        await admin.config_set("maxmemory", 1)
        with pytest.raises(StateUnavailable):
            await store.commit([a_commit(epoch)])

        await store.probe({3})


# Faults that last


async def test_a_server_that_stays_away_is_reported_in_one_line() -> None:
    port = free_port()
    async with store_on(port, SHORT_S) as store:
        with pytest.raises(StateUnavailable, match=f"^Redis at localhost:{port} gave no .* for 0.3 s: .*$"):
            await store.acquire(3, 12)


async def test_full_memory_changes_nothing_and_is_reported(server: int, admin: redis.asyncio.Redis) -> None:
    async with store_on(server, SHORT_S) as store:
        epoch = await own(store)
        await admin.config_set("maxmemory", 1)

        with pytest.raises(StateUnavailable, match="OutOfMemoryError"):
            await store.commit([a_commit(epoch)])

        await admin.config_set("maxmemory", 0)
        assert await store.commit([a_commit(epoch)]) == [CommitResult(Outcome.APPLIED, 1, {})]
        assert await store.load_many({3: ["h:u1"]}) == {3: [b"a"]}


async def test_full_memory_still_lets_the_outbox_be_trimmed(server: int, admin: redis.asyncio.Redis) -> None:
    async with store_on(server, SHORT_S) as store:
        epoch = await own(store)
        await store.commit([a_commit(epoch)])
        await admin.config_set("maxmemory", 1)

        assert await store.trim_outbox(3, epoch, 1) is Outcome.APPLIED
        assert await store.outbox(3) == Outbox(1, [])


async def refusal(store: RedisStore) -> StateError:
    with pytest.raises(StateRefused) as refused:
        await store.acquire(3, 12)
    assert "\n" not in str(refused.value)
    return refused.value


async def test_a_wrong_password_is_refused_at_once_and_not_repeated(
    server: int, admin: redis.asyncio.Redis
) -> None:
    await admin.execute_command("ACL", "SETUSER", "detector", "on", ">right", "~*", "+@all")
    async with impatient_client(server, username="detector", password="hunter2") as client:
        error = await refusal(RedisStore(client, deadline_s=LONG_S))

    assert "AuthenticationError" in str(error)
    assert "hunter2" not in str(error)


async def test_a_missing_permission_is_refused_without_naming_the_user_key(
    server: int, admin: redis.asyncio.Redis
) -> None:
    await admin.execute_command("ACL", "SETUSER", "detector", "on", "nopass", "~other:*", "+@all")
    async with impatient_client(server, username="detector", password="any") as client:
        store = RedisStore(client, deadline_s=LONG_S)
        with pytest.raises(StateRefused, match="NoPermissionError") as refused:
            await store.load_many({3: ["h:user-4711"]})

    assert "4711" not in str(refused.value)


async def test_the_fewest_permissions_are_enough(server: int, admin: redis.asyncio.Redis) -> None:
    commands = "+evalsha +script|load +hget +hgetall +hset +hincrby +mget +set +append +pexpire"
    more = "+rpush +lrange +llen +ltrim +info +hello"
    rules = ["on", "nopass", "~fd:*", "resetchannels", "-@all", *commands.split(), *more.split()]
    await admin.execute_command("ACL", "SETUSER", "detector", *rules)
    async with impatient_client(server, username="detector", password="any") as client:
        store = RedisStore(client, deadline_s=LONG_S)
        await store.check()
        epoch = await own(store)
        for expected, replace in ((0, False), (1, True)):
            await store.commit([a_commit(epoch, expected, replace=replace)])

        assert await store.load_many({3: ["h:u1"]}) == {3: [b"a"]}
        assert await store.outbox(3) == Outbox(0, [b"alert", b"alert"])
        assert await store.trim_outbox(3, epoch, 2) is Outcome.APPLIED
        assert await store.exchange_turns({3: 1}, 12, HOUR_MS) == {}


# The start-up check


async def test_a_server_without_a_memory_limit_passes_the_check(client: redis.asyncio.Redis) -> None:
    await RedisStore(client).check()


async def test_a_cluster_passes_the_check(cluster: redis.asyncio.RedisCluster) -> None:
    await RedisStore(cluster).check()


async def test_a_server_that_evicts_keys_is_refused(server: int, admin: redis.asyncio.Redis) -> None:
    await admin.config_set("maxmemory", "1gb")
    await admin.config_set("maxmemory-policy", "allkeys-lru")
    async with store_on(server) as store:
        with pytest.raises(StateRefused, match=r"allkeys-lru.*set it to noeviction$"):
            await store.check()

        await admin.config_set("maxmemory-policy", "noeviction")
        await store.check()


async def test_a_cluster_that_evicts_keys_is_refused(cluster: redis.asyncio.RedisCluster) -> None:
    await cluster.config_set("maxmemory", "1gb")
    await cluster.config_set("maxmemory-policy", "volatile-ttl")
    try:
        with pytest.raises(StateRefused, match="volatile-ttl"):
            await RedisStore(cluster).check()
    finally:
        await cluster.config_set("maxmemory", 0)
        await cluster.config_set("maxmemory-policy", "noeviction")

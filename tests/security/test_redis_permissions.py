"""Redis' shipped users: each needs every permission that it has, and may do no more."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from detector.config import RedisSettings, Settings, TopicSettings
from detector.core.deciding import Deciding
from detector.core.history import Entry, History
from detector.state.codec import Tail
from detector.state.connect import connect
from detector.state.errors import StateRefused
from detector.state.redis_lists import RedisLists
from detector.state.redis_store import RedisStore
from detector.state.store import Commit, Write
from detector.stream.scopes import Scopes
from detector.stream.stored import stored_history
from tests.core.given import ev
from tests.integration.live import Live, eventually
from tests.security.events import events
from tests.security.platform import ANALYST, EDITOR, PASSWORDS, REDIS_USERS, WORKER, Platform

MINUTE_MS = 60_000


def granted(user: str) -> list[str]:
    """The keys and commands that the shipped file gives a user of Redis."""
    [line] = [line for line in REDIS_USERS.read_text().splitlines() if line.startswith(f"user {user} ")]
    return [word for word in line.split() if word[0] in "~%+"]


def settings_of(platform: Platform, user: str) -> RedisSettings:
    return RedisSettings(
        url=f"rediss://localhost:{platform.redis_port}/0",
        username=user,
        password=PASSWORDS[user],
        ssl_cafile=platform.kafka.certificates.authority,
    )


@asynccontextmanager
async def signed_in(platform: Platform, user: str) -> AsyncIterator[Redis]:
    async with connect(settings_of(platform, user)) as client:
        yield client


@contextmanager
def without(platform: Platform, user: str, permission: str) -> Iterator[None]:
    """Have a user do without one permission meanwhile, and nothing in the log of what was denied."""
    kept = [word for word in granted(user) if word != permission]
    with platform.redis_admin() as admin:
        admin.acl_log_reset()
        admin.execute_command("ACL", "SETUSER", user, "resetkeys", "-@all", *kept)
        try:
            yield
        finally:
            admin.execute_command("ACL", "LOAD")


async def detect(client: Redis) -> None:
    """What a worker asks of Redis, in the order in which it does."""
    store, lists = RedisStore(client), RedisLists(client)
    await store.check()
    owned = await store.acquire(0, partitions=2)
    await lists.read("trusted")
    await store.set_offsets(0, owned.epoch, {"payments": 0})
    await store.load_many({0: ["h:u1", "h:u2"]})
    short = Write("h:u1", b"event", replace=False, keep_ms=MINUTE_MS, exact=True)
    long = Write("h:u2", b"event", replace=False, keep_ms=MINUTE_MS)
    await store.commit([Commit(0, owned.epoch, {"payments": (0, 1)}, [short, long], [b"alert"])])
    await store.exchange_turns({0: 1}, partitions=2, keep_ms=MINUTE_MS)
    await store.outbox(0)
    await store.trim_outbox(0, owned.epoch, upto=1)


async def edit(client: Redis) -> None:
    """What `detector lists` asks of Redis."""
    lists = RedisLists(client)
    await lists.put("watched", {"d1": "", "d2": ""})
    await lists.remove("watched", ["d1"])
    await lists.replace("watched", {"d3": ""})
    await lists.sizes()
    await lists.read("watched")
    await lists.values("watched", ["d3"])
    await lists.delete("watched")


async def look(client: Redis) -> None:
    """What `detector inspect` asks of Redis."""
    store, lists = RedisStore(client), RedisLists(client)
    await lists.versions()
    await lists.read("trusted")
    await store.partitions()
    await store.load_many({0: ["h:u1"]})


Work = Callable[[Redis], Awaitable[None]]
WORKS: list[tuple[str, Work]] = [(WORKER, detect), (EDITOR, edit), (ANALYST, look)]
CASES = [(user, work, word) for user, work in WORKS for word in granted(user)]


@pytest.fixture
async def trusted(platform: Platform) -> None:
    """A list that the worker's rules need, made by the list's editor."""
    async with signed_in(platform, EDITOR) as client:
        await RedisLists(client).put("trusted", {"m1": ""})


@pytest.mark.parametrize(("user", "work"), WORKS)
async def test_what_is_granted_is_enough(platform: Platform, trusted: None, user: str, work: Work) -> None:
    async with signed_in(platform, user) as client:
        await work(client)


@pytest.mark.parametrize(("user", "work", "permission"), CASES)
async def test_each_permission_is_needed_and_its_lack_is_told(
    platform: Platform, trusted: None, user: str, work: Work, permission: str
) -> None:
    with without(platform, user, permission):
        async with signed_in(platform, user) as client:
            with pytest.raises(StateRefused) as caught:
                await work(client)
    with platform.redis_admin() as admin:
        [denied] = admin.acl_log()
    is_command = permission.startswith("+")
    assert denied["object"] == permission[1:] if is_command else denied["reason"] == "key"
    message = str(caught.value)
    assert message.startswith(f"Redis at localhost:{platform.redis_port} refused a command: ")
    assert message.endswith("; ACL LOG in Redis names the permission that its user lacks")
    assert "\n" not in message


async def test_an_analyst_reads_what_a_worker_wrote(platform: Platform, trusted: None) -> None:
    deciding = Deciding([], {}, allowed_lateness=0, history_cap=10)
    history = History()
    history.add(Entry(ev("e1", 0), None))
    data = Scopes(TopicSettings().inputs, 2, deciding).user.codec.encode(history.unsaved, Tail())
    async with signed_in(platform, WORKER) as client:
        store = RedisStore(client)
        owned = await store.acquire(1, partitions=2)
        await store.set_offsets(1, owned.epoch, {"payments": 0})
        await store.acquire(0, partitions=2)
        write = Write("h:u1", data, replace=True, keep_ms=MINUTE_MS)
        await store.commit([Commit(1, owned.epoch, {"payments": (0, 1)}, [write], [])])
    found = await stored_history(Settings(redis=settings_of(platform, ANALYST)), [], "user_id", "u1")
    assert found.history is not None
    assert found.history.ids == ["e1"]


async def test_a_worker_that_loses_one_ends_when_it_needs_it(platform: Platform, live: Live) -> None:
    worker = live.start()
    try:
        await worker.ready()
        # Needed with the first alert.
        with without(platform, WORKER, "+rpush"):
            await live.send(events())
            code = await eventually(worker.process.poll, seconds=45)
    finally:
        worker.kill()
    assert code == 1
    last = worker.log.read_text().splitlines()[-1]
    assert last.startswith(f"Redis at localhost:{platform.redis_port} refused a command: ")


REFUSED: list[tuple[str, tuple[Any, ...]]] = [
    (WORKER, ("HSET", "fd:{lists}:registry", "trusted", "x")),
    (WORKER, ("GET", "other:{0}:meta")),
    (WORKER, ("UNLINK", "fd:{0}:meta")),
    (WORKER, ("FLUSHALL",)),
    (WORKER, ("KEYS", "*")),
    (WORKER, ("CONFIG", "GET", "*")),
    (WORKER, ("EVAL", "return 1", 0)),
    (EDITOR, ("HGETALL", "fd:{0}:meta")),
    (ANALYST, ("SET", "fd:{0}:h:u1", "x")),
    (ANALYST, ("HSET", "fd:{lists}:registry", "trusted", "x")),
    (ANALYST, ("MGET", "other:{0}:h:u1")),
    (ANALYST, ("EVAL", "return 1", 0)),
    (ANALYST, ("KEYS", "*")),
]


@pytest.mark.parametrize(("user", "command"), REFUSED)
async def test_all_else_is_refused(platform: Platform, user: str, command: tuple[Any, ...]) -> None:
    async with signed_in(platform, user) as client:
        with pytest.raises(NoPermissionError):
            await client.execute_command(*command)


async def test_who_gives_no_name_is_refused(platform: Platform) -> None:
    port, authority = platform.redis_port, platform.kafka.certificates.authority
    async with Redis(host="localhost", port=port, ssl=True, ssl_ca_certs=str(authority)) as client:
        with pytest.raises(AuthenticationError):
            await client.ping()

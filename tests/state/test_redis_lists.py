"""Lists in a real Redis, single and cluster: what readers see while others change them, and lost replies."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import RedisCluster

from detector.state import redis_lists as module
from detector.state.errors import CorruptStateError, NoSuchListError, StateRefused, StateUnavailable
from detector.state.redis_calls import Client
from detector.state.redis_lists import RedisLists, StoredList
from tests.faults.proxy import Proxy
from tests.servers.redis import own_redis
from tests.state.conftest import impatient_client

MANY = {f"m{number}": "" for number in range(5_500)}


@pytest.fixture(params=["client", "cluster"])
def server(request: pytest.FixtureRequest) -> Client:
    found: Client = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def lists(server: Client, prefix: str) -> RedisLists:
    return RedisLists(server, prefix, deadline_s=10)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[int]:
    """The port of a Redis server that the test may break."""
    with own_redis(tmp_path) as port:
        yield port


async def keys_of(server: Client, prefix: str) -> list[bytes]:
    nodes = {"target_nodes": "primaries"} if isinstance(server, RedisCluster) else {}
    found: list[bytes] = await server.keys(f"{prefix}:*", **nodes)
    return found


async def members(lists: RedisLists, name: str = "trusted") -> set[str]:
    return set((await lists.read(name)).members)


# What a list holds


async def test_a_list_is_made_by_its_first_member_and_grows_and_shrinks(lists: RedisLists) -> None:
    assert await lists.versions() == {}
    assert await lists.put("trusted", {"m1": "", "m2": ""}) == 2
    assert await lists.put("trusted", {"m2": "", "m3": ""}) == 3
    assert await lists.remove("trusted", ["m1", "nobody"]) == 2
    assert await members(lists) == {"m2", "m3"}
    assert await lists.values("trusted", ["m3", "m1"]) == ["", None]


async def test_a_tier_list_holds_a_value_for_each_member(lists: RedisLists) -> None:
    await lists.put("user_tier", {"u1": "elderly", "u2": "minor"})
    await lists.put("user_tier", {"u2": "standard"})
    assert (await lists.read("user_tier")).members == {"u1": "elderly", "u2": "standard"}
    assert await lists.values("user_tier", ["u2"]) == ["standard"]


async def test_a_list_that_is_emptied_still_exists(lists: RedisLists) -> None:
    await lists.put("trusted", {"m1": ""})
    assert await lists.remove("trusted", ["m1"]) == 0
    assert await members(lists) == set()
    assert await lists.sizes() == {"trusted": 0}


async def test_lists_share_nothing_but_the_registry(lists: RedisLists) -> None:
    await lists.put("trusted", {"m1": ""})
    await lists.put("watched", {"d1": "", "d2": ""})
    assert await members(lists) == {"m1"}
    assert await lists.sizes() == {"trusted": 1, "watched": 2}


async def test_two_prefixes_share_nothing(server: Client, prefix: str) -> None:
    one, other = RedisLists(server, prefix), RedisLists(server, f"{prefix}-other")
    await one.put("trusted", {"m1": ""})
    assert await other.versions() == {}


async def test_what_is_not_there_is_an_error_that_names_it(lists: RedisLists) -> None:
    for work in (
        lists.read("none"),
        lists.values("none", ["m"]),
        lists.remove("none", ["m"]),
        lists.delete("none"),
    ):
        with pytest.raises(NoSuchListError, match="there is no list 'none'"):
            await work
    assert await lists.versions() == {}


# Replacing and deleting


@pytest.mark.parametrize("new", [MANY, {"m7": ""}, {}], ids=["many", "one", "none"])
async def test_a_list_is_replaced_as_a_whole(lists: RedisLists, new: dict[str, str]) -> None:
    await lists.put("trusted", {"old": ""})
    await lists.replace("trusted", new)
    assert await members(lists) == set(new)
    await lists.put("trusted", {"later": ""})
    assert await members(lists) == {*new, "later"}


async def test_a_list_may_begin_by_being_replaced_and_end_by_being_deleted(
    lists: RedisLists, server: Client, prefix: str
) -> None:
    await lists.replace("trusted", MANY)
    assert await lists.sizes() == {"trusted": len(MANY)}
    await lists.delete("trusted")
    assert await lists.versions() == {}
    assert await keys_of(server, prefix) == []


async def test_replacing_leaves_nothing_behind_and_nothing_that_expires(
    lists: RedisLists, server: Client, prefix: str
) -> None:
    for number in range(3):
        await lists.replace("trusted", {f"m{number}": ""})
    keys = await keys_of(server, prefix)
    assert len(keys) == 2
    assert [await server.pttl(key) for key in keys] == [-1, -1]


async def test_what_an_interrupted_import_wrote_is_not_seen_and_expires(
    lists: RedisLists, server: Client, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lists.put("trusted", {"old": ""})
    run = lists._calls.run
    sent = itertools.count()

    async def interrupted(commands):
        if next(sent) == 2:
            raise KeyboardInterrupt
        return await run(commands)

    monkeypatch.setattr(lists._calls, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await lists.replace("trusted", MANY)
    monkeypatch.undo()
    assert await members(lists) == {"old"}
    expiring = [key for key in await keys_of(server, prefix) if await server.pttl(key) > 0]
    assert len(expiring) == 1


async def test_no_command_of_an_import_or_a_reading_holds_very_many_members(
    lists: RedisLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lists._calls.run
    sizes = []

    async def measured(commands):
        replies = await run(commands)
        sizes.extend(len(command) // 2 for command in commands)
        sizes.extend(len(reply[1]) for reply in replies if isinstance(reply, (list, tuple)))
        return replies

    monkeypatch.setattr(lists._calls, "run", measured)
    big = {f"member-{number}": "" for number in range(30_000)}
    await lists.replace("trusted", big)
    assert await members(lists) == big.keys()
    assert 900 < max(sizes) < 2_000
    assert sum(sizes) > 2 * len(big)


# Versions


async def test_every_change_gives_the_list_another_version_and_no_other_list(lists: RedisLists) -> None:
    await lists.put("watched", {"d1": ""})
    seen = [await lists.versions()]
    for change in (
        lists.put("trusted", {"m1": ""}),
        lists.put("trusted", {"m2": ""}),
        lists.remove("trusted", ["m1"]),
        lists.replace("trusted", {"m3": ""}),
        lists.replace("trusted", {"m3": ""}),
    ):
        await change
        seen.append(await lists.versions())
    assert len({versions.get("trusted") for versions in seen}) == 6
    assert len({versions["watched"] for versions in seen}) == 1
    assert await lists.read("trusted") == StoredList(seen[-1]["trusted"], {"m3": ""})


async def test_a_reading_never_mixes_a_list_with_the_one_that_replaces_it(
    lists: RedisLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a list of many members that is replaced while the first half was read
    monkeypatch.setattr(module, "_CHUNK", 1_000)
    await lists.replace("trusted", MANY)
    other = {f"n{number}": "" for number in range(3_000)}
    run = lists._calls.run
    scans = itertools.count()

    async def meanwhile(commands):
        if commands[0][0] == "HSCAN" and next(scans) == 2:
            monkeypatch.undo()
            await lists.replace("trusted", other)
        return await run(commands)

    monkeypatch.setattr(lists._calls, "run", meanwhile)
    # Then what is read is the new list alone
    assert await lists.read("trusted") == StoredList((await lists.versions())["trusted"], other)


async def test_changes_at_the_same_time_are_all_made(lists: RedisLists) -> None:
    await asyncio.gather(*(lists.put("trusted", {f"m{number}": ""}) for number in range(8)))
    assert await members(lists) == {f"m{number}" for number in range(8)}


# Lost replies and lost members


@asynccontextmanager
async def through(proxy: Proxy) -> AsyncIterator[RedisLists]:
    async with impatient_client(proxy.port) as client:
        yield RedisLists(client, deadline_s=10)


CHANGES = {
    "put": lambda lists: lists.put("trusted", {"m2": ""}),
    "remove": lambda lists: lists.remove("trusted", ["m1"]),
    "replace": lambda lists: lists.replace("trusted", {"m3": ""}),
    "delete": lambda lists: lists.delete("trusted"),
}
RESULTS = {"put": {"m1", "m2"}, "remove": set(), "replace": {"m3"}, "delete": None}


@pytest.mark.parametrize("lost", range(4))
@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_any_reply_of_which_was_lost_is_made_once(
    own_server: int, change: str, lost: int
) -> None:
    async with Proxy(own_server).running() as proxy, through(proxy) as lists:
        await lists.put("trusted", {"m1": ""})
        proxy.lose_next_reply(after=lost)
        await CHANGES[change](lists)
        expected = RESULTS[change]
        assert (await members(lists) if await lists.versions() else None) == expected


async def test_a_replacement_that_was_changed_before_it_was_known_to_be_made_stays_whole(
    own_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a replacement whose reply is lost, and a change by another before it is tried again
    async with impatient_client(own_server) as client:
        lists, other = RedisLists(client), RedisLists(client)
        await lists.put("trusted", {"m1": ""})
        run = lists._calls.run

        async def twice(commands):
            replies = await run(commands)
            if replies == [b"applied"]:
                monkeypatch.undo()
                await other.put("trusted", {"m4": ""})
                replies = await run(commands)
            return replies

        monkeypatch.setattr(lists._calls, "run", twice)
        await lists.replace("trusted", {"m3": ""})
        # Then both are there
        assert await members(lists) == {"m3", "m4"}


async def test_members_that_redis_lost_on_their_way_are_noticed(
    lists: RedisLists, server: Client, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lists.put("trusted", {"old": ""})
    run = lists._calls.run

    async def forgetful(commands):
        if commands[0][0] == "EVALSHA":
            aside = commands[0][4]
            await server.hdel(aside, "m9")
        return await run(commands)

    monkeypatch.setattr(lists._calls, "run", forgetful)
    with pytest.raises(StateUnavailable, match="lost members of trusted while they came: import it again"):
        await lists.replace("trusted", MANY)
    monkeypatch.undo()
    assert await members(lists) == {"old"}


async def test_a_tier_that_somebody_wrote_by_hand_and_that_is_none_is_refused(
    lists: RedisLists, server: Client, prefix: str
) -> None:
    await lists.put("user_tier", {"u1": "minor"})
    (key,) = [key for key in await keys_of(server, prefix) if b"user_tier" in key]
    await server.hset(key, "u2", "senior")
    with pytest.raises(CorruptStateError, match="the list user_tier holds a value that it cannot have"):
        await lists.read("user_tier")


# Permissions


@pytest.mark.parametrize(
    ("commands", "may_change"),
    [
        ("+evalsha +script|load +hget +hgetall +hscan", False),
        (
            "+evalsha +script|load +hget +hgetall +hscan +hset +hdel +hlen +hmget +pexpire +persist +unlink",
            True,
        ),
    ],
)
async def test_the_fewest_permissions_are_enough(own_server: int, commands: str, may_change: bool) -> None:
    async with impatient_client(own_server) as admin:
        await RedisLists(admin).put("trusted", {"m1": ""})
        rules = ["on", "nopass", "~fd:*", "resetchannels", "-@all", *commands.split(), "+hello"]
        await admin.execute_command("ACL", "SETUSER", "detector", *rules)
    async with impatient_client(own_server, username="detector", password="any") as client:
        lists = RedisLists(client)
        assert await members(lists) == {"m1"}
        if not may_change:
            with pytest.raises(StateRefused):
                await lists.put("trusted", {"m2": ""})
            return
        await lists.put("trusted", {"m2": ""})
        await lists.remove("trusted", ["m1"])
        assert await lists.values("trusted", ["m2"]) == [""]
        await lists.replace("trusted", {"m3": ""})
        assert await lists.sizes() == {"trusted": 1}
        await lists.delete("trusted")

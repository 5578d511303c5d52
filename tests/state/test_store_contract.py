"""What every state store promises; the same tests run on each of them."""

import asyncio
import time

import pytest

from detector.state.errors import PartitionCountChanged
from detector.state.memory_store import MemoryStore
from detector.state.redis_store import RedisStore
from detector.state.store import Commit, CommitResult, Origin, Outbox, Outcome, StateStore, Write

HOUR_MS = 3_600_000
PARTITION = 3
PARTITIONS = 12


@pytest.fixture(params=["memory", "redis", "redis with a key secret", "cluster"])
def store(request: pytest.FixtureRequest, prefix: str) -> StateStore:
    if request.param == "memory":
        return MemoryStore()
    server, _, secret = request.param.partition(" with ")
    client = request.getfixturevalue("client" if server == "redis" else "cluster")
    return RedisStore(client, prefix, deadline_s=10, key_secret=secret or None)


async def own(store: StateStore, partition: int = PARTITION, **offsets: int) -> str:
    """The epoch of a freshly acquired partition with these next offsets."""
    epoch = (await store.acquire(partition, PARTITIONS)).epoch
    await store.set_offsets(partition, epoch, offsets)
    return epoch


def append(key: str, data: bytes, keep_ms: int = HOUR_MS, exact: bool = False) -> Write:
    return Write(key, data, replace=False, keep_ms=keep_ms, exact=exact)


def replace(key: str, data: bytes) -> Write:
    return Write(key, data, replace=True, keep_ms=HOUR_MS)


def a_commit(
    epoch: str,
    *writes: Write,
    advance: dict[str, tuple[int, int]],
    outbox: tuple[bytes, ...] = (),
    partition: int = PARTITION,
    seen: dict[Origin, int] | None = None,
) -> Commit:
    return Commit(partition, epoch, advance, list(writes), list(outbox), seen or {})


async def apply(store: StateStore, commit: Commit) -> CommitResult:
    [result] = await store.commit([commit])
    return result


async def load(store: StateStore, *keys: str) -> list[bytes | None]:
    return (await store.load_many({PARTITION: keys}))[PARTITION]


async def offsets(store: StateStore) -> dict[str, int]:
    return (await store.acquire(PARTITION, PARTITIONS)).offsets


# Owning a partition


async def test_a_new_partition_has_no_offsets_no_histories_and_an_empty_outbox(store: StateStore) -> None:
    ownership = await store.acquire(PARTITION, PARTITIONS)

    assert ownership.partition == PARTITION
    assert ownership.offsets == {}
    assert ownership.seen == {}
    assert await load(store, "u1") == [None]
    assert await store.outbox(PARTITION) == Outbox(0, [])


async def test_each_acquisition_has_an_epoch_of_its_own(store: StateStore) -> None:
    epochs = {(await store.acquire(PARTITION, PARTITIONS)).epoch for _ in range(5)}

    assert len(epochs) == 5


async def test_a_partition_is_owned_until_it_is_acquired_again(store: StateStore) -> None:
    assert not await store.owns(PARTITION, "never")
    former = await own(store)
    assert await store.owns(PARTITION, former)
    latter = await own(store)
    assert not await store.owns(PARTITION, former)
    assert await store.owns(PARTITION, latter)


async def test_the_next_owner_finds_the_committed_offsets(store: StateStore) -> None:
    epoch = await own(store, payments=5, logins=0)
    await apply(store, a_commit(epoch, advance={"payments": (5, 9)}))

    assert (await store.acquire(PARTITION, PARTITIONS)).offsets == {"payments": 9, "logins": 0}


async def test_another_partition_count_is_refused_with_both_ways_out(store: StateStore) -> None:
    await own(store)

    with pytest.raises(PartitionCountChanged) as refused:
        await store.acquire(PARTITION, 24)

    assert (refused.value.stored, refused.value.found) == (12, 24)
    assert "give the topics 12 partitions again, or use another Redis key prefix" in str(refused.value)
    assert "another topic for topics.by_merchant" in str(refused.value)


async def test_a_refused_acquisition_does_not_fence_the_owner(store: StateStore) -> None:
    epoch = await own(store, payments=0)
    with pytest.raises(PartitionCountChanged):
        await store.acquire(PARTITION, 24)

    result = await apply(store, a_commit(epoch, advance={"payments": (0, 1)}))

    assert result.outcome is Outcome.APPLIED


async def test_a_partition_that_a_grown_topic_brought_along_is_refused_too(store: StateStore) -> None:
    await own(store, partition=0)

    with pytest.raises(PartitionCountChanged):
        await store.acquire(20, 24)


# Start offsets


async def test_start_offsets_are_stored_once(store: StateStore) -> None:
    epoch = await own(store)

    assert await store.set_offsets(PARTITION, epoch, {"payments": 7, "logins": 0}) is Outcome.APPLIED
    assert await store.set_offsets(PARTITION, epoch, {"payments": 7, "logins": 0}) is Outcome.ALREADY_APPLIED
    assert await offsets(store) == {"payments": 7, "logins": 0}


async def test_a_topic_that_came_later_gets_its_start_offset(store: StateStore) -> None:
    epoch = await own(store, payments=7)

    assert await store.set_offsets(PARTITION, epoch, {"payments": 7, "logins": 3}) is Outcome.APPLIED
    assert await offsets(store) == {"payments": 7, "logins": 3}


async def test_a_start_offset_never_replaces_another_offset(store: StateStore) -> None:
    epoch = await own(store, payments=7)

    assert await store.set_offsets(PARTITION, epoch, {"logins": 1, "payments": 2}) is Outcome.MISMATCH
    assert await offsets(store) == {"payments": 7}


async def test_a_former_owner_cannot_set_start_offsets(store: StateStore) -> None:
    stale = await own(store)
    await own(store)

    assert await store.set_offsets(PARTITION, stale, {"payments": 7}) is Outcome.FENCED
    assert await offsets(store) == {}


# Commits


async def test_a_commit_moves_histories_outbox_and_offsets_together(store: StateStore) -> None:
    epoch = await own(store, payments=0, logins=4)

    result = await apply(
        store,
        a_commit(
            epoch,
            append("u1", b"a"),
            append("u2", b"b"),
            advance={"payments": (0, 10), "logins": (4, 6)},
            outbox=(b"alert 1", b"alert 2"),
        ),
    )

    assert result == CommitResult(Outcome.APPLIED, outbox_end=2, stored={})
    assert await load(store, "u2", "nobody", "u1") == [b"b", None, b"a"]
    assert await store.outbox(PARTITION) == Outbox(0, [b"alert 1", b"alert 2"])
    assert await offsets(store) == {"payments": 10, "logins": 6}


@pytest.mark.parametrize("exact", [False, True], ids=["with room for more", "exact"])
async def test_appending_extends_and_replacing_starts_over(store: StateStore, exact: bool) -> None:
    epoch = await own(store, payments=0)
    first = [append("u1", b"a", exact=exact), append("u2", b"a", exact=exact)]
    await apply(store, a_commit(epoch, *first, advance={"payments": (0, 1)}))

    second = [append("u1", b"b", exact=exact), replace("u2", b"b")]
    await apply(store, a_commit(epoch, *second, advance={"payments": (1, 2)}))

    assert await load(store, "u1", "u2") == [b"ab", b"b"]


async def test_writes_to_one_key_apply_in_their_order(store: StateStore) -> None:
    epoch = await own(store, payments=0)

    await apply(
        store,
        a_commit(
            epoch,
            append("u1", b"gone"),
            replace("u1", b"kept "),
            append("u1", b"too"),
            advance={"payments": (0, 1)},
        ),
    )

    assert await load(store, "u1") == [b"kept too"]


async def test_a_repeated_commit_changes_nothing_and_says_so(store: StateStore) -> None:
    epoch = await own(store, payments=0, logins=2)
    advance = {"payments": (0, 1), "logins": (2, 2)}
    commit = a_commit(epoch, append("u1", b"a"), advance=advance, outbox=(b"alert",))
    await apply(store, commit)

    result = await apply(store, commit)

    assert result == CommitResult(Outcome.ALREADY_APPLIED, outbox_end=1, stored={})
    assert await load(store, "u1") == [b"a"]
    assert await store.outbox(PARTITION) == Outbox(0, [b"alert"])


async def test_a_former_owner_is_fenced_off(store: StateStore) -> None:
    stale = await own(store, payments=0)
    await own(store)

    commit = a_commit(stale, append("u1", b"a"), advance={"payments": (0, 1)}, outbox=(b"alert",))
    result = await apply(store, commit)

    assert result == CommitResult(Outcome.FENCED, outbox_end=0, stored={})
    assert await load(store, "u1") == [None]
    assert await store.outbox(PARTITION) == Outbox(0, [])
    assert await offsets(store) == {"payments": 0}


async def test_a_former_owner_is_fenced_off_even_for_what_it_applied_itself(store: StateStore) -> None:
    stale = await own(store, payments=0)
    commit = a_commit(stale, advance={"payments": (0, 1)})
    await apply(store, commit)
    await own(store)

    assert (await apply(store, commit)).outcome is Outcome.FENCED


async def test_a_partition_that_nobody_acquired_takes_no_commit(store: StateStore) -> None:
    result = await apply(store, a_commit("1", append("u1", b"a"), advance={"payments": (0, 1)}))

    # Nobody has fenced its owner off: the store has lost what it knew.
    assert result == CommitResult(Outcome.MISMATCH, 0, {})
    assert await load(store, "u1") == [None]


@pytest.mark.parametrize(
    "advance",
    [
        pytest.param({"payments": (12, 15)}, id="a gap"),
        pytest.param({"payments": (5, 8)}, id="a rewound reader"),
        pytest.param({"payments": (5, 12)}, id="a reader that overlaps what is stored"),
        pytest.param({"payments": (10, 12), "logins": (1, 2)}, id="one topic as expected, another not"),
        pytest.param({"payments": (9, 10), "logins": (0, 1)}, id="one topic applied, another not"),
    ],
)
async def test_other_offsets_than_expected_change_nothing_and_are_told(
    store: StateStore, advance: dict[str, tuple[int, int]]
) -> None:
    epoch = await own(store, payments=10, logins=0)

    commit = a_commit(epoch, append("u1", b"a"), advance=advance, outbox=(b"alert",))
    result = await apply(store, commit)

    known = {"payments": 10, "logins": 0}
    assert result == CommitResult(Outcome.MISMATCH, 0, {topic: known[topic] for topic in advance})
    assert await load(store, "u1") == [None]
    assert await store.outbox(PARTITION) == Outbox(0, [])
    assert await offsets(store) == known


async def test_a_topic_without_a_start_offset_cannot_be_advanced(store: StateStore) -> None:
    epoch = await own(store, payments=0)

    result = await apply(store, a_commit(epoch, advance={"payments": (0, 1), "logins": (0, 1)}))

    assert result == CommitResult(Outcome.MISMATCH, 0, {"payments": 0})


async def test_offsets_are_exact_beyond_what_a_double_holds(store: StateStore) -> None:
    epoch = await own(store, payments=2**62 + 1)

    off_by_one = await apply(store, a_commit(epoch, advance={"payments": (2**62, 2**62 + 3)}))
    exact = await apply(store, a_commit(epoch, advance={"payments": (2**62 + 1, 2**62 + 3)}))

    assert (off_by_one.outcome, exact.outcome) == (Outcome.MISMATCH, Outcome.APPLIED)
    assert await offsets(store) == {"payments": 2**62 + 3}


async def test_one_partition_fenced_does_not_hold_up_another(store: StateStore) -> None:
    stale = await own(store, partition=3, payments=0)
    await own(store, partition=3)
    good = await own(store, partition=4, payments=0)

    results = await store.commit(
        [
            a_commit(stale, append("u1", b"a"), advance={"payments": (0, 1)}, partition=3),
            a_commit(good, append("u1", b"b"), advance={"payments": (0, 1)}, partition=4),
        ]
    )

    assert [result.outcome for result in results] == [Outcome.FENCED, Outcome.APPLIED]
    assert await store.load_many({3: ["u1"], 4: ["u1"]}) == {3: [None], 4: [b"b"]}


async def test_bytes_survive_exactly(store: StateStore) -> None:
    every_byte = bytes(range(256))
    topic, key = "zahlungen-ü" + "x" * 230, "用户 {1}: \x00é"
    epoch = await own(store, **{topic: 0})

    first = a_commit(epoch, append(key, every_byte), advance={topic: (0, 1)}, outbox=(every_byte, b""))
    await apply(store, first)
    await apply(store, a_commit(epoch, append(key, every_byte * 300), advance={topic: (1, 2)}))

    assert await load(store, key) == [every_byte * 301]
    assert await store.outbox(PARTITION) == Outbox(0, [every_byte, b""])
    assert await offsets(store) == {topic: 2}


async def test_a_commit_may_hold_tens_of_thousands_of_writes_and_alerts(store: StateStore) -> None:
    count = 70_000
    epoch = await own(store, payments=0)
    writes = [append(f"u{i}", b"%d" % i) for i in range(count)]
    alerts = tuple(b"alert %d" % i for i in range(count))

    result = await apply(store, a_commit(epoch, *writes, advance={"payments": (0, count)}, outbox=alerts))

    assert result == CommitResult(Outcome.APPLIED, count, {})
    assert await load(store, *(f"u{i}" for i in range(count))) == [b"%d" % i for i in range(count)]
    assert await store.outbox(PARTITION) == Outbox(0, list(alerts))


async def test_a_history_is_forgotten_when_its_time_is_over(store: StateStore) -> None:
    epoch = await own(store, payments=0)
    writes = (append("brief", b"a", keep_ms=30), append("lasting", b"a"))
    await apply(store, a_commit(epoch, *writes, advance={"payments": (0, 1)}))

    give_up_at = time.monotonic() + 10
    while (await load(store, "brief")) != [None]:
        assert time.monotonic() < give_up_at, "the history outlived its time"
        await asyncio.sleep(0.01)

    assert await load(store, "lasting") == [b"a"]
    await apply(store, a_commit(epoch, append("brief", b"b"), advance={"payments": (1, 2)}))
    assert await load(store, "brief") == [b"b"]


async def test_a_later_write_keeps_a_history_longer(store: StateStore) -> None:
    epoch = await own(store, payments=0)
    await apply(store, a_commit(epoch, append("u1", b"a", keep_ms=60), advance={"payments": (0, 1)}))
    written_at = time.monotonic()
    await apply(store, a_commit(epoch, append("u1", b"b"), advance={"payments": (1, 2)}))

    while time.monotonic() < written_at + 0.07:
        await asyncio.sleep(0.01)

    # On a slow machine the first write may be over before the second comes.
    assert (await load(store, "u1"))[0] in (b"ab", b"b")


async def test_loading_answers_every_partition_asked_for(store: StateStore) -> None:
    epoch = await own(store, payments=0)
    await apply(store, a_commit(epoch, append("u1", b"a"), advance={"payments": (0, 1)}))

    assert await store.load_many({5: [], PARTITION: ["u1"], 6: ["u1"]}) == {
        5: [],
        PARTITION: [b"a"],
        6: [None],
    }
    assert await store.load_many({}) == {}


async def test_an_empty_round_is_answered_with_nothing(store: StateStore) -> None:
    assert await store.commit([]) == []


# What was seen of re-keyed records


async def seen(store: StateStore) -> dict[Origin, int]:
    return (await store.acquire(PARTITION, PARTITIONS)).seen


async def test_what_was_seen_moves_with_the_offsets_and_the_rest_stays(store: StateStore) -> None:
    epoch = await own(store, internal=0)
    first = {("payments", 0): 5, ("payments", 11): 2**62 + 1, ("logins", 0): 1}
    await apply(store, a_commit(epoch, advance={"internal": (0, 3)}, seen=first))
    await apply(store, a_commit(epoch, advance={"internal": (3, 4)}, seen={("payments", 0): 6}))

    ownership = await store.acquire(PARTITION, PARTITIONS)

    assert ownership.seen == first | {("payments", 0): 6}
    assert ownership.offsets == {"internal": 4}


async def test_topics_of_any_name_are_told_apart(store: StateStore) -> None:
    epoch = await own(store, internal=0)
    odd = {("a:1", 1): 2, ("a", 11): 3, ("1:a", 1): 4, ("o:a", 1): 5}
    await apply(store, a_commit(epoch, advance={"internal": (0, 1)}, seen=odd))

    assert await seen(store) == odd


async def test_a_former_owner_has_seen_nothing(store: StateStore) -> None:
    stale = await own(store, internal=0)
    await own(store)

    await apply(store, a_commit(stale, advance={"internal": (0, 1)}, seen={("payments", 0): 5}))

    assert await seen(store) == {}


async def test_a_commit_at_other_offsets_than_expected_has_seen_nothing(store: StateStore) -> None:
    epoch = await own(store, internal=7)

    await apply(store, a_commit(epoch, advance={"internal": (0, 1)}, seen={("payments", 0): 5}))

    assert await seen(store) == {}


async def test_a_repeated_commit_does_not_take_back_what_was_seen_after_it(store: StateStore) -> None:
    epoch = await own(store, internal=0, payments=0)
    commit = a_commit(epoch, advance={"internal": (0, 1)}, seen={("payments", 0): 5})
    await apply(store, commit)
    await apply(store, a_commit(epoch, advance={"payments": (0, 1)}, seen={("payments", 0): 9}))

    await apply(store, commit)

    assert await seen(store) == {("payments", 0): 9}


# How far partitions are


async def test_what_one_worker_left_the_others_see(store: StateStore) -> None:
    assert await store.exchange_turns({0: 2**53, 1: None, 2: 0}, 4, HOUR_MS) == {}

    assert await store.exchange_turns({3: 7}, 4, HOUR_MS) == {0: 2**53, 2: 0}
    assert await store.exchange_turns({0: None, 1: 5}, 4, HOUR_MS) == {2: 0, 3: 7}
    assert await store.exchange_turns({2: 1, 3: 8}, 4, HOUR_MS) == {1: 5}


async def test_what_was_left_is_forgotten_after_its_time(store: StateStore) -> None:
    await store.exchange_turns({0: 1}, 2, 30)

    give_up_at = time.monotonic() + 10
    while await store.exchange_turns({1: None}, 2, HOUR_MS):
        assert time.monotonic() < give_up_at, "it outlived its time"
        await asyncio.sleep(0.01)


# Outbox


async def outbox_of(store: StateStore, *entries: bytes) -> str:
    epoch = await own(store, payments=0)
    await apply(store, a_commit(epoch, advance={"payments": (0, 1)}, outbox=entries))
    return epoch


async def test_the_outbox_keeps_its_numbers_when_it_is_trimmed(store: StateStore) -> None:
    epoch = await outbox_of(store, b"0", b"1", b"2")

    assert await store.trim_outbox(PARTITION, epoch, 2) is Outcome.APPLIED
    result = await apply(store, a_commit(epoch, advance={"payments": (1, 2)}, outbox=(b"3",)))

    assert result.outbox_end == 4
    assert await store.outbox(PARTITION) == Outbox(2, [b"2", b"3"])


async def test_the_outbox_keeps_its_numbers_when_it_ran_empty(store: StateStore) -> None:
    epoch = await outbox_of(store, b"0", b"1")
    await store.trim_outbox(PARTITION, epoch, 2)

    assert await store.outbox(PARTITION) == Outbox(2, [])
    result = await apply(store, a_commit(epoch, advance={"payments": (1, 2)}, outbox=(b"2",)))

    assert result.outbox_end == 3
    assert await store.outbox(PARTITION) == Outbox(2, [b"2"])


async def test_trimming_twice_trims_once(store: StateStore) -> None:
    epoch = await outbox_of(store, b"0", b"1", b"2")

    assert await store.trim_outbox(PARTITION, epoch, 1) is Outcome.APPLIED
    assert await store.trim_outbox(PARTITION, epoch, 1) is Outcome.ALREADY_APPLIED
    assert await store.outbox(PARTITION) == Outbox(1, [b"1", b"2"])


async def test_trimming_below_what_is_gone_brings_nothing_back(store: StateStore) -> None:
    epoch = await outbox_of(store, b"0", b"1", b"2")
    await store.trim_outbox(PARTITION, epoch, 2)

    assert await store.trim_outbox(PARTITION, epoch, 1) is Outcome.ALREADY_APPLIED
    assert await store.outbox(PARTITION) == Outbox(2, [b"2"])


async def test_trimming_beyond_the_end_skips_no_number(store: StateStore) -> None:
    epoch = await outbox_of(store, b"0")

    assert await store.trim_outbox(PARTITION, epoch, 99) is Outcome.APPLIED
    assert await store.outbox(PARTITION) == Outbox(1, [])


async def test_a_former_owner_trims_nothing(store: StateStore) -> None:
    stale = await outbox_of(store, b"0", b"1")
    await own(store)

    assert await store.trim_outbox(PARTITION, stale, 2) is Outcome.FENCED
    assert await store.outbox(PARTITION) == Outbox(0, [b"0", b"1"])


async def test_the_next_owner_finds_what_was_not_published(store: StateStore) -> None:
    await outbox_of(store, b"0")
    epoch = await own(store)

    assert await store.outbox(PARTITION) == Outbox(0, [b"0"])
    assert await store.trim_outbox(PARTITION, epoch, 1) is Outcome.APPLIED


async def test_a_store_that_answers_passes_a_probe_that_changes_nothing(store: StateStore) -> None:
    epoch = await own(store, payments=0)
    await store.probe({PARTITION, PARTITION + 1})
    commit = a_commit(epoch, advance={"payments": (0, 1)})
    assert (await apply(store, commit)).outcome is Outcome.APPLIED

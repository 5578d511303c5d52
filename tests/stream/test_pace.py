"""Workers keep together while any of their partitions has a backlog."""

from collections.abc import Callable

import pytest
from faust.types import TP

from detector.core.routing import MERCHANT
from detector.state.memory_store import MemoryStore
from detector.stream import pace as module
from detector.stream.pace import Pace, Turns
from detector.stream.rounds import Round

from ..core.given import window
from .given import NOW, Bench, record

HOUR_MS = 3_600_000


class CountingStore(MemoryStore):
    asked = 0

    async def exchange_turns(self, own: Turns, partitions: int, keep_ms: int) -> dict[int, int]:
        self.asked += 1
        return await super().exchange_turns(own, partitions, keep_ms)


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass."""
    now = 1000.0

    def passes(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    return passes


async def test_it_tells_the_furthest_behind_of_the_others(wait: Callable[[float], None]) -> None:
    store = MemoryStore()
    one, other = Pace(store, 4), Pace(store, 4)
    assert await one.of_others({0: 30, 1: 20}, waiting=False) is None
    assert await other.of_others({2: 10, 3: None}, waiting=False) == 20
    wait(1)
    assert await one.of_others({0: 40, 1: 50}, waiting=False) == 10


async def test_it_asks_now_and_then_and_more_often_while_waiting(wait: Callable[[float], None]) -> None:
    store = CountingStore()
    pace = Pace(store, 2)
    await pace.of_others({0: 1}, waiting=False)
    wait(0.1)
    await pace.of_others({0: 1}, waiting=False)
    assert store.asked == 1
    await pace.of_others({0: 1}, waiting=True)
    assert store.asked == 2
    wait(1)
    await pace.of_others({0: 1}, waiting=False)
    assert store.asked == 3


async def test_it_says_at_once_that_a_partition_has_caught_up(wait: Callable[[float], None]) -> None:
    store = MemoryStore()
    one, other = Pace(store, 2), Pace(store, 2)
    await one.of_others({0: 10}, waiting=False)
    await one.has_caught_up({0: None})
    assert await other.of_others({1: 20}, waiting=False) is None


async def test_who_gives_partitions_to_one_that_joins_still_waits_for_their_backlog(
    wait: Callable[[float], None],
) -> None:
    # Given a worker that has all partitions, of which one is far behind
    pace = Pace(MemoryStore(), 2)
    assert await pace.of_others({0: 30, 1: 10}, waiting=False) is None
    # When that goes to another worker, which has said nothing of it yet
    pace.begin()
    # Then the first one knows at once how far it is
    assert await pace.of_others({0: 30}, waiting=False) == 10


async def test_a_worker_does_not_run_ahead_of_anothers_backlog() -> None:
    # Given another worker that is hours behind with partition 1
    rule = window({"count": {"gte": 1}}, by=MERCHANT)
    bench = await Bench([rule], partitions=2).own()
    del bench.processor._positions[1]
    bench.processor._intake.forget(1)
    await bench.store.exchange_turns({1: NOW}, 2, HOUR_MS)
    # When this one reads what is of now
    await bench.process(record(0), record(7_200))
    # Then only what is not far ahead goes, until the other has come along
    assert bench.processor.offsets()[TP("payments", 0)] == 7_200
    assert bench.processor.waiting() == {TP("payments", 0)}
    await bench.store.exchange_turns({1: None}, 2, HOUR_MS)
    bench.processor._intake._pace._asked_at = 0.0
    await bench.processor.process(Round({}, {}, 1))
    assert bench.processor.offsets()[TP("payments", 0)] == 7_201


async def test_what_is_left_of_a_round_waits_for_a_partition_that_another_worker_takes_over() -> None:
    # Given a worker that does not know yet that another took a partition over
    bench = await Bench([window({"count": {"gte": 1}}, by=MERCHANT)], partitions=2).own()
    await bench.store.acquire(0, 2)
    # When it has a round with events of both, and is fenced off with the first of them
    await bench.process(
        record(0), record(0, partition=1, user_id="u2"), record(7_200, partition=1, user_id="u2")
    )
    # Then what is hours later waits until the other has told how far it is
    assert bench.processor.offsets()[TP("payments", 1)] == 7_200
    await bench.store.exchange_turns({0: NOW}, 2, HOUR_MS)
    await bench.processor.process(Round({}, {}, 1))
    assert bench.processor.offsets()[TP("payments", 1)] == 7_200
    await bench.store.exchange_turns({0: None}, 2, HOUR_MS)
    bench.processor._intake._pace._asked_at = 0.0
    await bench.processor.process(Round({}, {}, 1))
    assert bench.processor.offsets()[TP("payments", 1)] == 7_201


async def test_without_a_rule_by_merchant_nobody_is_asked() -> None:
    store = CountingStore()
    bench = await Bench([], partitions=2, store=store).own()
    del bench.processor._positions[1]
    bench.processor._intake.forget(1)
    await store.exchange_turns({1: NOW}, 2, HOUR_MS)
    await bench.process(record(7_200))
    assert bench.processor.offsets()[TP("payments", 0)] == 7_201
    assert store.asked == 1

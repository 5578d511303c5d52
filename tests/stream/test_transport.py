import asyncio
from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from detector.stream.gate import Gate
from detector.stream.rounds import Round
from detector.stream.transport import (
    FlowError,
    RoundConsumer,
    Stage,
    _ConsumerThread,
    check_copartitioned,
    check_positions,
)


def _consumer_that_fetched(fetched: Round) -> SimpleNamespace:
    async def wait_next_records(timeout: float) -> tuple[Round, None]:
        return fetched, None

    gate = Gate()
    gate.assign()
    return SimpleNamespace(
        gate=gate,
        can_resume_flow=asyncio.Event(),
        transport=SimpleNamespace(progress=SimpleNamespace(waiting=set)),
        _wait_next_records=wait_next_records,
        _message=lambda given: (TP("a", 0), given),
    )


async def _getmany(consumer: SimpleNamespace) -> list[Round]:
    return [message async for _, message in RoundConsumer.getmany(consumer, 1.0)]


async def test_a_round_fetched_while_the_flow_is_suspended_waits_until_it_resumes():
    fetched = Round({TP("a", 0): ["record"]}, {TP("a", 0): 1}, generation=1)
    consumer = _consumer_that_fetched(fetched)
    getting = asyncio.create_task(_getmany(consumer))
    _, waiting = await asyncio.wait({getting}, timeout=0.05)
    assert waiting
    consumer.can_resume_flow.set()
    assert await getting == [fetched]


async def test_a_round_whose_generation_ends_while_the_flow_is_suspended_is_dropped():
    consumer = _consumer_that_fetched(Round({TP("a", 0): ["record"]}, {TP("a", 0): 1}, generation=1))
    getting = asyncio.create_task(_getmany(consumer))
    await asyncio.sleep(0)
    consumer.gate.revoke()
    consumer.gate.assign()
    consumer.can_resume_flow.set()
    assert await getting == []


def _consumer_of(assigned: set[TP]) -> tuple[RoundConsumer, list[Stage]]:
    """A consumer as far as it takes to open the flow of an assignment, and the stages that it tells of."""
    entered: list[Stage] = []
    consumer = object.__new__(RoundConsumer)
    consumer.gate = Gate()
    consumer.gate.assign()
    consumer.assignment = lambda: assigned
    consumer.transport = SimpleNamespace(
        progress=SimpleNamespace(deadline=1, enter=lambda stage, given: entered.append(stage))
    )
    consumer.can_resume_flow, consumer.suspend_flow = asyncio.Event(), asyncio.Event()
    consumer._seek_to_state = AsyncMock()
    consumer._sought = None
    return consumer, entered


async def test_a_flow_that_opens_after_the_seek_is_told():
    consumer, entered = _consumer_of({TP("a", 0)})
    await consumer.perform_seek()
    assert entered == []
    consumer.resume_flow()
    assert consumer.can_resume_flow.is_set()
    assert entered == [Stage.FLOWING]


async def test_a_flow_that_opens_without_the_seek_of_its_assignment_is_not_told():
    consumer, entered = _consumer_of({TP("a", 0)})
    consumer.resume_flow()
    await consumer.perform_seek()
    consumer.gate.revoke()
    consumer.resume_flow()
    consumer.gate.assign()
    consumer.resume_flow()
    assert entered == []


@pytest.mark.parametrize("assigned", [{TP("a", 0)}, set()])
async def test_a_flow_that_opens_when_the_assignment_has_ended_is_not_told(assigned):
    consumer, entered = _consumer_of(assigned)
    consumer.gate.revoke()
    await consumer.perform_seek()
    consumer.resume_flow()
    assert entered == []


async def test_with_nothing_assigned_the_flow_opens_without_a_seek():
    consumer, entered = _consumer_of(set())
    consumer.resume_flow()
    assert entered == [Stage.FLOWING]


async def test_a_round_tells_where_a_log_ends_of_which_it_brings_nothing(monkeypatch):
    # Given a fetch of two topics of which the first fills a round
    a, b, never_asked = TP("a", 0), TP("b", 0), TP("c", 0)
    consumer = SimpleNamespace(
        assignment=lambda: {a, b, never_asked},
        highwater={a: 10, b: 20, never_asked: None}.get,
        _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=None)),
    )

    async def only_the_first(*_):
        return {a: ["record"]}

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_fetch_records", only_the_first)
    thread = object.__new__(_ConsumerThread)
    thread._ensure_consumer = lambda: consumer
    thread._ends = {a: 4, b: 5, never_asked: 6}
    # Then the other is known to have a backlog, for which the first must wait
    assert (await thread._fetch_records()).ends == {a: 10, b: 20, never_asked: 6}


def test_topics_with_the_same_partitions_are_accepted():
    check_copartitioned({TP("a", 1), TP("b", 1), TP("a", 3), TP("b", 3)}, ("a", "b"))


@pytest.mark.parametrize(
    "assigned",
    [{TP("a", 0), TP("b", 1)}, {TP("a", 0), TP("a", 1), TP("b", 0)}, {TP("a", 0)}],
    ids=["another partition", "one more", "none of one topic"],
)
def test_topics_with_different_partitions_are_refused(assigned):
    with pytest.raises(FlowError, match=r"different partitions .a: .*; b: .* the same number of partitions"):
        check_copartitioned(assigned, ("a", "b"))


def test_a_position_at_the_end_of_the_log_is_accepted():
    check_positions({TP("a", 0): 5}, {TP("a", 0): 5})


def test_a_position_beyond_the_end_of_the_log_is_refused():
    with pytest.raises(FlowError, match=r"a partition 0 up to offset 6, but Kafka's log ends at 5"):
        check_positions({TP("a", 0): 6}, {TP("a", 0): 5})


def test_a_partition_without_a_position_is_refused():
    with pytest.raises(FlowError, match="no offset for a partition 1"):
        check_positions({TP("a", 0): 0}, {TP("a", 0): 0, TP("a", 1): 0})

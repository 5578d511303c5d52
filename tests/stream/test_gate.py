import asyncio

import pytest
from faust.types import TP

from detector.stream.gate import Gate
from detector.stream.rounds import Round


def _round(generation: int) -> Round:
    return Round({TP("payments", 0): []}, generation)


async def _seek() -> None:
    pass


async def _assigned_and_open() -> Gate:
    gate = Gate()
    gate.assign()
    await gate.open(_seek)
    return gate


async def _processed(gate: Gate, fetched: Round) -> bool:
    seen = []

    async def process(given: Round) -> None:
        seen.append(given)

    await gate.run(fetched, process)
    return bool(seen)


async def _waits(gate: Gate) -> bool:
    waiting = asyncio.create_task(gate.idle())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return waiting.cancelled()


async def test_nothing_is_fetched_before_the_seek():
    gate = Gate()
    assert await _waits(gate)
    gate.assign()
    assert await _waits(gate)
    await gate.open(_seek)
    assert await gate.idle() == 1


async def test_no_seek_takes_place_while_nothing_is_assigned():
    gate = await _assigned_and_open()
    gate.revoke()
    sought = []

    async def seek() -> None:
        sought.append(True)

    await gate.open(seek)
    assert not sought
    assert await _waits(gate)


async def test_the_next_round_waits_until_the_last_one_is_processed():
    gate = await _assigned_and_open()
    assert gate.enter(_round(1))
    assert await _waits(gate)
    assert await _processed(gate, _round(1))
    assert await gate.idle() == 1


async def test_a_round_fetched_before_a_rebalance_does_not_pass_after_it():
    gate = await _assigned_and_open()
    generation = await gate.idle()
    gate.revoke()
    assert not gate.enter(_round(generation))
    gate.assign()
    await gate.open(_seek)
    assert not gate.enter(_round(generation))
    assert gate.enter(_round(generation + 1))


async def test_a_round_that_passed_before_a_rebalance_is_dropped_and_holds_nothing_up():
    gate = await _assigned_and_open()
    assert gate.enter(_round(1))
    gate.revoke()
    gate.assign()
    await gate.open(_seek)
    assert not await _processed(gate, _round(1))
    assert await gate.idle() == 2


async def test_a_stale_round_does_not_let_a_second_round_of_the_new_generation_pass():
    gate = await _assigned_and_open()
    assert gate.enter(_round(1))
    gate.revoke()
    gate.assign()
    await gate.open(_seek)
    assert gate.enter(_round(2))
    assert not await _processed(gate, _round(1))
    assert await _waits(gate)


async def test_a_rebalance_that_overtakes_the_seek_keeps_the_flow_closed():
    gate = Gate()
    gate.assign()

    async def overtaken() -> None:
        gate.revoke()
        gate.assign()

    await gate.open(overtaken)
    assert await _waits(gate)


async def test_the_seek_waits_for_the_round_that_is_being_processed():
    gate = await _assigned_and_open()
    order, go_on = [], asyncio.Event()

    async def process(_: Round) -> None:
        await go_on.wait()
        order.append("processed")

    async def seek() -> None:
        order.append("sought")

    running = asyncio.create_task(gate.run(_round(1), process))
    await asyncio.sleep(0)
    gate.revoke()
    gate.assign()
    seeking = asyncio.create_task(gate.open(seek))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(running, seeking)
    assert order == ["processed", "sought"]


async def test_after_a_failed_round_nothing_more_is_fetched():
    gate = await _assigned_and_open()
    assert gate.enter(_round(1))

    async def process(_: Round) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await gate.run(_round(1), process)
    assert await _waits(gate)


async def test_draining_waits_for_the_running_round_and_drops_the_waiting_one():
    gate = await _assigned_and_open()
    go_on = asyncio.Event()

    async def process(_: Round) -> None:
        await go_on.wait()

    running = asyncio.create_task(gate.run(_round(1), process))
    await asyncio.sleep(0)
    draining = asyncio.create_task(gate.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    go_on.set()
    await asyncio.gather(running, draining)
    assert not await _processed(gate, _round(1))
    gate.revoke()
    gate.assign()
    await gate.open(_seek)
    assert await _waits(gate)

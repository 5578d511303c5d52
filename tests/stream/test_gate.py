import asyncio

import pytest
from faust.types import TP

from detector.stream.gate import Gate
from detector.stream.rounds import Round


def _round(generation: int) -> Round:
    return Round({TP("payments", 0): []}, {}, generation)


def _assigned() -> Gate:
    gate = Gate()
    gate.assign()
    return gate


async def _processed(gate: Gate, fetched: Round) -> bool:
    seen = []

    async def process(given: Round) -> None:
        seen.append(given)

    await gate.run(fetched, process)
    return bool(seen)


async def _sought(gate: Gate) -> list[int]:
    seen = []

    async def seek(generation: int) -> None:
        seen.append(generation)

    await gate.seek(seek)
    return seen


async def _waits(gate: Gate) -> bool:
    waiting = asyncio.create_task(gate.idle())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return waiting.cancelled()


async def test_nothing_is_fetched_and_nothing_sought_while_nothing_is_assigned():
    gate = Gate()
    assert await _waits(gate)
    gate.assign()
    assert not await _waits(gate)
    assert await _sought(gate) == [1]
    gate.revoke()
    assert await _waits(gate)
    assert await _sought(gate) == []


async def test_the_next_round_waits_until_the_last_one_is_processed():
    gate = _assigned()
    assert gate.enter(_round(1))
    assert await _waits(gate)
    assert await _processed(gate, _round(1))
    assert not await _waits(gate)


async def test_a_round_read_before_the_seek_of_its_assignment_does_not_pass():
    gate = _assigned()
    gate.revoke()
    assert not gate.enter(_round(1))
    gate.assign()
    assert not gate.enter(_round(1))
    assert gate.enter(_round(2))


async def test_a_round_that_passed_before_a_rebalance_is_dropped_and_holds_nothing_up():
    gate = _assigned()
    assert gate.enter(_round(1))
    gate.revoke()
    gate.assign()
    assert not await _waits(gate)
    assert not await _processed(gate, _round(1))


async def test_a_stale_round_does_not_let_a_second_round_of_the_new_generation_pass():
    gate = _assigned()
    assert gate.enter(_round(1))
    gate.revoke()
    gate.assign()
    assert gate.enter(_round(2))
    assert not await _processed(gate, _round(1))
    assert await _waits(gate)


async def _hold(gate: Gate, fetched: Round) -> tuple[asyncio.Task[None], asyncio.Event]:
    """Start processing a round, which goes on until the event is set."""
    go_on = asyncio.Event()

    async def process(_: Round) -> None:
        await go_on.wait()

    running = asyncio.create_task(gate.run(fetched, process))
    await asyncio.sleep(0)
    return running, go_on


async def test_the_seek_waits_for_the_round_that_is_being_processed():
    gate = _assigned()
    running, go_on = await _hold(gate, _round(1))
    gate.revoke()
    gate.assign()
    seeking = asyncio.create_task(_sought(gate))
    await asyncio.sleep(0)
    assert not seeking.done()
    go_on.set()
    assert await seeking == [2]
    await running


async def test_a_seek_that_a_rebalance_overtakes_while_it_waits_is_left_out():
    gate = _assigned()
    running, go_on = await _hold(gate, _round(1))
    seeking = asyncio.create_task(_sought(gate))
    await asyncio.sleep(0)
    gate.revoke()
    gate.assign()
    go_on.set()
    assert await seeking == []
    await running


async def test_after_a_failed_round_nothing_more_passes():
    gate = _assigned()
    assert gate.enter(_round(1))

    async def process(_: Round) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await gate.run(_round(1), process)
    assert await _waits(gate)


async def test_draining_waits_for_the_running_round_and_lets_nothing_pass_afterwards():
    gate = _assigned()
    running, go_on = await _hold(gate, _round(1))
    draining = asyncio.create_task(gate.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    go_on.set()
    await asyncio.gather(running, draining)
    assert not gate.enter(_round(1))
    assert not await _processed(gate, _round(1))
    gate.revoke()
    gate.assign()
    assert await _waits(gate)
    assert await _sought(gate) == []

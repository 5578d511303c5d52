"""Ending of tasks."""

import asyncio

from detector.stream.tasks import end


async def test_a_task_that_loses_a_cancellation_ends_all_the_same() -> None:
    lost = 0

    async def deaf_once() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    task = asyncio.create_task(deaf_once())
    await asyncio.sleep(0)
    await end([task])
    assert (task.cancelled(), lost) == (True, 1)


async def test_a_task_that_failed_is_no_reason_to_stop_early() -> None:
    async def fails() -> None:
        raise ValueError

    failed, sleeping = asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    await end([failed, sleeping])
    assert sleeping.cancelled()
    assert isinstance(failed.exception(), ValueError)

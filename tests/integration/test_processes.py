"""Several workers of one command: seen as one, started again, and ended together."""

import os
import signal
from pathlib import Path

from detector.simulate import Traffic, simulate
from tests.integration.live import Live, Worker, alert_ids, eventually
from tests.integration.test_crash import expected_ids


def _start(live: Live) -> Worker:
    return live.start(arguments=("--processes", "2"))


def _children(worker: Worker) -> list[int]:
    text = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text()
    return [int(pid) for pid in text.split()]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"


async def test_two_share_the_work_and_whoever_is_killed_is_started_again(live: Live) -> None:
    # Given two workers, each with its half of the partitions
    events = [item.event for item in simulate(Traffic(users=1_000, events=20_000, seed=11, fraud=0.05))]
    worker = _start(live)
    try:
        await worker.ready()
        for number in ("1", "2"):
            await eventually(lambda n=number: worker.metric("detector_assigned_partitions", worker=n) == 2)
        first, second = _children(worker)
        await live.send(events[: len(events) // 2])
        # When one of them is killed
        os.kill(second, signal.SIGKILL)
        await eventually(lambda: any(name.startswith("worker ") for name in worker.reasons()))
        await live.send(events[len(events) // 2 :])
        # Then it is started again, and all is as if nothing had happened
        await eventually(lambda: len(set(_children(worker)) - {second}) == 2)
        await worker.ready()
        await live.has_drained()
        children = _children(worker)
        assert first in children
        assert worker.stop() == 0
    finally:
        worker.kill()
    assert not any(map(_runs, children))
    standing, _ = alert_ids(await live.read("alerts"))
    assert standing == expected_ids(events)
    assert "worker 2 ended with exit code -9, starting it again in 1 s" in worker.log.read_text()


async def test_workers_do_not_outlive_the_command_that_is_killed(live: Live) -> None:
    worker = _start(live)
    try:
        await worker.ready()
        children = _children(worker)
        assert len(children) == 2
    finally:
        worker.kill()
    await eventually(lambda: not any(map(_runs, children)))


def test_what_refuses_one_worker_is_said_once_and_ends_the_command(live: Live) -> None:
    live.extra["DETECTOR_REDIS__URL"] = "redis://127.0.0.1:1/0"

    refused = live.command("run", "--processes", "3")

    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "Redis at 127.0.0.1:1" in line

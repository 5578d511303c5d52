"""When the watchdog ends the process, and when it must not."""

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from detector.stream.watchdog import EXIT_CODE, Progress, Reading, Watchdog, follow, verdict

IDLE = Reading(assigned=True, behind=False, progress=5, heartbeat_age=0.0)
WAITING = Reading(assigned=True, behind=True, progress=5, heartbeat_age=0.0)
UNASSIGNED = Reading(assigned=False, behind=True, progress=5, heartbeat_age=0.0)


def judge(*readings: tuple[float, Reading]) -> str | None:
    """The verdict after these readings, each at its time."""
    progress = None
    reason = None
    for now, reading in readings:
        progress = follow(progress, reading, now)
        reason = verdict(progress, reading, now)
    return reason


def moved(reading: Reading, progress: int) -> Reading:
    return Reading(reading.assigned, reading.behind, progress, reading.heartbeat_age)


def test_no_progress_for_the_limit_with_work_waiting_is_the_end() -> None:
    assert judge((0, WAITING), (60, WAITING)) is None
    assert judge((0, WAITING), (60, WAITING), (61, WAITING)) == (
        "no progress for 61 s although Kafka has more records"
    )


def test_progress_starts_the_time_anew() -> None:
    assert judge((0, WAITING), (59, moved(WAITING, 6)), (119, moved(WAITING, 6))) is None
    assert judge((0, WAITING), (59, moved(WAITING, 6)), (120, moved(WAITING, 6))) is not None


def test_a_counter_that_goes_back_is_progress_too() -> None:
    # After a seek to an earlier offset.
    assert judge((0, WAITING), (50, moved(WAITING, 1)), (100, moved(WAITING, 1))) is None


@pytest.mark.parametrize("reading", [IDLE, UNASSIGNED])
def test_having_nothing_to_do_is_no_standstill(reading: Reading) -> None:
    assert judge((0, reading), (1_000, reading)) is None


@pytest.mark.parametrize("reading", [IDLE, UNASSIGNED])
def test_time_without_work_does_not_count_once_work_comes(reading: Reading) -> None:
    assert judge((0, reading), (1_000, reading), (1_001, WAITING), (1_060, WAITING)) is None
    assert judge((0, reading), (1_000, reading), (1_001, WAITING), (1_061, WAITING)) is not None


def test_a_main_loop_without_heartbeat_is_the_end_even_with_nothing_to_do() -> None:
    def stuck(age: float) -> Reading:
        return Reading(assigned=False, behind=False, progress=0, heartbeat_age=age)

    assert judge((0, stuck(60))) is None
    assert judge((0, stuck(61))) == "the main loop is stuck: no heartbeat for 61 s"


def test_a_limit_can_be_given() -> None:
    assert verdict(Progress(5, since=0), WAITING, now=11, limit_s=10) is not None


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """A worker as the watchdog sees it, and the place where its end is noted."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.reading: Callable[[], Reading] = lambda: WAITING
        self.looks = threading.Semaphore(0)
        self.ended = threading.Event()
        self.codes: list[int] = []

    def read(self) -> Reading:
        self.looks.release()
        return self.reading()

    def end(self, code: int) -> None:
        self.codes.append(code)
        self.ended.set()

    def await_looks(self, count: int) -> None:
        for _ in range(count):
            assert self.looks.acquire(timeout=5)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def watchdog(worker: Worker) -> Iterator[Watchdog]:
    watchdog = Watchdog(worker.read, worker.end, interval_s=0.001, clock=worker.clock)
    watchdog.start()
    yield watchdog
    watchdog.stop()


@pytest.mark.usefixtures("watchdog")
def test_the_process_is_ended_once_with_the_reason_in_the_log(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.await_looks(2)
    worker.clock.now = 61

    assert worker.ended.wait(5)
    assert worker.codes == [EXIT_CODE]
    assert "the watchdog ends the process: no progress for 61 s" in caplog.text


def test_a_stopped_watchdog_ends_nothing(worker: Worker, watchdog: Watchdog) -> None:
    worker.await_looks(2)
    watchdog.stop()
    worker.clock.now = 1_000

    assert not worker.codes


@pytest.mark.usefixtures("watchdog")
def test_a_watchdog_that_cannot_see_ends_the_process(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Reading:
        raise KeyError("user-1")

    worker.reading = fail

    assert worker.ended.wait(5)
    assert "cannot read the worker's state: KeyError" in caplog.text
    assert "user-1" not in caplog.text


class StuckHandler(logging.Handler):
    """A log whose reader has stopped reading."""

    def __init__(self) -> None:
        super().__init__()
        self.freed = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.freed.wait(30)


@pytest.mark.usefixtures("watchdog")
def test_a_stuck_log_does_not_save_a_stuck_process(worker: Worker) -> None:
    handler = StuckHandler()
    logger = logging.getLogger("detector.stream.watchdog")
    logger.addHandler(handler)
    try:
        worker.await_looks(2)
        worker.clock.now = 61
        assert worker.ended.wait(10)
    finally:
        handler.freed.set()
        logger.removeHandler(handler)

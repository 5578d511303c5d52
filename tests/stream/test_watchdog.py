"""What the watchdog shows, and when it ends the process."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping

import pytest

from detector.stream.signs import Stall
from detector.stream.watchdog import EXIT_CODE, Watchdog


def stall(seconds: float, name: str = "records") -> Stall:
    return Stall(name, f"{name} stand still for {seconds:.0f} s", seconds, 60.0)


class Worker:
    """A worker as the watchdog sees it, and the place where its end is noted."""

    def __init__(self) -> None:
        self.stalls: Callable[[], list[Stall]] = lambda: [stall(0)]
        self.looks = threading.Semaphore(0)
        self.shown: Mapping[str, str] = {}
        self.ended = threading.Event()
        self.codes: list[int] = []

    def look(self) -> list[Stall]:
        return self.stalls()

    def show(self, reasons: Mapping[str, str]) -> None:
        self.shown = reasons
        self.looks.release()

    def end(self, code: int) -> None:
        self.codes.append(code)
        self.ended.set()

    def has(self, *stalls: Stall) -> None:
        """Have these stalls, and be seen so."""
        self.stalls = lambda: list(stalls)
        while self.looks.acquire(blocking=False):
            pass
        # The first look from here on may have begun before.
        for _ in range(2):
            assert self.looks.acquire(timeout=5)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def watchdog(worker: Worker) -> Iterator[Watchdog]:
    watchdog = Watchdog(worker.look, worker.show, worker.end, interval_s=0.001)
    watchdog.start()
    yield watchdog
    watchdog.stop()


@pytest.mark.usefixtures("watchdog")
def test_what_stands_still_for_more_than_ten_seconds_is_shown_until_it_moves(worker: Worker) -> None:
    worker.has(stall(10), stall(3, "redis"))
    assert worker.shown == {}
    worker.has(stall(11), stall(3, "redis"))
    assert worker.shown == {"records": "records stand still for 11 s"}
    worker.has(stall(0), stall(3, "redis"))
    assert worker.shown == {}
    assert not worker.codes


@pytest.mark.usefixtures("watchdog")
def test_the_process_is_ended_once_with_the_reasons_in_the_log(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.has(stall(60), stall(60, "redis"))
    assert not worker.codes
    worker.stalls = lambda: [stall(61), stall(60, "kafka"), stall(62, "redis")]

    assert worker.ended.wait(5)
    assert worker.codes == [EXIT_CODE] == [70]
    [line] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert line.getMessage() == (
        "the watchdog ends the process: records stand still for 61 s; redis stand still for 62 s"
    )


def test_a_stopped_watchdog_ends_nothing(worker: Worker, watchdog: Watchdog) -> None:
    worker.has(stall(0))
    watchdog.stop()
    worker.stalls = lambda: [stall(1_000)]

    assert not worker.codes


@pytest.mark.usefixtures("watchdog")
def test_a_watchdog_that_cannot_see_ends_the_process(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[Stall]:
        raise KeyError("user-1")

    worker.stalls = fail

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
        worker.stalls = lambda: [stall(61)]
        assert worker.ended.wait(10)
    finally:
        handler.freed.set()
        logger.removeHandler(handler)

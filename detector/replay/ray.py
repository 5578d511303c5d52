"""A Ray cluster, which runs the tasks of a backtest: the same work as on one machine, on more cores."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, TypeVar

from detector.replay.run.errors import RunError, spilling
from detector.replay.run.executor import without_collection

Task = TypeVar("Task")
Done = TypeVar("Done")

# Tasks hold no more than a piece of a stream, and results less: what is large lies in the run's own files.
_OBJECT_STORE_BYTES = 256 << 20
_ANSWERS_WITHIN_S = 5


class OnRay:
    """Runs tasks on a cluster, or on a Ray of its own on this machine, for as long as the context lasts.

    All nodes read the files of events, and read and write those of the run, by the same paths.

    Args:
        address: of the cluster's head, HOST:PORT; None starts a Ray on this machine alone.
        workers: how many tasks are run at a time at most; None is as many as cores are free.
        spill_dir: the directory of the run's own files.
    """

    def __init__(self, address: str | None, workers: int | None, spill_dir: Path) -> None:
        self.workers = workers or 0
        self._address = address
        self._spill_dir = spill_dir
        self._running: list[Any] = []

    def __enter__(self) -> OnRay:
        """Connect, and start the workers.

        Raises:
            RunError: there is no such cluster, it is of another version, it has no core to spare, or a node
                does not see the directory.
        """
        self._ray = _imported()
        try:
            self._connect()
            self._start()
        except BaseException:
            self._ray.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers: what they were about is of no use to anybody."""
        for worker in self._running:
            self._ray.kill(worker)
        self._ray.shutdown()

    def map(self, work: Callable[[Task], Iterator[Done]], tasks: Iterable[Task]) -> Iterator[Done]:
        """What the work yields for each of the tasks, as it comes.

        Raises:
            Exception: what the work raised.
            RunError: a worker is gone. Its task is not tried again: what it wrote is there already.
        """
        self._send(work)
        waiting = iter(tasks)
        idle, busy = list(self._running), dict[Any, Any]()
        while True:
            while idle and (task := next(waiting, None)) is not None:
                worker = idle.pop()
                busy[worker.run.remote(task)] = worker
            if not busy:
                return
            [first], _ = self._ray.wait(list(busy), num_returns=1)
            coming = next(first, None)
            if coming is None:
                idle.append(busy.pop(first))
            else:
                yield self._got(coming)

    def _connect(self) -> None:
        with _stopped_as_before():
            self._join()

    def _join(self) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address is not None:
            _reach(self._address)
            try:
                self._ray.init(address=self._address, **quiet)
            except (ConnectionError, RuntimeError, ValueError) as error:
                said = " ".join(str(error).split())
                raise RunError(f"cannot join the Ray cluster at {self._address}: {said}") from error
            return
        # Without that name Ray would join a cluster that this machine happens to be a node of.
        self._ray.init(
            "local",
            num_cpus=self.workers or os.cpu_count(),
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            **quiet,
        )

    def _start(self) -> None:
        free = int(self._ray.available_resources().get("CPU", 0))
        if not free:
            raise RunError("the Ray cluster has no core to spare; try again when others are done")
        self.workers = min(self.workers or free, free)
        kind = self._ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(_Worker)
        self._running = [kind.remote() for _ in range(self.workers)]
        with spilling(), NamedTemporaryFile(dir=self._spill_dir) as mark:
            seen = [self._got(worker.sees.remote(mark.name)) for worker in self._running]
        if blind := sorted({node for node, sees in seen if not sees}):
            raise RunError(
                f"{', '.join(blind)} of the Ray cluster cannot see {self._spill_dir}: "
                "name a directory that all nodes share with --spill-dir"
            )

    def _send(self, work: object) -> None:
        sent = self._ray.put(work)
        for told in [worker.use.remote(sent) for worker in self._running]:
            self._got(told)

    def _got(self, coming: Any) -> Any:
        failures = self._ray.exceptions
        try:
            return self._ray.get(coming)
        except failures.RayTaskError as failure:
            raise failure.cause from failure
        except failures.RayError as failure:
            said = _first_line(failure)
            raise RunError(
                f"a worker of the Ray cluster is gone, most likely because memory ran out: {said}"
            ) from failure


class _Worker:
    """Runs tasks one after the other, in a process on some node."""

    def __init__(self) -> None:
        self._work: Callable[[Any], Iterator[Any]] = iter

    def sees(self, path: str) -> tuple[str, bool]:
        """The name of its node, and whether a file is there."""
        return os.uname().nodename, os.path.exists(path)

    def use(self, work: Callable[[Any], Iterator[Any]]) -> None:
        """Keep the work for the tasks to come."""
        self._work = work

    def run(self, task: Any) -> Iterator[Any]:
        """What the work yields for a task."""
        with without_collection():
            yield from self._work(task)


def _imported() -> Any:
    # A fraud detector tells nobody of its use, unless whoever runs it wants that.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as missing:
        raise RunError("Ray is not installed: pip install 'streaming-fraud-detector[ray]'") from missing
    return ray


@contextmanager
def _stopped_as_before() -> Iterator[None]:
    """Let SIGTERM do what it did: Ray makes it end the process at once, and a run has more to say."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)


def _reach(address: str) -> None:
    """See whether anybody answers there at all: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN_S).close()
    except (OSError, ValueError) as error:
        raise RunError(
            f"no Ray cluster answers at {address}, which should be HOST:PORT of its head: {error}"
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]

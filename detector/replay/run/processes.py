"""Worker processes of this machine, which run the tasks of a backtest."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from detector.replay.run.errors import RunError
from detector.replay.run.executor import without_collection

Task = TypeVar("Task")
Done = TypeVar("Done")

_WORK, _TASK = "work", "task"
_DONE, _FINISHED, _FAILED = "done", "finished", "failed"


class Processes:
    """Runs tasks in processes that live until the context is left, or until this process does.

    They are made by a server process without threads, and share what it has imported.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._running: list[_Worker] = []

    def __enter__(self) -> Processes:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            [__name__, "detector.replay.run.users", "detector.replay.run.merchants"]
        )
        self._running = [_Worker(context) for _ in range(self.workers)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill them: what they were about is of no use to anybody."""
        for worker in self._running:
            worker.kill()

    def map(self, work: Callable[[Task], Iterator[Done]], tasks: Iterable[Task]) -> Iterator[Done]:
        """What the work yields for each of the tasks, as it comes."""
        for worker in self._running:
            worker.send(_WORK, work)
        waiting = iter(tasks)
        idle, busy = list(self._running), dict[Connection, _Worker]()
        while True:
            while idle and (found := next(waiting, None)) is not None:
                worker = idle.pop()
                worker.send(_TASK, found)
                busy[worker.connection] = worker
            if not busy:
                return
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                kind, value = worker.receive()
                if kind == _DONE:
                    yield value
                else:
                    idle.append(busy.pop(worker.connection))


class _Worker:
    """One process, and the pipe to it."""

    def __init__(self, context: multiprocessing.context.ForkServerContext) -> None:
        self.connection, others = context.Pipe()
        self._process = context.Process(target=_work, args=(others,), daemon=True)
        self._process.start()
        # So that the pipe ends when the process does.
        others.close()

    def send(self, kind: str, value: Any) -> None:
        try:
            self.connection.send((kind, value))
        except ConnectionError:
            self._lost()

    def receive(self) -> tuple[str, Any]:
        try:
            kind, value = self.connection.recv()
        except (EOFError, ConnectionError):
            self._lost()
        if kind == _FAILED:
            error, trace = value
            raise error from _RaisedThereError(trace)
        return kind, value

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()

    def _lost(self) -> NoReturn:
        self._process.join()
        code = self._process.exitcode or 0
        if code == -signal.SIGKILL:
            raise RunError(
                "a worker process was killed, most likely because memory ran out; use fewer with --workers"
            )
        told = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise RunError(f"a worker process ended in the middle of its work ({told})")


class _RaisedThereError(Exception):
    """Shows where in the other process an error was raised."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _work(connection: Connection) -> None:
    """Run what comes through the pipe until its other end is closed."""
    # Ctrl-C in a terminal reaches all of them: the one that the user sees decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _, work = connection.recv()
        while True:
            kind, value = connection.recv()
            if kind == _WORK:
                work = value
            else:
                _run(work, value, connection)
    except (EOFError, ConnectionError):
        return


def _run(work: Callable[[Any], Iterator[Any]], task: Any, connection: Connection) -> None:
    try:
        with without_collection():
            for done in work(task):
                connection.send((_DONE, done))
    except ConnectionError:
        raise
    except Exception as error:
        connection.send((_FAILED, (error, traceback.format_exc())))
    else:
        connection.send((_FINISHED, None))

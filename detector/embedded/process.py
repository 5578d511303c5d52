"""A server in a child process that never outlives the process which started it.

A guard shell leads the server's process group and waits on a pipe that only this process holds open. When
the pipe closes, because the server is stopped or because this process died of anything at all, the guard
kills the group. The kernel does the noticing, so it holds after SIGKILL, from any thread, and on Linux and
macOS alike. A group of its own also keeps Ctrl-C in the terminal from reaching the server before its user
has drained.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen

from detector.embedded.errors import EmbeddedServerError

_GUARD = ["/bin/sh", "-c", "read -r _; kill -9 0"]
_POLL_SECONDS = 0.02
_LOG_TAIL_LINES = 5


@contextmanager
def running_server(
    command: Sequence[str], directory: Path, answers: Callable[[], bool], *, timeout: float
) -> Iterator[int]:
    """Run a server for the length of a `with` block, entered once the server answers.

    Gives the process group that the server, its children and their guard are in.

    Args:
        command: The program and its arguments.
        directory: Its working directory; its output goes to `server.log` there.
        answers: Whether the server serves requests yet; asked again and again, must not raise.
        timeout: Seconds to wait for the first answer.

    Raises:
        EmbeddedServerError: It cannot be executed, ended early, or did not answer in time.
    """
    log = directory / "server.log"
    with _guard() as group:
        server = _spawn(command, directory, log, group)
        try:
            if failure := _start_failure(server, answers, timeout):
                raise EmbeddedServerError(f"{command[0]} {failure}: {tail_of(log)}")
            yield group
        finally:
            server.kill()
            server.wait()


@contextmanager
def _guard() -> Iterator[int]:
    with Popen(_GUARD, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, process_group=0) as guard:
        # Leaving the block closes the pipe and waits for the guard, which takes the group with it.
        yield guard.pid


def _spawn(command: Sequence[str], directory: Path, log: Path, group: int) -> Popen[bytes]:
    try:
        with log.open("wb") as output:
            return Popen(
                command, cwd=directory, stdin=DEVNULL, stdout=output, stderr=STDOUT, process_group=group
            )
    except OSError as error:
        raise EmbeddedServerError(f"{command[0]} cannot be executed here: {error.strerror}") from error


def _start_failure(server: Popen[bytes], answers: Callable[[], bool], timeout: float) -> str | None:
    deadline = time.monotonic() + timeout
    while not answers():
        if server.poll() is not None:
            return f"ended with {server.returncode}"
        if time.monotonic() > deadline:
            return f"did not answer in {timeout:g} s"
        time.sleep(_POLL_SECONDS)
    return None


def tail_of(log: Path) -> str:
    """Return the last lines of a log as one line."""
    lines = log.read_text(errors="replace").split("\n")
    return " | ".join([line.strip() for line in lines if line.strip()][-_LOG_TAIL_LINES:]) or "no output"

"""One worker in a process of its own, and what it says over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

from detector.monitor.ports import free_port

_HOST = "127.0.0.1"
_ANSWER_SECONDS = 2.0
_UNREADY = "# TYPE detector_ready gauge\ndetector_ready 0.0\n# EOF\n"
# With exemplars, which the plain text format has no place for.
_OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


class WorkerProcess:
    """A worker with a port of this machine for itself.

    It ends when this process does, whatever that dies of: it reads a pipe that only this one holds open.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start it with these arguments of `detector run`."""
        port = free_port()
        self._url = f"http://{_HOST}:{port}"
        own = {"DETECTOR_HTTP__HOST": _HOST, "DETECTOR_HTTP__PORT": str(port)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "detector", "run", "--while-stdin-is-open", *arguments],
            env=os.environ | own,
            stdin=subprocess.PIPE,
        )

    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens where it has ended."""
        self._process.send_signal(number)

    def end(self, seconds: float) -> None:
        """Wait until it has ended, and kill it where it takes longer."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def reasons(self) -> Mapping[str, str]:
        """Why it is not ready, by name; nothing where it is."""
        try:
            with urllib.request.urlopen(f"{self._url}/readyz", timeout=_ANSWER_SECONDS):
                return {}
        except urllib.error.HTTPError as refusal:
            found: dict[str, str] = json.load(refusal)["reasons"]
            return found
        except OSError:
            return {"http": "it does not answer"}

    def metrics(self) -> str:
        """Its metrics as OpenMetrics text; where it does not answer, that it is not ready."""
        request = urllib.request.Request(f"{self._url}/metrics", headers={"Accept": _OPEN_METRICS})
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            return _UNREADY

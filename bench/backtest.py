"""How fast a backtest is, and how much memory it takes, run as a user runs it.

`detector generate` writes the events into a file, a hundred a user, and `detector backtest` reads it with the
shipped rules. The clock runs from the start of its process to its end, so that starting Python, reading,
and writing the alerts count. CPU time and memory are those of all its processes, looked at four times a
second; memory is what they had at most at the same moment, what they share counted once (PSS).

Before that, a first part of the events goes through `detector backtest` and through one engine that reads
it from front to end: the alerts must be the same bytes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.errors import BenchFailed
from bench.proc import group_cpu, group_pss
from bench.processes import with_environment
from detector.config import Settings
from detector.core.rule import Rule
from detector.replay.backtest import Backtest
from detector.rules.rule_set import rules_in_force

_EVENTS_OF_A_USER = 100
_SEED = 1
_COMPARED = 100_000
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class BacktestRun:
    """What a backtest took; `peak_bytes` is the memory of all its processes together."""

    events: int
    bytes_read: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    alerts: int

    @property
    def rate(self) -> float:
        """Events a second of the clock."""
        return self.events / self.seconds

    @property
    def cpu_rate(self) -> float:
        """Events a second of CPU time."""
        return self.events / self.cpu_seconds


def measure_backtest(events: int, code: Path) -> BacktestRun:
    """Backtest so many events with the code of that folder.

    Raises:
        BenchFailed: it failed, or its alerts are not those of one engine that reads the same events.
    """
    with TemporaryDirectory(prefix="bench-backtest-") as folder:
        file = Path(folder) / "events.ndjson"
        _generate(events, file)
        _check(file, code)
        alerts = Path(folder) / "alerts.ndjson"
        process = _start(file, alerts, code)
        seconds, cpu, peak = _watch(process)
        return BacktestRun(events, file.stat().st_size, seconds, cpu, peak, len(list(_lines(alerts))))


def _generate(events: int, file: Path) -> None:
    users = max(1, events // _EVENTS_OF_A_USER)
    options = ["--users", str(users), "--events", str(events), "--seed", str(_SEED)]
    with file.open("wb") as out:
        subprocess.run([sys.executable, "-m", "detector", "generate", *options], stdout=out, check=True)


def _check(file: Path, code: Path) -> None:
    part, alerts = file.with_name("part.ndjson"), file.with_name("alerts-of-part.ndjson")
    with part.open("wb") as out:
        out.writelines(islice(_lines(file), _COMPARED))
    _watch(_start(part, alerts, code))
    expected = _serial(rules_in_force([], True), part)
    if list(_lines(alerts)) != [msgspec.json.encode(alert) + b"\n" for alert in expected]:
        raise BenchFailed("the backtest's alerts are not those of an engine that reads the same events")


def _serial(rules: Sequence[Rule], file: Path) -> Iterator[object]:
    state = Settings().state
    return Backtest(rules, state.allowed_lateness, state.history_cap).run(_lines(file))


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        yield from lines


def _start(file: Path, alerts: Path, code: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "detector",
        "backtest",
        "--events",
        str(file),
        "--alerts-out",
        str(alerts),
    ]
    # In a folder without code, and in a group of its own, by which its processes are told from others.
    return subprocess.Popen(
        [*with_environment({}, code), *command, "--quiet"],
        cwd=file.parent,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _watch(process: subprocess.Popen[bytes]) -> tuple[float, float, int]:
    """Wait for the end; gives the seconds of the clock and of CPU, and the most bytes in memory.

    Raises:
        BenchFailed: it failed.
    """
    started = time.monotonic()
    cpu, peak, code = 0.0, 0, None
    while code is None:
        cpu = max(cpu, group_cpu(process.pid))
        peak = max(peak, group_pss(process.pid))
        try:
            code = process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    if code != 0:
        raise BenchFailed(f"detector backtest ended with exit code {code}")
    return time.monotonic() - started, cpu, peak

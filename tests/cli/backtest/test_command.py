"""`detector backtest`: its processes, where it keeps what it reads, how far it is, and how it is stopped."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from detector.cli.backtest import progress
from detector.replay.run import backtest
from detector.replay.run.progress import Progress, Stage
from tests.cli.conftest import Run
from tests.replay.run.given import debit
from tests.servers.waiting import until

EVENTS = b"\n".join(debit(f"e{n}", n * 1_000) for n in range(6))


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A backtest that has begun to read its standard input, which does not end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "detector", "backtest", "--events", "-", "--spill-dir", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdin is not None
    process.stdin.write(EVENTS)
    process.stdin.flush()
    until(lambda: any(tmp_path.iterdir()))
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_reads_it_says_so_in_one_line_and_leaves_nothing(
    number: signal.Signals, reading: subprocess.Popen[bytes], tmp_path: Path
):
    reading.send_signal(number)
    code = reading.wait(30)
    assert reading.stdout is not None
    assert reading.stderr is not None
    said = reading.stderr.read()
    assert said == b"stopped while it was reading: no event was evaluated yet, so there are no alerts\n"
    assert (code, reading.stdout.read()) == (1, b"")
    assert not list(tmp_path.iterdir())


def test_the_number_of_workers_is_that_of_its_processes_and_changes_no_alert(
    detector: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started: list[int] = []
    processes = backtest.Processes
    monkeypatch.setattr(backtest, "Processes", lambda workers: started.append(workers) or processes(workers))
    # So long that they are worth more than one process.
    lines = [
        debit(f"e{n}", n * 1_000, user_id=f"u{n % 40}", auth_method="none", x="x" * 5_000)
        for n in range(2_000)
    ]
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join(lines))
    alone = detector("backtest", "--events", str(events), "--workers", "1")
    together = detector("backtest", "--events", str(events), "--workers", "3")
    assert started == [3]
    assert alone.out == together.out
    assert "no-password-burst" in alone.out
    assert alone.code == together.code == 0


def test_a_directory_that_is_not_there_is_said_in_one_line(detector: Run, tmp_path: Path):
    events = tmp_path / "events.ndjson"
    events.write_bytes(EVENTS)
    done = detector("backtest", "--events", str(events), "--spill-dir", str(tmp_path / "missing"))
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "--spill-dir names a directory" in done.err


def test_a_run_that_fails_leaves_the_page_of_an_earlier_one(detector: Run, tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text("earlier")
    done = detector("backtest", "--events", str(tmp_path / "missing.ndjson"), "--report", str(page))
    assert done.code == 1
    assert page.read_text() == "earlier"


@pytest.mark.parametrize("option", ["--alerts-out", "--report"])
def test_what_is_read_is_not_overwritten(option: str, detector: Run, tmp_path: Path):
    events = tmp_path / "events.ndjson"
    events.write_bytes(EVENTS)
    done = detector(
        "backtest", "--events", str(events), option, f"{tmp_path}/../{tmp_path.name}/events.ndjson"
    )
    assert done.code == 2
    assert "is read, and would be overwritten" in done.err
    assert events.read_bytes() == EVENTS


@pytest.mark.parametrize("options", [[], ["--alerts-out", "/dev/full"]])
def test_a_full_disk_is_said_in_one_line(options: list[str], tmp_path: Path):
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join(debit(f"e{n}", n * 1_000, auth_method="none") for n in range(6)))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "detector", "backtest", "--events", str(events), *options],
            stdout=full,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        1,
        b"what the command gives cannot be written: No space left on device\n",
    )


def _shown(monkeypatch: pytest.MonkeyPatch, on_a_terminal: bool, *told: Progress) -> str:
    out = io.StringIO()
    monkeypatch.setattr(progress, "stderr", Console(file=out, force_terminal=on_a_terminal, width=200))
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    with progress.shown() as watch:
        for far in told:
            watch(far)
    return out.getvalue()


def test_elsewhere_than_on_a_terminal_a_line_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch):
    said = _shown(
        monkeypatch,
        False,
        Progress(Stage.READING, None, 1_500, 0),
        Progress(Stage.USERS, 0.5, 2_000, 1_000),
    )
    first, second = said.splitlines()
    assert first == "reading, 1,500 events read"
    assert second.startswith("rules by user, 50%, ")
    assert second.endswith("left")
    assert "events/s" in second


def test_on_a_terminal_a_bar_does(monkeypatch: pytest.MonkeyPatch):
    said = _shown(monkeypatch, True, Progress(Stage.MERCHANTS, 0.9, 2_000, 1_800))
    assert "rules by merchant" in said
    assert "90%" in said

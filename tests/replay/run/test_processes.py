"""Tasks in processes of their own: the same results, and what becomes of processes that fail."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from detector.config import StateSettings
from detector.replay.recorded.batch import Batch, Recorded, RecordedError
from detector.replay.run.backtest import Means, run
from detector.replay.run.errors import RunError
from detector.replay.run.processes import Processes
from detector.replay.run.rule_set import RuleSet

from ...core.given import MINUTE, window
from ...servers.waiting import until
from .given import TINY, Lines, as_stream, debit, in_parts, serial

RULES = (
    window({"count": {"gte": 2}}, within="1h", by="user_id"),
    window({"count": {"gte": 3}}, within="1h", by="merchant_id", id="of-merchants"),
)
LINES = [debit(f"e{n}", n * MINUTE, user_id=f"u{n % 7}", merchant_id=f"m{n % 3}") for n in range(60)]
SHARED = TINY._replace(small=0)


def _square(number: int) -> Iterator[int]:
    yield number * number
    yield os.getpid()


def _die(number: int) -> Iterator[int]:
    os.kill(os.getpid(), number)
    yield number


def _exit(number: int) -> Iterator[int]:
    os._exit(number)


class Broken(Lines):
    """A part that cannot be read to its end."""

    def batches(self) -> Iterator[Batch]:
        yield from super().batches()
        raise RecordedError("events.ndjson: cannot be read: it is broken")


def test_each_task_is_run_once_and_in_another_process():
    with Processes(2) as processes:
        found = list(processes.map(_square, range(1, 20)))
    assert sorted(found)[:19] == sorted(n * n for n in range(1, 20) if n * n < 400)
    assert os.getpid() not in found


@pytest.mark.parametrize("recorded", [in_parts(Random(2), LINES), as_stream(LINES)], ids=["parts", "stream"])
def test_a_run_in_processes_is_a_serial_backtest(recorded: Recorded, tmp_path: Path):
    means = Means(workers=2, spill_dir=tmp_path, limits=SHARED)
    with run(recorded, [RuleSet("candidate", RULES)], StateSettings(), {}, means=means) as result:
        alerts, summary = serial(RULES, LINES, StateSettings(), {})
        summary.seconds = result.summary.seconds
        assert (list(result.lines("candidate")), result.summary) == (alerts, summary)
    assert alerts
    assert not list(tmp_path.iterdir())
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("work", "number", "told"),
    [
        (_die, signal.SIGKILL, "a worker process was killed, most likely because memory ran out"),
        (_die, signal.SIGSEGV, r"ended in the middle of its work \(SIGSEGV\)"),
        (_exit, 3, r"ended in the middle of its work \(exit code 3\)"),
    ],
)
def test_a_process_that_is_gone_ends_the_run(work, number: int, told: str):
    with pytest.raises(RunError, match=told), Processes(2) as processes:
        list(processes.map(work, [number]))
    assert not multiprocessing.active_children()


def test_what_is_wrong_with_a_source_is_said_as_it_is_and_nothing_is_left_behind(tmp_path: Path):
    broken = Broken(LINES)
    recorded = Recorded([Lines(LINES), broken], None, 2 * broken.size)
    means = Means(workers=2, spill_dir=tmp_path, limits=SHARED)
    with (
        pytest.raises(RecordedError, match="it is broken"),
        run(recorded, [RuleSet("candidate", RULES)], StateSettings(), {}, means=means),
    ):
        pytest.fail("there is no result")
    assert not list(tmp_path.iterdir())
    assert not multiprocessing.active_children()


def test_a_directory_that_cannot_be_used_is_an_error_with_a_way_out(tmp_path: Path):
    means = Means(spill_dir=tmp_path / "missing")
    with (
        pytest.raises(RunError, match="No such file or directory; --spill-dir names"),
        run(as_stream(LINES), [RuleSet("candidate", RULES)], StateSettings(), {}, means=means),
    ):
        pytest.fail("there is no result")


HELD = """
import sys, time
from pathlib import Path
from detector.config import StateSettings
from detector.replay.run.backtest import Means, run
from detector.replay.run.progress import Stage
from detector.replay.run.rule_set import RuleSet
from tests.replay.run.given import as_stream
from tests.replay.run.test_processes import LINES, RULES, SHARED

def hold(far):
    if far.stage is Stage.USERS and far.share > 0.1:
        print("evaluating", flush=True)
        time.sleep(600)

if __name__ == "__main__":
    means = Means(workers=2, spill_dir=Path(sys.argv[1]), limits=SHARED)
    rule_sets = [RuleSet("candidate", RULES)]
    with run(as_stream(LINES), rule_sets, StateSettings(), {}, watch=hold, means=means) as result:
        print(result.summary.interruption is not None, result.summary.published, flush=True)
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that has begun to evaluate, goes on no further, and has a session of its own."""
    script = tmp_path / "held.py"
    script.write_text(HELD)
    spill = tmp_path / "spill"
    spill.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(script), str(spill)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "evaluating\n"
    yield process
    process.kill()
    process.communicate()


def _of_session(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def test_ctrl_c_ends_all_processes_and_gives_what_was_evaluated(held: subprocess.Popen[str], tmp_path: Path):
    assert len(_of_session(held.pid)) > 2
    os.killpg(held.pid, signal.SIGINT)
    out, err = held.communicate(timeout=60)
    assert (out.split()[0], err, held.returncode) == ("True", "", 0)
    until(lambda: not _of_session(held.pid))
    assert not list((tmp_path / "spill").iterdir())


def test_no_process_outlives_a_run_that_is_killed(held: subprocess.Popen[str]):
    held.kill()
    held.wait()
    until(lambda: not _of_session(held.pid))

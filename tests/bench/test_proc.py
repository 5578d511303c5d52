"""What is read of /proc."""

import os
import signal
import time
from pathlib import Path

from bench.proc import (
    command_of,
    group_cpu,
    group_peak_memory,
    group_pss,
    has_ended,
    processes,
    read_stat,
    signal_group,
)
from detector.embedded.process import running_server

TICKS = os.sysconf("SC_CLK_TCK")


def stat(name: str = "java", state: str = "S") -> str:
    """A line of a process 7 of parent 3 in group 5: 10 s user, 20 system, 30 and 40 of its children."""
    used = " ".join(str(seconds * TICKS) for seconds in (10, 20, 30, 40))
    return f"7 ({name}) {state} 3 5 5 0 -1 4194560 1 2 3 4 {used} 20 0 1 0 100 200"


def test_cpu_is_that_of_the_process_and_of_the_children_it_waited_for() -> None:
    found = read_stat(stat())
    assert (found.pid, found.name, found.parent, found.group, found.cpu) == (7, "java", 3, 5, 100.0)


def test_a_name_may_hold_spaces_and_parentheses() -> None:
    found = read_stat(stat("a) S (b c"))
    assert (found.name, found.parent) == ("a) S (b c", 3)


def test_a_zombie_is_over() -> None:
    assert read_stat(stat(state="Z")).is_over
    assert not read_stat(stat(state="R")).is_over


def test_a_group_has_the_cpu_of_its_children(tmp_path: Path) -> None:
    busy = (
        "import os, time; time.process_time(); [None for _ in iter(lambda: time.process_time() > 0.3, True)]"
    )
    script = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {busy!r}]); "
    script += "open('done', 'w').close(); time.sleep(600)"
    done = tmp_path / "done"
    with running_server(["python3", "-c", script], tmp_path, done.exists, timeout=30) as group:
        assert group_cpu(group) >= 0.3
        assert not has_ended(group)


def test_a_group_that_only_its_guard_is_left_of_has_ended(tmp_path: Path) -> None:
    with running_server(["sleep", "0.1"], tmp_path, lambda: True, timeout=30) as group:
        pids = [process.pid for process in processes() if process.group == group and process.name == "sleep"]
        for pid in pids:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(group)


def test_the_command_of_a_process_is_told() -> None:
    own = next(process for process in processes() if process.pid == os.getpid())
    assert any("pytest" in part or "python" in part for part in command_of(own))
    assert command_of(own._replace(pid=2**31)) == []


def test_a_group_has_the_memory_of_all_its_processes_at_their_peaks(tmp_path: Path) -> None:
    # What was let go of again was needed all the same.
    child = "b = bytearray(60_000_000); del b; open('child', 'w').close(); import time; time.sleep(600)"
    script = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}]); "
    script += "b = bytearray(30_000_000); open('parent', 'w').close(); p.wait()"
    done = [tmp_path / "child", tmp_path / "parent"]
    answers = lambda: all(path.exists() for path in done)  # noqa: E731
    with running_server(["python3", "-c", script], tmp_path, answers, timeout=30) as group:
        assert 90_000_000 < group_peak_memory(group) < 150_000_000


def test_what_the_processes_of_a_group_share_counts_once(tmp_path: Path) -> None:
    script = "import os, time; b = bytearray(b'x') * 60_000_000; os.fork() or os.fork(); "
    script += "open(f'ready-{os.getpid()}', 'w').close(); time.sleep(600)"
    answers = lambda: len(list(tmp_path.glob("ready-*"))) == 3  # noqa: E731
    with running_server(["python3", "-c", script], tmp_path, answers, timeout=30) as group:
        assert 60_000_000 < group_pss(group) < 100_000_000


def test_a_signal_reaches_the_processes_and_spares_their_guard(tmp_path: Path) -> None:
    script = "import pathlib, signal, sys, time; "
    script += "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path('told').touch(), sys.exit())); "
    script += "pathlib.Path('ready').touch(); time.sleep(600)"
    ready = tmp_path / "ready"
    with running_server(["python3", "-c", script], tmp_path, ready.exists, timeout=30) as group:
        signal_group(group, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while not has_ended(group):
            assert time.monotonic() < deadline
        assert (tmp_path / "told").exists()
        assert group in {process.pid for process in processes() if not process.is_over}

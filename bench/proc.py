"""What the kernel says of processes and of the CPU time that they used."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    """One process; `cpu` is the seconds of all its threads and of the children that it has waited for."""

    pid: int
    name: str
    parent: int
    group: int
    is_over: bool
    cpu: float


def processes() -> Iterator[Process]:
    """All processes of this machine."""
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        yield read_stat(text)


def read_stat(text: str) -> Process:
    """One line of /proc/PID/stat; a name may hold anything, so it ends at the last parenthesis."""
    head, _, rest = text.rpartition(") ")
    pid, _, name = head.partition(" (")
    state, parent, group, *others = rest.split()
    return Process(
        pid=int(pid),
        name=name,
        parent=int(parent),
        group=int(group),
        is_over=state in "ZX",
        cpu=sum(int(ticks) for ticks in others[8:12]) / _TICKS,
    )


def command_of(process: Process) -> list[str]:
    """The program and the arguments of a process; nothing where it has ended."""
    try:
        return (_PROC / str(process.pid) / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def group_cpu(group: int) -> float:
    """The seconds of CPU that the processes of a group have used, children that ended included."""
    return sum(process.cpu for process in processes() if process.group == group)


def group_peak_memory(group: int) -> int:
    """The bytes that the processes of a group had in memory at most, without the one that guards them.

    Each counts at its own peak, and what processes share counts for each.
    """
    return sum(peak_memory(process.pid) for process in _guarded(group))


def group_pss(group: int) -> int:
    """The bytes that the processes of a group have in memory now; what they share counts once."""
    return sum(_pss(process.pid) for process in processes() if process.group == group)


def _pss(pid: int) -> int:
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in rollup.splitlines())
    return next((int(line[1]) * 1024 for line in lines if line[0] == "Pss:"), 0)


def peak_memory(pid: int) -> int:
    """The bytes that a process had in memory at most; nothing where it has ended."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in status.splitlines())
    return next((int(line[1]) * 1024 for line in lines if line[0] == "VmHWM:"), 0)


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to the processes of a group, but for the one that guards them."""
    for process in _guarded(group):
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def has_ended(group: int) -> bool:
    """Whether no process of a group runs any more but the one that leads it, which guards the others."""
    return not _guarded(group)


def _guarded(group: int) -> list[Process]:
    """The processes of a group that run, but for the one that guards them."""
    return [
        process
        for process in processes()
        if process.group == group and process.pid != group and not process.is_over
    ]

"""How far a backtest is, on stderr: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import progress

from detector.cli.console import stderr
from detector.replay.run.progress import Progress, Watch

_SECONDS_BETWEEN_LINES = 10.0
_DOING = {"reading": "reading", "users": "rules by user", "merchants": "rules by merchant"}


@contextmanager
def shown() -> Iterator[Watch]:
    """Shows what the watch is told, for as long as the context lasts."""
    started = time.monotonic()
    if not stderr.is_terminal:
        yield _now_and_then(lambda far: _print(far, time.monotonic() - started))
        return
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.fields[left]}"),
    )
    with progress.Progress(*columns, console=stderr, transient=True) as bar:
        task = bar.add_task("", total=None, rate="", left="")

        def show(far: Progress) -> None:
            seconds = time.monotonic() - started
            bar.update(
                task,
                description=_DOING[far.stage],
                total=None if far.share is None else 1.0,
                completed=far.share or 0.0,
                rate=_rate(far, seconds),
                left=_left(far, seconds),
            )

        yield show


def _print(far: Progress, seconds: float) -> None:
    share = "" if far.share is None else f"{far.share:.0%}"
    told = [_DOING[far.stage], share, _rate(far, seconds), _left(far, seconds)]
    stderr.print(", ".join(filter(None, told)))


def _rate(far: Progress, seconds: float) -> str:
    if far.share is None:
        return f"{far.read:,} events read"
    return f"{far.events / seconds:,.0f} events/s" if far.events and seconds else ""


def _left(far: Progress, seconds: float) -> str:
    """How long it will take, as far as that can be told from how long it took."""
    if not far.share:
        return ""
    minutes, rest = divmod(round(seconds / far.share - seconds), 60)
    return f"{minutes}:{rest:02} left"


def _now_and_then(show: Callable[[Progress], None]) -> Watch:
    """What is told, but not more often than every few seconds."""
    last = time.monotonic()

    def told(far: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            show(far)

    return told

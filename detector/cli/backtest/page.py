"""The page of a backtest, which needs an extra."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from detector.cli.console import fail
from detector.cli.opened import opened
from detector.core.rule import Rule
from detector.replay.run.result import Result
from detector.replay.what_if import Answers

Page = Callable[[Result, Answers], None]
"""Writes the page: what a run gave, and what was asked of it."""


def page_at(path: Path, files: Sequence[str], rules: Sequence[Rule]) -> Page:
    """What writes the page there, of events from these files; found out before the run whether it can."""
    try:
        from detector.replay.report import ReportData, report
    except ModuleNotFoundError as missing:
        fail(f"a report needs {missing.name}: pip install 'streaming-fraud-detector[backtest]'")
    with ExitStack() as stack:
        # What stood there stays until there is a page to take its place.
        opened(stack, path, "ab")

    def write(result: Result, answers: Answers) -> None:
        data = ReportData(
            sources=files or ["Kafka"],
            made_at=int(time.time() * 1000),
            summary=result.summary,
            rules=rules,
            answers=answers,
            facts=result.facts,
        )
        path.write_text(report(data), encoding="utf-8")

    return write

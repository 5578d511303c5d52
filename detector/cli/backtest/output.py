"""Where the results of a backtest go."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec
import typer

from detector.cli.answers_text import print_answers
from detector.cli.backtest.page import Page
from detector.cli.opened import opened
from detector.replay.documents import answers_document, summary_document
from detector.replay.run.result import Result
from detector.replay.what_if import Answers


def refuse_to_overwrite(read: Iterable[str | Path], written: Iterable[tuple[str, Path | None]]) -> None:
    """A slip of the hand must not cost the events that were recorded.

    Raises:
        typer.BadParameter: a file that an option has written is one of those that are read.
    """
    names = list(read)
    for option, path in written:
        if path is not None and any(_are_one(path, Path(name)) for name in names):
            raise typer.BadParameter(f"{path} is read, and would be overwritten", param_hint=f"'{option}'")


def _are_one(path: Path, other: Path) -> bool:
    try:
        return path.is_file() and path.samefile(other)
    except OSError:
        return False


def alerts_target(stack: ExitStack, path: Path | None, *, by_default: bool) -> IO[bytes] | None:
    """Where alerts are written: the file that was named, else stdout `by_default`, else nowhere."""
    if path is not None:
        return opened(stack, path)
    return sys.stdout.buffer if by_default else None


def write_alerts(lines: Iterable[bytes], out: IO[bytes]) -> None:
    """Write alerts as NDJSON."""
    out.writelines(line + b"\n" for line in lines)
    out.flush()


def tell(result: Result, answers: Answers, page: Page | None, *, as_json: bool) -> None:
    """Say what was found out, to stdout and in the page."""
    if as_json:
        _print_json(result, answers)
    else:
        print_answers(answers)
    if page is not None:
        page(result, answers)


def _print_json(result: Result, answers: Answers) -> None:
    document = {"summary": summary_document(result.summary), **answers_document(answers)}
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()

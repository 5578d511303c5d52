"""`detector backtest`: the live engine over files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from detector.cli.console import fail, stderr
from detector.cli.options import ConfigFile, NoCatalogue, RuleDirectories, rule_files_from, settings_from
from detector.replay.backtest import Backtest, Summary
from detector.rules.faults import RuleFaultsError
from detector.rules.list_files import SUFFIX, lists_in
from detector.rules.rule_set import missing_lists


def backtest(
    events: Annotated[list[str], typer.Option(help="NDJSON events; '-' is standard input.", metavar="FILE")],
    more: Annotated[list[str] | None, typer.Argument(help="More files of events.", metavar="FILE...")] = None,
    config: ConfigFile = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
    lists: Annotated[
        Path | None,
        typer.Option(help="A directory of lists, each in a file NAME.txt as exported.", metavar="DIR"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 where a line is refused.")] = False,
    alerts_out: Annotated[
        Path | None, typer.Option(help="Write alerts there, not to stdout.", metavar="FILE")
    ] = None,
) -> None:
    """Print the alerts that the rules raise on recorded events, in file order, and a summary."""
    settings = settings_from(config, rules=rules, no_catalogue=no_catalogue)
    state = settings.state
    files = rule_files_from(settings)
    known = lists_in(lists) if lists else {}
    if missing := missing_lists(files, known, lambda name: _way_out(name, lists)):
        raise RuleFaultsError(missing)
    test = Backtest((file.rule for file in files), state.allowed_lateness, state.history_cap, known)
    encoder = msgspec.json.Encoder()
    with ExitStack() as stack:
        sources = [_source(stack, name) for name in [*events, *(more or [])]]
        out = sys.stdout.buffer if alerts_out is None else _target(stack, alerts_out)
        for alert in test.run(_lines(sources)):
            out.write(encoder.encode(alert) + b"\n")
        out.flush()
    _print_summary(test.summary)
    if strict and test.summary.refused:
        raise typer.Exit(1)


def _way_out(name: str, lists: Path | None) -> str:
    file = f"{name}{SUFFIX}"
    made = f"'detector lists export {name} {lists / file if lists else file}' makes it"
    return made if lists else f"name the directory that holds {file} with --lists; {made}"


def _source(stack: ExitStack, name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(name).open("rb"))
    except OSError as error:
        fail(f"{name}: cannot be read: {error.strerror}")


def _target(stack: ExitStack, path: Path) -> BinaryIO:
    try:
        return stack.enter_context(path.open("wb"))
    except OSError as error:
        fail(f"{path}: cannot be written: {error.strerror}")


def _lines(sources: list[BinaryIO]) -> Iterator[bytes]:
    for source in sources:
        yield from source


def _print_summary(summary: Summary) -> None:
    rate = summary.events / summary.seconds if summary.seconds else 0
    stderr.print(f"{summary.events:,} events in {summary.seconds:.1f} s ({rate:,.0f} events/s)")
    stderr.print(f"duplicates {summary.duplicates:,}, late {summary.late:,}")
    if summary.refused:
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in sorted(summary.refused.items()))
        stderr.print(f"refused lines: {reasons}")
    stderr.print(f"alerts published {summary.published:,}, standing {sum(summary.standing.values()):,}")
    for (rule_id, severity), number in sorted(summary.standing.items()):
        stderr.print(f"  {rule_id} {severity}: {number:,}")

"""`detector backtest`: the live engine over files."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from detector.cli.console import fail, stderr
from detector.cli.options import ConfigFile, NoCatalogue, RuleDirectories, rule_files_from, settings_from
from detector.cli.progress import shown
from detector.replay.recorded.batch import RecordedError
from detector.replay.recorded.files import files_recorded
from detector.replay.run.backtest import Means, run
from detector.replay.run.errors import RunError
from detector.replay.run.rule_set import RuleSet
from detector.replay.summary import Interruption, Summary
from detector.rules.faults import RuleFaultsError
from detector.rules.list_files import SUFFIX, lists_in
from detector.rules.rule_set import missing_lists


def backtest(  # noqa: PLR0913, PLR0917 - each is an option of the command
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
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that share the work.", metavar="N", show_default="one a core"),
    ] = None,
    spill_dir: Annotated[
        Path | None,
        typer.Option(
            help="Where events lie meanwhile: up to twice as many bytes as are read.",
            metavar="DIR",
            show_default="the system's directory for temporary files",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not say how far it is.")] = False,
) -> None:
    """Print the alerts that the rules raise on recorded events, in file order, and a summary."""
    # SIGTERM stops it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = settings_from(config, rules=rules, no_catalogue=no_catalogue)
    state = settings.state
    files = rule_files_from(settings)
    known = lists_in(lists) if lists else {}
    if missing := missing_lists(files, known, lambda name: _way_out(name, lists)):
        raise RuleFaultsError(missing)
    rule_sets = [RuleSet("candidate", tuple(file.rule for file in files))]
    means = Means(workers=workers, spill_dir=spill_dir)
    try:
        recorded = files_recorded([*events, *(more or [])], partial(print, file=sys.stderr))
        with ExitStack() as stack:
            out = sys.stdout.buffer if alerts_out is None else _target(stack, alerts_out)
            with ExitStack() as meanwhile:
                watch = None if quiet else meanwhile.enter_context(shown())
                result = stack.enter_context(run(recorded, rule_sets, state, known, watch=watch, means=means))
            for line in result.lines("candidate"):
                out.write(line + b"\n")
            out.flush()
    except (RecordedError, RunError) as error:
        fail(str(error))
    _print_summary(result.summary)
    if result.summary.interruption or (strict and result.summary.refused):
        raise typer.Exit(1)


def _way_out(name: str, lists: Path | None) -> str:
    file = f"{name}{SUFFIX}"
    made = f"'detector lists export {name} {lists / file if lists else file}' makes it"
    return made if lists else f"name the directory that holds {file} with --lists; {made}"


def _target(stack: ExitStack, path: Path) -> BinaryIO:
    try:
        return stack.enter_context(path.open("wb"))
    except OSError as error:
        fail(f"{path}: cannot be written: {error.strerror}")


def _print_summary(summary: Summary) -> None:
    rate = summary.events / summary.seconds if summary.seconds else 0
    if summary.interruption is not None:
        stderr.print(_told(summary.interruption))
    stderr.print(f"{summary.events:,} events in {summary.seconds:.1f} s ({rate:,.0f} events/s)")
    stderr.print(f"duplicates {summary.duplicates:,}, late {summary.late:,}")
    if summary.refused:
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in sorted(summary.refused.items()))
        stderr.print(f"refused lines: {reasons}")
    stderr.print(f"alerts published {summary.published:,}, standing {sum(summary.standing.values()):,}")
    for (rule_id, severity), number in sorted(summary.standing.items()):
        stderr.print(f"  {rule_id} {severity}: {number:,}")


def _told(stopped: Interruption) -> str:
    share = f"{stopped.share:.0%}"
    if stopped.by_merchant:
        return (
            f"stopped early: rules by user saw all events, those by merchant {share} of the merchants' events"
        )
    return f"stopped early: these are the alerts of rules by user over {share} of the users' events"

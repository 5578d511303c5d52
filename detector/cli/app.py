"""All commands, and the one place where a known error becomes one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from detector import __version__
from detector.archive.errors import ArchiveError
from detector.cli import (
    alerts,
    archive,
    config,
    dead_letters,
    demo,
    generate,
    inspect,
    lists,
    rules,
    run,
    schema,
    send,
    topics,
)
from detector.cli.backtest.command import backtest
from detector.cli.console import fail
from detector.config import ConfigError
from detector.core.compiled import COMPILED
from detector.replay.labels import BadLabelsError
from detector.replay.recorded.batch import RecordedError
from detector.replay.run.errors import RunError
from detector.rules.faults import RuleFaultsError

_STDOUT = 1
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

app = typer.Typer(
    name="detector",
    help="Fraud detection over Kafka: events in, explained alerts out.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"detector {__version__}{', compiled' if COMPILED else ''}")
        raise typer.Exit


@app.callback()
def _detector(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Fraud detection over Kafka: events in, explained alerts out."""


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("archive")(archive.archive)
app.add_typer(rules.app, name="rules")
app.add_typer(lists.app, name="lists")
app.command("generate")(generate.generate)
app.command("send")(send.send)
app.command("backtest")(backtest)
app.command("inspect")(inspect.inspect)
app.add_typer(alerts.app, name="alerts")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(topics.app, name="topics")
app.add_typer(schema.app, name="schema")
app.add_typer(config.app, name="config")


def main() -> None:
    """Run the command line; what a user can mend is one line without a traceback, exit code 1."""
    _guarded(app)


def _guarded(command: Callable[[], object]) -> None:
    try:
        command()
    except (ArchiveError, BadLabelsError, ConfigError, RecordedError, RuleFaultsError, RunError) as error:
        fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        # What is left of stdout would be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
        fail(f"what the command gives cannot be written: {error.strerror}")

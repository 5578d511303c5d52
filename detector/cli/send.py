"""`detector send`: events from files to their topics."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from detector.cli.console import fail, stderr
from detector.cli.options import BootstrapServers, ConfigFile, settings_from


def send(
    files: Annotated[
        list[str], typer.Argument(help="NDJSON events; '-' is standard input.", metavar="FILE...")
    ],
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
) -> None:
    """Send recorded events to the topics of their types; exit 1 where a line is no event."""
    from aiokafka.errors import KafkaError

    from detector.stream.checks import StartRefused, start_up_checks
    from detector.stream.send import Line, send_lines

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)

    def lines(name: str) -> Iterator[Line]:
        for number, raw in enumerate(_raw_lines(name), 1):
            if value := raw.strip():
                yield Line(number, value)

    async def send_all() -> int:
        await start_up_checks(settings)
        refused = 0
        for name in files:
            sent, left_out = await send_lines(settings, lines(name))
            for line in left_out:
                print(f"{name}:{line.number}: {line.reason}: {line.message}", file=sys.stderr)
            stderr.print(f"{name}: {sent:,} events sent, {len(left_out):,} lines left out")
            refused += len(left_out)
        return refused

    try:
        if asyncio.run(send_all()):
            raise typer.Exit(1)
    except (StartRefused, KafkaError) as error:
        fail(str(error))


def _raw_lines(name: str) -> Iterator[bytes]:
    if name == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield from file
    except OSError as error:
        fail(f"{name}: cannot be read: {error.strerror}")

"""`detector send`: events from files to their topics."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.console import fail, stderr
from detector.cli.options import BootstrapServers, ConfigFile, settings_from

if TYPE_CHECKING:
    from detector.stream.send import Line

_CHUNK_BYTES = 1 << 20


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
    from detector.stream.send import send_lines

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)

    async def send_all() -> int:
        await start_up_checks(settings)
        refused = 0
        for name in files:
            sent, left_out = await send_lines(settings, _lines(name))
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


async def _lines(name: str) -> AsyncIterator[Line]:
    from detector.stream.send import Line

    number = 0
    async for raw in _raw_lines(name):
        number += 1
        if value := raw.strip():
            yield Line(number, value)


async def _raw_lines(name: str) -> AsyncIterator[bytes]:
    """The lines, each as soon as it is there: whoever writes them may do so at the pace of life."""
    begun = b""
    try:
        with open(sys.stdin.fileno() if name == "-" else name, "rb") as file:
            while chunk := await asyncio.to_thread(file.read1, _CHUNK_BYTES):
                *whole, begun = (begun + chunk).split(b"\n")
                for line in whole:
                    yield line
    except OSError as error:
        fail(f"{name}: cannot be read: {error.strerror}")
    yield begun

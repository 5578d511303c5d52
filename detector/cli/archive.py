"""`detector archive`: alerts into PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from detector.cli.options import BootstrapServers, ConfigFile, settings_from
from detector.cli.postgresql import require_client
from detector.cli.process import run_until_stopped
from detector.config import Settings


def archive(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    migrate_only: Annotated[
        bool, typer.Option("--migrate-only", help="Bring the schema in PostgreSQL up to date, and end.")
    ] = False,
) -> None:
    """Write alerts to PostgreSQL until SIGTERM or Ctrl-C; then finish the batch and leave the group."""
    from detector.monitor.logs import configure_logging, log_what_nobody_catches

    require_client()
    settings = settings_from(config, bootstrap_servers=bootstrap_servers)
    configure_logging(settings.log)
    log_what_nobody_catches()
    if migrate_only:
        _migrate(settings)
    else:
        raise typer.Exit(_run(settings))


def _migrate(settings: Settings) -> None:
    from detector.archive.start import migrated

    async def migrate() -> None:
        await (await migrated(settings.archive)).close()

    asyncio.run(migrate())


def _run(settings: Settings) -> int:
    from aiokafka.errors import KafkaError

    from detector.archive.errors import ArchiveError
    from detector.archive.process import run_archive
    from detector.monitor.http import AddressUnavailable
    from detector.stream.checks import StartRefused

    expected = (StartRefused, ArchiveError, AddressUnavailable, KafkaError)
    return run_until_stopped("archive", lambda stop: run_archive(settings, stop), expected)

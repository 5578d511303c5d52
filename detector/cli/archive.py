"""`detector archive`: alerts into PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Annotated

import typer
import uvloop

from detector.cli.options import BootstrapServers, ConfigFile, settings_from
from detector.cli.postgresql import require_client
from detector.config import Settings

log = logging.getLogger(__name__)


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
        raise typer.Exit(_run_until_stopped(settings))


def _migrate(settings: Settings) -> None:
    from detector.archive.start import migrated

    async def migrate() -> None:
        await (await migrated(settings.archive)).close()

    asyncio.run(migrate())


def _run_until_stopped(settings: Settings) -> int:
    from aiokafka.errors import KafkaError

    from detector.archive.errors import ArchiveError
    from detector.archive.process import run_archive
    from detector.monitor.http import AddressUnavailable
    from detector.stream.checks import StartRefused

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_archive(settings, stop)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(until_stopped())
    except (StartRefused, ArchiveError, AddressUnavailable, KafkaError) as error:
        print(error, file=sys.stderr)
        return 1
    except Exception:
        log.exception("the archive broke")
        return 1
    return 0

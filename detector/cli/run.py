"""`detector run`: the worker."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from detector.cli.console import fail
from detector.cli.options import (
    BootstrapServers,
    ConfigFile,
    NoCatalogue,
    RuleDirectories,
    settings_from,
)
from detector.cli.process import run_until_stopped
from detector.config import Settings

# The thread that fetches must not keep the one that decides waiting for long.
_SWITCH_SECONDS = 0.0005


def run(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
    processes: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="So many workers, each in a process of its own, started again when they end and seen as one "
            "at the HTTP address. One worker takes one core.",
        ),
    ] = 1,
    while_stdin_is_open: Annotated[
        bool, typer.Option("--while-stdin-is-open", hidden=True, help="End when standard input does.")
    ] = False,
) -> None:
    """Run the worker until SIGTERM or Ctrl-C; then finish what is under way and leave the group.

    Changed rules and lists are taken up while it runs; SIGHUP has the rules read at once.
    """
    from detector.monitor.logs import configure_logging, log_what_nobody_catches

    settings = settings_from(
        config, bootstrap_servers=bootstrap_servers, rules=rules, no_catalogue=no_catalogue
    )
    configure_logging(settings.log)
    log_what_nobody_catches()
    if processes > 1:
        given = _arguments(config, bootstrap_servers, rules, no_catalogue)
        raise typer.Exit(_supervise(settings, processes, given))
    if while_stdin_is_open:
        threading.Thread(target=_end_with_stdin, name="stdin", daemon=True).start()
    _collect_garbage_rarely()
    sys.setswitchinterval(_SWITCH_SECONDS)
    code = _run_worker(settings)
    # Threads of Faust's consumer may outlive a crash: nothing of them is needed any more.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _arguments(
    config: Path | None, bootstrap_servers: str | None, rules: list[Path] | None, no_catalogue: bool
) -> list[str]:
    """The same options, as a worker is given them."""
    found = ["--config", str(config)] if config else []
    found += ["--bootstrap-servers", bootstrap_servers] if bootstrap_servers else []
    found += [part for directory in rules or () for part in ("--rules", str(directory))]
    return [*found, *(["--no-catalogue"] if no_catalogue else [])]


def _supervise(settings: Settings, processes: int, arguments: list[str]) -> int:
    """Run so many workers; gives the exit code."""
    from detector.monitor.http import AddressUnavailable, MonitorServer
    from detector.supervise.as_one import HealthOfAll, metrics_of_all
    from detector.supervise.supervisor import Supervisor
    from detector.supervise.worker_process import WorkerProcess

    supervisor = Supervisor(lambda: WorkerProcess(arguments), processes)
    health = HealthOfAll(lambda: supervisor.workers, processes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop())
    signal.signal(signal.SIGHUP, lambda *_: supervisor.reload())
    try:
        server = MonitorServer(settings.http, health, metrics_of_all(lambda: supervisor.workers))
    except AddressUnavailable as error:
        fail(str(error))
    try:
        return supervisor.run(health.beat)
    finally:
        server.close()


def _end_with_stdin() -> None:
    """Stop as on SIGTERM when whoever holds standard input open is gone."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _collect_garbage_rarely() -> None:
    """Histories are many and hold no cycles: looking through them over and over took a fourth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def _run_worker(settings: Settings) -> int:
    """Run the worker; gives the exit code."""
    from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

    from detector.monitor.http import AddressUnavailable
    from detector.rules.faults import RuleFaultsError
    from detector.state.errors import StateError
    from detector.stream.checks import StartRefused
    from detector.stream.transport import FlowError
    from detector.stream.worker import run_worker

    async def work(stop: asyncio.Event) -> None:
        reload = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload.set)
        try:
            await run_worker(settings, stop, reload)
        except (GroupAuthorizationFailedError, TopicAuthorizationFailedError) as error:
            raise FlowError(
                f"Kafka takes back what it allowed this user, the next start says what: {error}"
            ) from None

    expected = (StartRefused, RuleFaultsError, StateError, AddressUnavailable, FlowError)
    return run_until_stopped("worker", work, expected)

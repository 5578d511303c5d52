"""`detector run`: the worker."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys

import uvloop

from detector.cli.options import (
    BootstrapServers,
    ConfigFile,
    NoCatalogue,
    RuleDirectories,
    settings_from,
)
from detector.config import Settings

log = logging.getLogger(__name__)

# The thread that fetches must not keep the one that decides waiting for long.
_SWITCH_SECONDS = 0.0005


def run(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
) -> None:
    """Run the worker until SIGTERM or Ctrl-C; then finish what is under way and leave the group.

    Changed rules and lists are taken up while it runs; SIGHUP has the rules read at once.
    """
    from detector.monitor.logs import configure_logging

    settings = settings_from(
        config, bootstrap_servers=bootstrap_servers, rules=rules, no_catalogue=no_catalogue
    )
    configure_logging(settings.log)
    _collect_garbage_rarely()
    sys.setswitchinterval(_SWITCH_SECONDS)
    code = run_until_stopped(settings)
    # Threads of Faust's consumer may outlive a crash: nothing of them is needed any more.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _collect_garbage_rarely() -> None:
    """Histories are many and hold no cycles: looking through them over and over took a fourth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def run_until_stopped(settings: Settings) -> int:
    """Run the worker; gives the exit code."""
    from detector.monitor.http import AddressUnavailable
    from detector.rules.faults import RuleFaultsError
    from detector.state.errors import StateError
    from detector.stream.checks import StartRefused
    from detector.stream.transport import FlowError
    from detector.stream.worker import run_worker

    async def until_stopped() -> None:
        stop, reload = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload.set)
        await run_worker(settings, stop, reload)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(until_stopped())
    except (StartRefused, RuleFaultsError, StateError, AddressUnavailable, FlowError) as error:
        print(error, file=sys.stderr)
        return 1
    except Exception:
        log.exception("the worker broke")
        return 1
    return 0

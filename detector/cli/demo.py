"""`detector demo`: the whole detector, embedded, on simulated traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from detector.cli.alert_text import print_alert
from detector.cli.console import fail, stderr, stdout
from detector.cli.interrupt import run_until_interrupted

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from detector.core.alert import Alert
    from detector.demo.tally import Tally


def demo(
    seconds: Annotated[float, typer.Option(help="How long to send traffic.", min=1, max=3600)] = 20,
    rate: Annotated[int, typer.Option(help="Events a second.", min=1, max=5000)] = 500,
    json: Annotated[
        bool, typer.Option("--json", help="Print alerts as JSON lines, the summary to stderr.")
    ] = False,
) -> None:
    """Show the detector at work: embedded Kafka broker and Redis, simulated traffic with fraud in it."""
    try:
        from detector.demo.run import run_demo
        from detector.demo.worker_process import WorkerFailed
        from detector.embedded import EmbeddedServerError
    except ModuleNotFoundError as error:
        fail(f"the demo needs {error.name}: install streaming-fraud-detector[demo]")

    def show(alert: Alert, record: ConsumerRecord) -> None:
        if json:
            print(record.value.decode(), flush=True)
        else:
            print_alert(alert)

    stderr.print("Starting an embedded Kafka broker, Redis and the worker; nothing is kept on disk.")
    try:
        tally = run_until_interrupted(run_demo(seconds, rate, show))
    except (EmbeddedServerError, WorkerFailed) as error:
        fail(str(error))
    if tally is None:
        stderr.print("Stopped.")
    else:
        _print_summary(tally, stderr if json else stdout)


def _print_summary(tally: Tally, console: Console) -> None:
    took = tally.ended - tally.began
    rate = tally.events / took if took > 0 else 0
    console.print(f"events           {tally.events:,} in {took:.1f} s, {rate:,.0f} events/s")
    for (rule_id, severity), number in sorted(tally.alerts.items()):
        console.print(f"alerts           {number:,} {rule_id} ({severity})")
    caught = tally.caught()
    for kind, number in sorted(tally.simulated().items()):
        console.print(f"frauds           {caught[kind]:,} of {number:,} {kind} caught")
    middle, high = tally.latency(50), tally.latency(99)
    if middle is not None and high is not None:
        console.print(f"event to alert   p50 {middle * 1000:.0f} ms, p99 {high * 1000:.0f} ms")

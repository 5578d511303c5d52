"""`detector alerts`: the alert topic, live."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from detector.cli.alert_text import print_alert
from detector.cli.console import fail
from detector.cli.interrupt import run_until_interrupted
from detector.cli.options import BootstrapServers, ConfigFile, settings_from

app = typer.Typer(help="Look at alerts.", no_args_is_help=True)


@app.callback()
def _alerts() -> None:
    """Look at alerts."""


@app.command("tail")
def tail(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest alert.")
    ] = False,
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule's.", metavar="ID")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print alerts as they are published, until Ctrl-C."""
    import msgspec
    from aiokafka.errors import KafkaError

    from detector.stream.checks import StartRefused, start_up_checks
    from detector.stream.tail import alert_records, read_alert

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)

    async def follow() -> None:
        await start_up_checks(settings)
        async with alert_records(settings, from_beginning) as records:
            async for record in records:
                try:
                    alert = read_alert(record.value or b"")
                except msgspec.DecodeError:
                    where = f"{record.topic} partition {record.partition} offset {record.offset}"
                    print(f"{where}: not an alert, passed over", file=sys.stderr)
                    continue
                if rule is not None and alert.rule_id != rule:
                    continue
                if json:
                    print(record.value.decode(), flush=True)
                else:
                    print_alert(alert)

    try:
        run_until_interrupted(follow())
    except (StartRefused, KafkaError) as error:
        fail(str(error))

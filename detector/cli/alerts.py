"""`detector alerts`: the alert topic, live, and what the archive holds."""

from __future__ import annotations

import getpass
import json as json_text
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detector.cli.alert_text import print_alert
from detector.cli.archived_text import print_archived
from detector.cli.console import fail
from detector.cli.explain_alert import explain
from detector.cli.interrupt import run_until_interrupted
from detector.cli.moments import moment_of_option
from detector.cli.options import BootstrapServers, ConfigFile, settings_from
from detector.cli.postgresql import asked
from detector.core.disposition import Disposition

if TYPE_CHECKING:
    from psycopg import AsyncConnection

app = typer.Typer(help="Look at alerts, and say whether they were right.", no_args_is_help=True)


app.command("explain")(explain)


@app.command("tail")
def tail(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest alert.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(help="Begin with those published since then: 24h, 2026-03-01T08:00.", metavar="TIME"),
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Follow the alerts of rules in shadow, not the live ones.")
    ] = False,
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule's.", metavar="ID")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print alerts as they are published, until Ctrl-C."""
    import msgspec
    from aiokafka.errors import KafkaError

    from detector.stream.checks import StartRefused, wait_for_kafka
    from detector.stream.places import described_place
    from detector.stream.tail import alert_records, read_alert

    if from_beginning and since is not None:
        raise typer.BadParameter(
            "say where to begin with one of them", param_hint="'--from-beginning', '--since'"
        )
    settings = settings_from(config, bootstrap_servers=bootstrap_servers)
    topic = settings.topics.alerts_shadow if shadow else settings.topics.alerts
    begin = None if since is None else moment_of_option(since, int(time.time() * 1000), "--since")

    async def follow() -> None:
        await wait_for_kafka(settings.kafka)
        async with alert_records(settings, topic, from_beginning=from_beginning, since=begin) as records:
            async for record in records:
                try:
                    alert = read_alert(record.value)
                except msgspec.DecodeError:
                    place = described_place(record.topic, record.partition, record.offset)
                    print(f"{place}: not an alert, passed over", file=sys.stderr)
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


@app.command("show")
def show(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT_ID")],
    config: ConfigFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print the archive's row as JSON.")] = False,
) -> None:
    """Print an alert of the archive, the events it rests on, and how it was marked."""

    async def row(connection: AsyncConnection) -> dict[str, Any]:
        from detector.archive.dispositions import archived

        return await archived(connection, alert_id)

    found = asked(config, row)
    if json:
        print(json_text.dumps(found, ensure_ascii=False))
    else:
        print_archived(found)


@app.command("mark")
def mark(
    alert_id: Annotated[
        str, typer.Argument(help="'-' reads ids from standard input, one a line.", metavar="ALERT_ID")
    ],
    disposition: Annotated[Disposition, typer.Argument()],
    config: ConfigFile = None,
    note: Annotated[str | None, typer.Option("--note", help="Why.", metavar="TEXT")] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who says so.", metavar="NAME", show_default="your login name")
    ] = None,
) -> None:
    """Say whether an alert of the archive was right; what was said before stays, the newest counts."""
    alert_ids = sys.stdin.read().split() if alert_id == "-" else [alert_id]
    if not alert_ids:
        fail("standard input has no alert id, nothing is marked")

    async def append(connection: AsyncConnection) -> None:
        from detector.archive.dispositions import mark_alerts

        await mark_alerts(connection, alert_ids, disposition, by or getpass.getuser(), note)

    asked(config, append)
    for marked in alert_ids:
        print(f"{marked}: {disposition}", file=sys.stderr)


@app.command("dispositions")
def dispositions(config: ConfigFile = None) -> None:
    """Print how alerts of the archive were marked, as JSON lines: what `backtest --labels` reads."""

    async def show(connection: AsyncConnection) -> None:
        from detector.archive.dispositions import newest_dispositions

        async for line in newest_dispositions(connection):
            print(line)

    asked(config, show)

"""`detector topics`: check and create."""

from __future__ import annotations

from typing import Annotated

import typer

from detector.cli.console import fail
from detector.cli.kafka import answered
from detector.cli.options import BootstrapServers, ConfigFile, settings_from

app = typer.Typer(help="Check and create the topics.", no_args_is_help=True)


@app.command("check")
def check(config: ConfigFile = None, bootstrap_servers: BootstrapServers = None) -> None:
    """Print each topic's partitions and retention; exit 1 where something is missing or unequal."""
    from detector.stream.topics import check_topics, partition_counts, topic_retentions

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)

    async def look() -> list[str]:
        counts = await partition_counts(settings.kafka, settings.topics.names)
        retentions = await topic_retentions(settings.kafka, list(counts))
        for name, count in counts.items():
            print(f"{name}: {count} partitions, retention {_days(retentions.get(name))}")
        return [problem.message for problem in check_topics(settings.topics, counts)]

    problems = answered(settings.kafka, look)
    if problems:
        fail("\n".join(problems))


@app.command("create")
def create(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    partitions: Annotated[int, typer.Option(help="Partitions of each topic.", min=1)] = 12,
    replication: Annotated[int, typer.Option(help="Copies of each partition.", min=1)] = 1,
) -> None:
    """Create the topics that do not exist yet; those that do stay as they are."""
    from detector.stream.topics import create_topics, plan_topics

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)

    async def make() -> list[str]:
        done = await create_topics(settings.kafka, plan_topics(settings.topics, partitions, replication))
        for name in done.created:
            print(f"{name}: created")
        for name in done.existing:
            print(f"{name}: exists, left as it is")
        return [problem.message for problem in done.failed]

    failures = answered(settings.kafka, make)
    if failures:
        fail("\n".join(failures))


def _days(retention: int | None) -> str:
    if retention is None:
        return "unknown"
    return "for ever" if retention < 0 else f"{retention / 86_400_000:g} d"

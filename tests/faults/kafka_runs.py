"""Faults of Kafka and of the group, for as long as asked for: `python -m tests.faults.kafka_runs --help`.

Each command exits 1 where a promise was broken.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.faults.broker_faults import Run as BrokerRun
from tests.faults.broker_faults import all_gone, broker_faults, detector_on, one_after_the_other, one_killed
from tests.faults.kafka_cluster import comes_true, running_cluster
from tests.faults.load import DENSE, load
from tests.faults.oracle import expected
from tests.faults.random_kills import PARTITIONS
from tests.faults.servers import fresh_detector, running_servers
from tests.faults.storm import storm as in_a_storm
from tests.faults.zombies import zombies as stopped
from tests.servers.redis import start_redis

_USERS_PER_EVENT = 1 / 20
Seed = Annotated[int, typer.Option(help="The seed of the run, or of the first; the others follow.")]
Runs = Annotated[int, typer.Option(min=1, help="How many runs.")]
Events = Annotated[int, typer.Option(min=2_000, help="Events of a run.")]
Seconds = Annotated[float, typer.Option(min=0, help="How long the fault lasts.")]

app = typer.Typer(help=__doc__, no_args_is_help=True)


@app.command()
def brokers(seed: Seed = 1, seconds: Seconds = 120, events: Events = 12_000) -> None:
    """Kill one of three brokers, restart all in turn, and have all gone for a while (120 s)."""
    run = asyncio.run(_brokers(seed, seconds, _of(events)))
    print(run)
    raise typer.Exit(0 if run.found.holds else 1)


async def _brokers(seed: int, seconds: float, of: tuple[int, int, int]) -> BrokerRun:
    faults = {
        "one killed": one_killed,
        "a rolling restart": one_after_the_other,
        f"all down for {seconds:g} s": all_gone(seconds),
    }
    folder = Path(tempfile.mkdtemp(prefix="detector-faults-"))
    server = start_redis()
    try:
        with running_cluster(3) as cluster:
            await comes_true(cluster.is_whole)
            async with detector_on(cluster, server.url, folder) as live:
                return await broker_faults(live, cluster, seed, load(*of), expected(*of), faults)
    finally:
        server.stop()


@app.command()
def storm(seed: Seed = 1, seconds: Seconds = 300, events: Events = 50_000) -> None:
    """Have workers come and go every few seconds (for 300 s), then kill one."""
    of = _of(events)

    async def run() -> bool:
        with running_servers() as servers:
            async with fresh_detector(servers, PARTITIONS) as live:
                found = await in_a_storm(live, seed, load(*of), expected(*of), seconds)
        print(found)
        return found.found.holds and max(found.after_the_storm, found.after_a_kill) <= 30

    raise typer.Exit(0 if asyncio.run(run()) else 1)


@app.command()
def zombies(seed: Seed = 1, runs: Runs = 5) -> None:
    """Stop two of three workers in the middle of their work, and let them go on when others own theirs."""
    done = []
    with running_servers() as servers:

        async def run(number: int) -> None:
            async with fresh_detector(servers, PARTITIONS) as live:
                done.append(await stopped(live, number, load(*DENSE), expected(*DENSE)))
            print(done[-1], flush=True)

        for number in range(seed, seed + runs):
            asyncio.run(run(number))
    print(f"{len(done)} runs, {sum(one.fenced for one in done)} writes fenced")
    raise typer.Exit(0 if all(one.found.holds for one in done) and any(one.fenced for one in done) else 1)


def _of(events: int) -> tuple[int, int, int]:
    """The load that the oracle knows: the same seed for all runs, for it takes longer than a run."""
    return 2, events, int(events * _USERS_PER_EVENT)


if __name__ == "__main__":
    app()

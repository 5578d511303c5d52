"""Random kills, as many runs as asked for: `make faults RUNS=100`. Exits 1 where a promise was broken."""

import asyncio
import math
from typing import Annotated

import typer

from tests.faults.load import load
from tests.faults.oracle import Expected, expected
from tests.faults.random_kills import PARTITIONS, Run, random_kills
from tests.faults.servers import Servers, fresh_detector, running_servers

_EVENTS = 50_000
_LOADS = 5


def main(
    runs: Annotated[int, typer.Option(min=1, help="How many runs.")] = 5,
    seed: Annotated[int, typer.Option(help="The seed of the first run; the others follow.")] = 1,
    kills: Annotated[int, typer.Option(min=1, help="Workers killed in each run.")] = 6,
) -> None:
    """Kill workers at random times while events come, and hold what they publish against the oracle."""
    with running_servers() as servers:
        done: list[Run] = []
        for number in range(seed, seed + runs):
            # A few loads serve all runs: the oracle takes longer than a run.
            of_load = number % _LOADS
            awaited = expected(of_load, _EVENTS)
            done.append(asyncio.run(_run(servers, number, of_load, awaited, kills)))
            print(done[-1], flush=True)
    print(_summary(done))
    raise typer.Exit(0 if all(run.found.holds for run in done) else 1)


async def _run(servers: Servers, seed: int, of_load: int, awaited: Expected, kills: int) -> Run:
    async with fresh_detector(servers, PARTITIONS) as live:
        return await random_kills(live, seed, load(of_load, _EVENTS), awaited, kills)


def _summary(done: list[Run]) -> str:
    broken = [run.seed for run in done if not run.found.holds]
    missing = sum(len(run.found.missing) for run in done)
    extra = sum(len(run.found.extra) for run in done)
    again = sum(run.found.published_again for run in done)
    told = (
        f"{len(done)} runs, {sum(run.kills for run in done)} kills, "
        f"{sum(run.events for run in done)} events, "
        f"{sum(run.found.alerts for run in done)} alerts: {missing} missing, {extra} extra, "
        f"{again} published again"
    )
    if broken:
        return f"{told}\nbroken promises with seeds {', '.join(map(str, broken))}"
    return f"{told}\nno failure in {len(done)} runs bounds its rate below {_bound(len(done)):.1%} at 95 %"


def _bound(runs: int) -> float:
    """The rate at which so many runs without a failure are seen once in twenty times."""
    return 1 - math.exp(math.log(0.05) / runs)


if __name__ == "__main__":
    typer.run(main)

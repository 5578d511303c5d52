"""Runs each mutant in the scenario that must catch it, and each scenario without: `make faults-mutants`.

Exits 1 where a mutant survives, or a scenario fails without one.
"""

import asyncio
import time
from typing import Annotated

import typer

from tests.faults.mutants import MUTANTS
from tests.faults.scenarios import SCENARIOS, Found
from tests.faults.servers import Servers, fresh_detector, running_servers

_PARTITIONS = 4


def main(
    only: Annotated[str, typer.Option(help="Only mutants that have this in their names or scenarios.")] = "",
) -> None:
    """Show that each promise would be missed."""
    chosen = {name: mutant for name, mutant in MUTANTS.items() if only in f"{name} {mutant.scenario}"}
    failed = 0
    with running_servers() as servers:
        print("mutant | promise | scenario | clean | caught by")
        clean: dict[str, tuple[Found, float]] = {}
        for name, mutant in chosen.items():
            if mutant.scenario not in clean:
                clean[mutant.scenario] = asyncio.run(_timed(servers, mutant.scenario, None))
            unchanged, _ = clean[mutant.scenario]
            found, seconds = asyncio.run(_timed(servers, mutant.scenario, name))
            failed += found.holds or not unchanged.holds
            holds = "holds" if unchanged.holds else f"BROKEN: {unchanged}"
            caught = "SURVIVED" if found.holds else found.broken
            told = f"{name} | {mutant.promise} | {mutant.scenario} | {holds} | {caught} ({seconds:.0f} s)"
            print(told, flush=True)
    for scenario, (_, seconds) in clean.items():
        print(f"{scenario}: {seconds:.0f} s without a mutant")
    print(f"{len(chosen)} mutants, {len(chosen) - failed} caught")
    raise typer.Exit(1 if failed else 0)


async def _timed(servers: Servers, scenario: str, mutant: str | None) -> tuple[Found, float]:
    async with fresh_detector(servers, _PARTITIONS) as live:
        started = time.monotonic()
        return await SCENARIOS[scenario](live, mutant), time.monotonic() - started


if __name__ == "__main__":
    typer.run(main)

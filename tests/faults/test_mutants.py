"""A detector that breaks a promise is found out. `make faults-mutants` runs them all."""

import pytest

from tests.faults.mutants import MUTANTS
from tests.faults.scenarios import SCENARIOS
from tests.integration.live import Live

QUICK = [
    "no offset guard in commit.lua",
    "no epoch check in trim_outbox.lua",
    "topics are not aligned",
    "alerts published past the outbox",
    "duplicates are not recognised",
    "source offsets committed before re-keyed events are sent",
]


@pytest.mark.parametrize("name", QUICK)
async def test_a_detector_is_found_out_with(small_live: Live, name: str) -> None:
    found = await SCENARIOS[MUTANTS[name].scenario](small_live, name)
    print(found)
    assert not found.holds


def test_every_mutant_names_its_scenario_and_every_scenario_has_one() -> None:
    assert {mutant.scenario for mutant in MUTANTS.values()} == SCENARIOS.keys()

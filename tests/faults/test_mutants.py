"""A detector that breaks a promise is found out. `make faults-mutants` runs them all."""

import pytest

from tests.faults.mutants import MUTANTS
from tests.faults.scenarios import SCENARIOS
from tests.integration.live import Live

# Those whose scenario leaves nothing to chance.
SURE = [
    "no epoch check in commit.lua",
    "no epoch check in trim_outbox.lua",
    "topics are not aligned",
    "duplicates are not recognised",
    "what was seen of re-keyed events is ignored",
    "histories in memory outlive an assignment",
]


@pytest.mark.parametrize("name", SURE)
async def test_a_detector_is_found_out_with(small_live: Live, name: str) -> None:
    found = await SCENARIOS[MUTANTS[name].scenario](small_live, name)
    print(found)
    assert not found.holds


def test_every_mutant_names_its_scenario_and_every_scenario_has_one() -> None:
    assert {mutant.scenario for mutant in MUTANTS.values()} == SCENARIOS.keys()

"""Wherever a worker dies on a round's path, what stands in the end is what the oracle finds in the log."""

import pytest

from tests.faults.points import PLACES, Fault
from tests.faults.scenarios import dies
from tests.integration.live import Live

# Taking over empty partitions, and partitions in the middle of the load, when another worker comes.
DEATHS = [(name, 1) for name in PLACES]


@pytest.mark.parametrize(("point", "at"), DEATHS)
async def test_a_worker_that_dies_at(small_live: Live, point: str, at: int) -> None:
    found = await dies(small_live, Fault(point, at))
    print(found)
    assert found.holds, found

"""Workers that were stopped go on when others own their partitions: what they still write is refused."""

from tests.faults.load import DENSE, load
from tests.faults.oracle import expected
from tests.faults.zombies import zombies
from tests.integration.live import Live


async def test_what_a_stopped_worker_still_writes_is_refused_and_nobody_is_locked_out(live: Live) -> None:
    run = await zombies(live, 1, load(*DENSE), expected(*DENSE))
    print(run)
    assert run.fenced > 0
    assert run.exits == []
    assert run.found.alerts >= 150
    assert run.found.holds, run

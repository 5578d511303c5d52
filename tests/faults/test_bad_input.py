"""One record in a hundred is no event: each is put aside with its reason, and nothing else changes."""

from collections import Counter
from pathlib import Path

from tests.faults.fleet import Fleet
from tests.faults.load import DENSE, load
from tests.faults.oracle import RULES, expected
from tests.faults.platform import platform
from tests.faults.poison import CANARY, KINDS, poisoned
from tests.faults.settling import settled
from tests.faults.standstill import watched
from tests.integration.live import Live

SEED = 1
STALL_S = 10.0


async def test_poison_is_put_aside_with_its_reason_and_its_neighbours_are_unaffected(
    live: Live, tmp_path: Path
) -> None:
    sent, awaited = load(*DENSE), expected(*DENSE)
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    fleet = Fleet(live, 2)
    async with fleet.supervised(), platform(live) as sender, watched(live) as standstill:
        given = poisoned(sender, sent.events, SEED)
        assert given.injected.total() >= 3 * len(KINDS)
        await sender.spread_records(given.records, 8.0)
        found = await settled(live, sent, awaited)
        exits = list(fleet.exits)
        metrics = [worker.get("/metrics") or "" for worker in fleet.workers]
    letters = await live.read("dead_letters")
    reasons = Counter(dict(letter.headers)["detector.reason"].decode() for letter in letters)
    print(
        f"seed {SEED}: {given.injected.total()} bad ones, stood still for {standstill.worst:.1f} s: {found}"
    )
    assert reasons == given.injected
    found.dead_letters -= given.injected.total()
    assert found.holds, found
    assert exits == []
    assert standstill.worst < STALL_S
    headers = [value for letter in letters for _, value in letter.headers]
    logs = [log.read_bytes() for log in tmp_path.glob("worker-*.log")]
    assert all(metrics)
    assert len(logs) == 2
    for told in (*headers, *logs, *(text.encode() for text in metrics)):
        assert CANARY.encode() not in told

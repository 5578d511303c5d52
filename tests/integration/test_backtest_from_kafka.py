"""`detector backtest --from-kafka`, as a rule author runs it."""

import asyncio
import json

from detector.simulate import Traffic, simulate
from tests.integration.live import Live, alert_ids


async def test_it_prints_the_alerts_that_the_worker_published(live: Live) -> None:
    # Given what a worker has published
    events = [dict(one.event) for one in simulate(Traffic(users=200, events=5_000, seed=9, fraud=0.05))]
    await live.send(events)
    worker = live.start()
    try:
        await worker.has_processed(len(events))
        await live.has_drained()
    finally:
        worker.kill()
    standing, _ = alert_ids(await live.read("alerts"))

    # When the topics are read again
    done = await asyncio.to_thread(live.command, "backtest", "--from-kafka", "--since", "1h", "--quiet")

    # Then it says the same
    assert done.returncode == 0, done.stderr
    status = {alert["alert_id"]: alert["status"] for alert in map(json.loads, done.stdout.splitlines())}
    assert {alert_id for alert_id, said in status.items() if said == "raised"} == standing
    assert standing
    assert done.stderr.startswith("5,000 events in ")

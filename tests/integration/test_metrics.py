"""What Prometheus reads of a worker on real traffic."""

import json
import time
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from detector.embedded import free_port
from detector.simulate import Traffic, simulate
from tests.integration.live import PARTITIONS, Live, Worker, eventually
from tests.servers.prometheus import promtool

OPEN_METRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


async def test_all_that_a_worker_says_of_real_traffic_is_as_prometheus_wants_it(
    live: Live, worker: Worker
) -> None:
    # Given traffic with fraud and a bad record in it
    events = [item.event for item in simulate(Traffic(users=300, events=5_000, seed=3, fraud=0.1))]
    await live.send(events)
    await live.send_records([(live.names["payments"], b"u", b"{")])
    await worker.has_processed(len(events) + 1)
    await live.has_drained()

    # Then promtool has nothing to say of the page
    page = worker.get("/metrics")
    assert page is not None
    assert promtool("check", "metrics", given=page) == ""

    # And what an operator looks at first is there
    assert worker.metric("detector_ready") == 1
    assert worker.metric("detector_redis_used_memory_bytes") > 500_000
    assert worker.metric("detector_rule_evaluations_total", rule_id="no-password-burst") > 0
    assert worker.metric("detector_dead_letters_total", reason="not_json") == 1
    payments = live.names["payments"]
    newest = max(event["event_time"] for event in events if live.topic(event["type"]) == payments)

    def lag_is_right() -> bool:
        # It is looked at every other second, the last time perhaps while there was a backlog.
        lag = worker.metric("detector_event_time_lag_seconds", topic=payments)
        return abs(time.time() - newest / 1000 - lag) < 5

    await eventually(lag_is_right)

    # And from the latency one finds an alert
    request = urllib.request.Request(f"{worker.url}/metrics", headers=OPEN_METRICS)
    with urllib.request.urlopen(request, timeout=2) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    named = {
        sample.exemplar.labels["alert_id"]
        for family in families
        for sample in family.samples
        if sample.exemplar is not None
    }
    published = {json.loads(record.value)["alert_id"] for record in await live.read("alerts")}
    assert named and named <= published


async def test_a_partition_is_shown_by_the_worker_that_has_it_alone(live: Live, worker: Worker) -> None:
    def lags(of: Worker) -> set[str]:
        lines = (of.get("/metrics") or "").splitlines()
        return {line.split(" ")[0] for line in lines if line.startswith("detector_consumer_lag_records{")}

    await eventually(lambda: len(lags(worker)) == 4 * PARTITIONS)
    second = live.start(port=free_port())
    try:
        await second.ready()
        await eventually(lambda: len(lags(worker)) + len(lags(second)) == 4 * PARTITIONS)
        assert lags(worker) and lags(second)
        assert not lags(worker) & lags(second)
    finally:
        second.kill()

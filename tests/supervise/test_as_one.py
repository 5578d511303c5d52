"""Several workers seen as one."""

from collections.abc import Mapping

from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from detector.monitor.metrics import Metrics
from detector.supervise.as_one import HealthOfAll, metrics_of_all

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


class Given:
    """A worker that says this."""

    def __init__(self, events: int = 0, reasons: Mapping[str, str] = {}, answers: bool = True) -> None:
        metrics = Metrics("1")
        metrics.events_total.labels("payments", "accepted").inc(events)
        metrics.alert_latency_seconds.observe(0.02, {"alert_id": f"of {events}"})
        encode, _ = choose_encoder(OPEN_METRICS)
        self._text = encode(metrics.registry).decode() if answers else "# EOF\n"
        self._reasons = reasons

    def metrics(self) -> str:
        return self._text

    def reasons(self) -> Mapping[str, str]:
        return self._reasons


def test_the_series_of_all_workers_stand_on_one_page_and_say_whose_they_are() -> None:
    workers = [(1, Given(events=3)), (2, Given(events=4)), (3, Given(answers=False))]
    registry = metrics_of_all(lambda: workers)

    for accept, parse in (("", plain), (OPEN_METRICS, openmetrics)):
        encode, _ = choose_encoder(accept)
        families = {family.name: family for family in parse(encode(registry).decode())}
        events = {
            sample.labels["worker"]: sample.value
            for sample in families["detector_events"].samples
            if sample.labels["topic"] == "payments"
        }
        assert events == {"1": 3, "2": 4}
        assert families["detector_events"].type == "counter"
        assert families["detector_alert_latency_seconds"].type == "histogram"

    exemplars = {
        sample.exemplar.labels["alert_id"]
        for sample in families["detector_alert_latency_seconds"].samples
        if sample.exemplar is not None
    }
    assert exemplars == {"of 3", "of 4"}


def test_all_are_ready_when_each_is_and_none_is_missing() -> None:
    ready, unready = Given(), Given(reasons={"redis": "Redis does not answer"})

    assert HealthOfAll(lambda: [(1, ready), (2, ready)], 2).ready() == (True, {})
    assert HealthOfAll(lambda: [(1, ready)], 2).ready() == (False, {"workers": "1 of 2 are started"})
    assert HealthOfAll(lambda: [(1, ready), (2, unready)], 2).ready() == (
        False,
        {"worker 2: redis": "Redis does not answer"},
    )

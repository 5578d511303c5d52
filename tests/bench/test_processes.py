"""What a worker's metrics say."""

from bench.processes import reading_of


def metrics(worker: int, processed: int, late: int, rekeyed: int, evaluating: float) -> str:
    """Metrics as the supervisor gives them, which tells its workers apart by a label."""
    label = f'worker="{worker}"'
    return f"""\
detector_events_total{{topic="payments",outcome="accepted",{label}}} {processed}
detector_events_total{{topic="logins",outcome="too_late",{label}}} {late}
detector_events_total{{topic="by-merchant",outcome="accepted",{label}}} {rekeyed}
detector_outbox_alerts{{partition="0",{label}}} 1
detector_batch_events_count{{{label}}} 2
detector_batch_seconds_sum{{stage="evaluate",{label}}} {evaluating}
process_cpu_seconds_total{{{label}}} 1.5
"""


def test_several_workers_are_added_up() -> None:
    text = metrics(1, 100, 1, 10, 0.25) + metrics(2, 200, 2, 20, 0.5)
    found = reading_of(text, 7.0, "by-merchant")
    assert found.at == 7.0
    assert (found.processed, found.too_late, found.rekeyed) == (303, 3, 30)
    assert (found.unacknowledged, found.rounds, found.cpu) == (2, 4, 3.0)
    assert found.stages == {"evaluate": 0.75}

"""What a scrape reads before anything happens."""

from detector.monitor.metrics import Metrics
from detector.stream.counts import begin_at_zero


def test_what_alerts_are_made_of_begins_at_zero() -> None:
    metrics = Metrics("1")
    begin_at_zero(metrics, ["payments"])

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"detector_{name}_total", labels)

    for reason in ("not_json", "not_object", "bad_field", "unknown_type", "too_large", "too_late"):
        assert value("dead_letters", topic="payments", reason=reason) == 0
    for outcome in ("accepted", "duplicate", "too_late", "refused"):
        assert value("events", topic="payments", outcome=outcome) == 0
    for outcome in ("applied", "already_applied", "fenced", "mismatch"):
        assert value("state_commits", outcome=outcome) == 0
    assert value("late_events", topic="payments", outcome="accepted") == 0
    assert value("duplicates", topic="payments") == 0

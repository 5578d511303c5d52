"""What is sent to a worker that was started again."""

from bench.restart import burst_debit
from bench.worker_runs import expected_of
from detector.core.events import Event, decode_record
from detector.rules.rule_set import rules_in_force

START = 1_767_225_600_000


def test_each_fifth_debit_raises_an_alert_and_no_other() -> None:
    users = [b"u1", b"u2", b"u3"]
    sent = [burst_debit(number, users, START + number * 10) for number in range(15)]
    assert all(isinstance(decode_record(r.key, r.value, r.event_time), Event) for r in sent)
    rules = rules_in_force([], True)
    raised = [len(expected_of(sent[:number], rules).alerts) for number in range(16)]
    assert raised == [number // 5 for number in range(16)]

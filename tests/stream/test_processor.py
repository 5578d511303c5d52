"""One round through the processor, on the store in memory."""

import itertools

import pytest
from faust.types import TP

from detector.core.deciding import Deciding
from detector.state.errors import StateError
from detector.stream import processor as module
from detector.stream.outbox import unpack
from detector.stream.processor import StateWentBackError

from .given import BURST, CAP, LATENESS, NOW, TRACE, Bench, record


async def bench_that_owns() -> Bench:
    return await Bench().own()


async def test_a_burst_over_several_rounds_is_one_alert_that_names_its_record() -> None:
    bench = await bench_that_owns()
    for offset in range(6):
        await bench.process(record(offset, headers=[("traceparent", TRACE)]))
    (alert,) = bench.publisher.alerts()
    assert alert["anchor"] == {
        "event_id": "e4", "type": "debit", "topic": "payments", "partition": 0, "offset": 4,
        "amount": 900, "merchant_id": "m1",
    }  # fmt: skip
    ((_, _, _, (entry,)),) = bench.publisher.published
    headers = dict(unpack(entry).headers)
    assert headers["traceparent"] == TRACE
    assert headers["ce_id"] == f"{alert['alert_id']}.1".encode()
    assert bench.processor.offsets()[TP("payments", 0)] == 6


async def test_records_that_come_again_change_nothing() -> None:
    bench = await bench_that_owns()
    burst = [record(offset) for offset in range(5)]
    await bench.process(*burst)
    await bench.process(*burst)
    assert len(bench.publisher.published) == 1
    assert bench.metrics.duplicates_total.labels("payments")._value.get() == 0


async def test_another_owner_goes_on_where_the_state_is_and_not_where_memory_was() -> None:
    # Given a worker that saw four debits, and another that takes over
    store = (first := await bench_that_owns()).store
    await first.process(*(record(offset) for offset in range(4)))
    second = await Bench(store=store).own()
    # When both see the fifth
    await second.process(record(4))
    await first.process(record(4))
    # Then only the owner raises the alert, and the other no longer takes anything
    assert len(second.publisher.alerts()) == 1
    assert first.publisher.alerts() == []
    assert first.processor.offsets() == {}


async def test_a_worker_that_stays_fenced_off_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await bench_that_owns()
    await bench.store.acquire(0, 1)
    await bench.process(record(0))
    await bench.process(record(1))
    clock = itertools.count(module.FENCED_AT_MOST_S + bench.processor._fenced_since[0], 100)
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with pytest.raises(StateError, match="assigned to this worker"):
        for offset in range(2, 4):
            await bench.process(record(offset))


async def test_a_state_that_went_back_in_time_ends_the_worker() -> None:
    bench = await bench_that_owns()
    await bench.process(record(0), record(1))
    bench.store._partitions[0].offsets["payments"] = 1
    with pytest.raises(StateWentBackError, match="lost its last writes"):
        await bench.process(record(2))


async def test_gaps_in_the_offsets_are_legal() -> None:
    bench = await bench_that_owns()
    await bench.process(record(3), record(9))
    assert bench.processor.offsets()[TP("payments", 0)] == 10


async def test_a_refused_record_is_written_aside_and_its_offset_moves_on() -> None:
    bench = await bench_that_owns()
    await bench.process(record(0, value=b"{"), record(1))
    (letter,) = bench.dead_letters.written
    assert letter.refusal.reason == "not_json"
    assert bench.processor.offsets()[TP("payments", 0)] == 2


async def test_who_is_fenced_off_writes_no_dead_letters() -> None:
    bench = await bench_that_owns()
    await bench.store.acquire(0, 1)
    await bench.process(record(0, value=b"{"), record(1))
    assert bench.dead_letters.written == []
    assert bench.count("state_commits_total", "fenced") == 1


async def test_a_round_of_refused_records_alone_moves_the_offset_on() -> None:
    bench = await bench_that_owns()
    await bench.process(record(0, value=b"{"))
    assert bench.processor.offsets()[TP("payments", 0)] == 1


async def test_histories_beyond_the_cache_are_read_back() -> None:
    bench = await Bench(cache_events=1).own()
    for offset in range(10):
        await bench.process(record(offset, user_id=f"u{offset % 2}"))
    assert [alert["anchor"]["event_id"] for alert in bench.publisher.alerts()] == ["e8", "e9"]


async def test_a_busy_keys_history_is_rewritten_before_it_only_grows() -> None:
    bench = await bench_that_owns()
    for offset in range(3_000):
        await bench.process(record(offset, event_time=NOW + offset * 60_000, auth_method="password"))
    stored = len(bench.store._partitions[0].read("h:u1") or b"")
    assert stored < 40_000


async def test_a_key_that_has_too_many_events_is_folded_and_that_is_counted() -> None:
    # cap 8, and a fourth more: the 11th event folds three, and so does each third after it
    bench = await Bench(cache_events=0).own()
    bench.processor.use(Deciding([BURST], {}, LATENESS, 8), reread=True)
    for offset in range(30):
        await bench.process(record(offset, auth_method="otp"))
    samples = {
        s.name: s.value for family in bench.metrics.histories_folded_total.collect() for s in family.samples
    }
    assert samples == {"detector_histories_folded_total": 7}


async def test_what_a_rule_costs_is_counted_through_a_change_of_rules() -> None:
    bench = await bench_that_owns()
    for offset in range(5):
        await bench.process(record(offset))
    counted = bench.count("rule_evaluations_total", BURST.id)
    bench.processor.use(Deciding([BURST], {}, LATENESS, CAP), reread=True)
    await bench.process(record(5))

    # Three can be enough, so the first two need no look.
    assert (counted, bench.count("rule_evaluations_total", BURST.id)) == (3, 4)

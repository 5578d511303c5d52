"""What is measured where nothing is said, and where something is."""

from dataclasses import asdict, replace

from bench.plan import FULL, NEEDS_SERVERS, SHORT, Part, plan_of
from bench.runs import rates_of
from bench.throughput import Throughputs
from tests.bench.made import throughput


def test_what_is_not_given_is_as_in_the_plan() -> None:
    assert plan_of(False, {"events": None, "rates": None}) == SHORT
    assert plan_of(True, {"events": None, "rates": None}) == FULL


def test_what_is_given_counts_in_both_and_nothing_is_something() -> None:
    for full, plan in ((False, SHORT), (True, FULL)):
        found = plan_of(full, {"events": 30_000, "without_password": 0.0})
        assert found == replace(plan, events=30_000, without_password=0.0)


def test_the_full_plan_measures_no_less_of_anything() -> None:
    short, full = asdict(SHORT), asdict(FULL)
    sizes = [name for name, value in short.items() if type(value) in {int, float}]
    assert len(sizes) > 10
    assert all(full[name] >= short[name] for name in sizes)


def test_every_part_runs_with_servers_or_without() -> None:
    assert set(Part) - NEEDS_SERVERS == {Part.ENGINE, Part.STATE, Part.WIDE, Part.BACKTEST}


def test_latency_is_measured_at_a_share_of_the_peak_where_there_is_one() -> None:
    assert rates_of(FULL, Throughputs([throughput(20_030)])) == [1_000, 2_000, 5_000, 14_000]
    assert rates_of(FULL, None) == [1_000, 2_000, 5_000]
    assert rates_of(SHORT, Throughputs([throughput(20_000)])) == [2_000]


def test_no_rate_is_measured_twice() -> None:
    assert rates_of(replace(FULL, rates=(5_000, 1_000)), Throughputs([throughput(5_000 / 0.7)])) == [
        1_000,
        5_000,
    ]

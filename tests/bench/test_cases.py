"""The cases of the matrix."""

from collections.abc import Hashable

import pytest

from bench.case_runs import label_of, series_of
from bench.cases import Case, Factor, all_cases, differs_only_in
from tests.bench.made import USERS, case_runs, matrix


def test_the_base_case_is_first_and_every_other_differs_in_one_factor() -> None:
    base, *others = all_cases(USERS)
    assert base == Case(USERS)
    for case in others:
        assert [differs_only_in(factor, case, base) for factor in Factor].count(True) == 1, case


def test_no_case_is_measured_twice() -> None:
    for users in (USERS, 100_000):
        cases = all_cases(users)
        assert len(set(cases)) == len(cases)


def test_cases_that_read_the_same_events_have_one_load() -> None:
    loads: list[Hashable] = [case.load for case in all_cases(USERS)]
    # Users, sizes and skew need events of their own; rules and workers do not.
    assert len(set(loads)) == 1 + 3 + 2 + 1


@pytest.mark.parametrize(
    ("factor", "labels"),
    [
        (Factor.USERS, ["10,000", "50,000", "100,000", "1,000,000"]),
        (Factor.RULES, ["2", "16", "100"]),
        (Factor.SIZE, ["200", "270", "1,024"]),
        (Factor.SKEW, ["evenly", "by Zipf, exponent 1"]),
        (Factor.WORKERS, ["1", "2"]),
    ],
)
def test_under_each_factor_all_its_cases_stand_in_order(factor: Factor, labels: list[str]) -> None:
    assert [label_of(factor, runs) for runs in series_of(factor, matrix())] == labels


def test_a_cases_figures_are_medians_of_its_runs() -> None:
    runs = case_runs(Case(USERS), 10, 50, 20)
    assert (runs.rate, runs.cpu_rate, runs.redis_bytes_per_event) == (20, 40, 200)

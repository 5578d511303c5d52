"""Wherever a worker dies on a round's path, what stands in the end is what the oracle finds in the log."""

import pytest

from tests.faults.points import PLACES, Fault
from tests.faults.scenarios import Company, dies
from tests.integration.live import Live

# At the start nothing is stored; where another worker joins, partitions change hands amid the events.
AT_THE_START: list[tuple[Fault, Company]] = [
    (Fault("acquire.before"), "at once"),
    (Fault("starts.before"), "in the end"),
    (Fault("starts.after", 2), "in the end"),
]
TAKING_OVER: list[tuple[Fault, Company]] = [
    (Fault("acquire.after", 5), "later"),
    (Fault("seek.before", 2), "later"),
    (Fault("seek.after", 2), "later"),
    (Fault("revoke.before"), "later"),
    (Fault("revoke.after"), "later"),
]
IN_A_ROUND: list[tuple[Fault, Company]] = [
    (Fault("round.before"), "at once"),
    (Fault("load.before", 2), "at once"),
    (Fault("load.after"), "at once"),
    (Fault("evaluate.after", 4), "at once"),
    (Fault("letters.before"), "in the end"),
    (Fault("letters.after", 2), "in the end"),
    (Fault("forward.before", 4), "at once"),
    (Fault("forward.between", 5), "at once"),
    (Fault("forward.after", 4), "at once"),
    (Fault("commit.before"), "at once"),
    (Fault("commit-of-alerts.before", 2), "at once"),
    (Fault("commit.reply"), "at once"),
    (Fault("commit.reply", 4), "at once"),
    (Fault("round.after", 3), "at once"),
]
AFTER_A_ROUND: list[tuple[Fault, Company]] = [
    (Fault("publish.before", 3), "at once"),
    (Fault("publish.sent", 3), "at once"),
    (Fault("trim.before", 2), "at once"),
    (Fault("trim.after", 2), "at once"),
    (Fault("kafka-commit.before", 2), "at once"),
    (Fault("kafka-commit.after", 2), "at once"),
]
DEATHS = AT_THE_START + TAKING_OVER + IN_A_ROUND + AFTER_A_ROUND
LEFT_OVER = ["left-over.before", "left-over.after"]


def _named(value: object) -> str:
    return f"{value.point}-{value.at}" if isinstance(value, Fault) else str(value).replace(" ", "-")


@pytest.mark.parametrize(("fault", "company"), DEATHS, ids=_named)
async def test_a_worker_may_die_at(small_live: Live, fault: Fault, company: Company) -> None:
    found = await dies(small_live, fault, company=company)
    print(found)
    assert found.holds, found


@pytest.mark.parametrize("point", LEFT_OVER)
async def test_who_takes_over_what_a_dead_worker_left_may_die_at(small_live: Live, point: str) -> None:
    found = await dies(small_live, Fault("publish.before", 2), Fault(point), company="in the end")
    print(found)
    assert found.holds, found


def test_no_point_is_left_out() -> None:
    assert {fault.point for fault, _ in DEATHS} | set(LEFT_OVER) == PLACES.keys()

"""What an alert measured, as people read it."""

from typing import Any

import msgspec
import pytest

from detector.core.alert import Alert
from detector.replay.report.held import Held, held

from .given import full


def alert(measures: dict[str, Any], thresholds: dict[str, Any]) -> Alert:
    one, *_ = full().answers.standing.values()
    return msgspec.structs.replace(one, measures=measures, thresholds=thresholds)


@pytest.mark.parametrize(
    ("name", "value", "against", "told", "bound"),
    [
        ("count", 5, {"gte": 5}, "5", "≥ 5"),
        # Amounts are fen in the alert and yuan here, but how many amounts there are is no amount.
        ("sum(amount)", 123_456, {"gt": 100_000}, "1,234.56 yuan", "> 1,000.00 yuan"),
        ("distinct(amount)", 7, {"gte": 7}, "7", "≥ 7"),
        ("sum(amount) / count", 250, {"gt": 99}, "250", "> 99"),
        ("count(a) / count(b)", 0.0351, {"gte": 0.035}, "0.0351", "≥ 0.035"),
        ("span(a)", 90_000, {"gte": 60_000, "lt": 120_000}, "1 min 30 s", "≥ 1 min, < 2 min"),
        ("last(city)", "Wuhan", {"ne": "Xi'an"}, "Wuhan", "≠ Xi'an"),
    ],
)
def test_a_measure_is_read_with_its_bound(
    name: str, value: Any, against: dict[str, Any], told: str, bound: str
):
    assert list(held(alert({name: value}, {name: against}))) == [Held(name, told, bound)]


def test_a_step_of_a_sequence_is_read_with_the_time_that_it_took():
    found = held(alert({"face.elapsed": 646_000, "money.elapsed": 5_000}, {"face.within": 1_800_000}))
    assert list(found) == [Held("face after", "10 min 46 s", "≤ 30 min"), Held("money after", "5 s", "")]

"""The ids of alerts and cases by value: consumers deduplicate on them across releases and restarts."""

from itertools import permutations

from detector.core.alert import alert_id, case_of_period, case_of_sequence
from detector.core.rule import Severity


def test_the_id_of_an_alert_never_changes():
    assert (
        alert_id("no-password-burst", ("u1",), Severity.HIGH, 981_792) == "e0999c34445056cdf977be912c68d95d"
    )
    assert (
        alert_id("r", ("用户", "m1"), Severity.INFO, (1_767_225_600_000, "e1"))
        == "33c09e4a030e805422c640821ff1c271"
    )


def test_the_id_of_a_case_never_changes():
    assert (
        case_of_sequence("face-after-remote-session", ("u1",), (1_767_225_600_000, "e1"))
        == "419c42138f664fdd0722daf4c0d5ddab"
    )
    assert case_of_period("no-password-burst", ("u1",), 981_792) == "87dd19eb826eb4aa42ed66a5594dcb11"


def test_everything_that_tells_alerts_apart_is_in_the_id():
    ids = {
        alert_id(rule, key, severity, period)
        for rule in ("r", "s")
        for key in (("u1",), ("u2",), ("u1", "m1"), ("m1", "u1"), ("u1m1",))
        for severity in Severity
        for period in (0, 1, (0, "a"), (0, "b"), (1, "a"))
    }
    assert len(ids) == 2 * 5 * 5 * 5


def test_a_case_of_a_sequence_is_never_one_of_a_period_nor_an_alert():
    made = [
        alert_id("r", ("u",), Severity.LOW, (0, "a")),
        case_of_sequence("r", ("u",), (0, "a")),
        case_of_period("r", ("u",), (0, "a")),
    ]
    assert all(one != other for one, other in permutations(made, 2))

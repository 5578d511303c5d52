"""What stands is what was raised last and not withdrawn."""

import msgspec

from detector.core.alert import Status
from detector.replay.standing import standing

from .given import alert, by_id


def test_the_last_revision_of_each_alert_stands():
    first, other = alert("a", 1), alert("b", 1)
    renamed = msgspec.structs.replace(first, revision=2, event_time=5)
    assert standing([first, other, renamed]) == by_id(renamed, other)


def test_an_alert_that_is_known_already_is_kept_once():
    known = by_id(alert("a", 1), alert("b", 1))
    found = standing([alert("a", 1), alert("b", 2)], known)
    assert found == by_id(alert("a", 1), alert("b", 2))
    assert found["a"] is known["a"]


def test_a_withdrawn_alert_does_not_stand_until_it_is_raised_again():
    raised = alert("a", 1)
    withdrawn = msgspec.structs.replace(raised, revision=2, status=Status.WITHDRAWN)
    again = msgspec.structs.replace(raised, revision=3)
    assert standing([raised, withdrawn]) == {}
    assert standing([raised, withdrawn, again]) == by_id(again)

"""What the variants of company and of delivery add to a story."""

from __future__ import annotations

from collections import Counter

import pytest

from detector.simulate.case import Kind, Variant
from detector.simulate.delivery import LONGEST_ATTEMPTS
from detector.simulate.frauds import KINDS
from detector.simulate.scenario_stream import told
from detector.simulate.spans import MINUTE
from detector.simulate.story import Act
from tests.simulate.given import BEGIN, case, scene

CASES = 40
ALLOWED_LATENESS = 10 * MINUTE

of_every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def stories(kind: Kind, variant: Variant) -> list[list[Act]]:
    told_in = scene()
    return [told(case(kind, variant, number), told_in) for number in range(CASES)]


@of_every_kind
def test_a_plain_story_arrives_at_once_and_once(kind: Kind) -> None:
    for pace in ("plain", "slow", "fast"):
        assert {act.delays for story in stories(kind, pace) for act in story} == {(0,)}


@of_every_kind
def test_in_interleaved_life_goes_on_between_the_acts(kind: Kind) -> None:
    for story in stories(kind, "interleaved"):
        begin = min(act.at for act in story if act.mark)
        end = max(act.at for act in story if act.mark)
        people = {act.person.index for act in story if act.mark}
        life = [act for act in story if act.mark is None and act.person.index in people]
        assert sum(begin <= act.at <= end + 10 * MINUTE for act in life) >= 3


@of_every_kind
def test_in_retries_events_are_sent_again_minutes_later_at_most(kind: Kind) -> None:
    sent_again = 0
    for story in stories(kind, "retries"):
        assert all(act.delays[0] == 0 for act in story)
        again = [delay for act in story for delay in act.delays[1:]]
        assert again
        assert all(0 < delay <= 2 * MINUTE for delay in again)
        sent_again += len(again)
    acts = sum(map(len, stories(kind, "retries")))
    assert sent_again > acts / 2


def test_in_retries_a_face_fails_before_it_passes() -> None:
    for kind in KINDS:
        for story in stories(kind, "retries"):
            faces = sorted((act for act in story if act.type == "face_verification"), key=lambda act: act.at)
            passed = Counter(act.fields["result"] for act in faces)
            assert passed["failed"] >= passed["passed"]
            if faces:
                assert faces[0].fields["result"] == "failed"
                assert {a.mark.role for a in faces if a.fields["result"] == "failed"} == {"failed-face"}
                assert faces[0].at >= BEGIN - LONGEST_ATTEMPTS


@of_every_kind
def test_in_late_events_come_late_and_some_beyond_what_is_allowed(kind: Kind) -> None:
    delays = []
    for story in stories(kind, "late"):
        assert all(len(act.delays) == 1 for act in story), "late is not twice"
        late = [act.delays[0] for act in story if act.delays[0]]
        assert late
        delays += late
    assert min(delays) >= MINUTE
    assert max(delays) <= 45 * MINUTE
    beyond = sum(delay > ALLOWED_LATENESS for delay in delays)
    assert 0.1 < beyond / len(delays) < 0.35
    assert not any(9 * MINUTE < delay < 11 * MINUTE for delay in delays), "each is clearly one or the other"

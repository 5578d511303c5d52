"""Shares and how sure they are; spreads."""

import pytest

from detector.replay.share import Share
from detector.replay.spread import Spread, spread


def test_the_interval_is_wilsons():
    # 81 of 263, as in R: prop.test(81, 263, correct=FALSE) gives 0.2553 to 0.3662.
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_share_of_all_is_not_certain_and_stays_within_bounds():
    assert Share(10, 10).interval == (pytest.approx(0.7225, abs=5e-5), 1.0)
    assert Share(0, 10).interval == (0.0, pytest.approx(0.2775, abs=5e-5))


def test_of_nothing_there_is_no_share():
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def test_nine_in_ten_do_not_exceed_the_ninth_of_ten():
    assert spread(range(10, 0, -1)) == Spread(10, 5, 9, 55)
    assert spread([7]) == Spread(1, 7, 7, 7)
    assert spread([]) is None

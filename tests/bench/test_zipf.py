"""Keys of which few are hot."""

import json
from collections import Counter
from random import Random

import pytest

from bench.traffic import Record, encoded_traffic
from bench.zipf import HotKeys, Zipf

USERS = 1_000


def traffic(skew: float | None) -> list[Record]:
    return encoded_traffic(20_000, USERS, 0.05, 2.0, 0.8, end=1_767_225_600_000, skew=skew)


def test_a_rank_comes_in_proportion_to_its_inverse() -> None:
    zipf = Zipf(100, 1.0, Random(1))
    drawn = Counter(zipf.draw() for _ in range(200_000))
    assert set(drawn) == set(range(100))
    for rank in (2, 4, 10):
        assert drawn[0] / drawn[rank - 1] == pytest.approx(rank, rel=0.1)


def test_a_larger_exponent_is_more_skewed() -> None:
    shares = []
    for exponent in (0.0, 1.0, 2.0):
        zipf = Zipf(10, exponent, Random(1))
        shares.append(sum(zipf.draw() == 0 for _ in range(20_000)) / 20_000)
    assert shares == [
        pytest.approx(0.1, abs=0.01),
        pytest.approx(0.341, abs=0.01),
        pytest.approx(0.645, abs=0.01),
    ]


def test_every_id_of_the_user_and_of_the_merchant_follows() -> None:
    event = {
        "event_id": "000371-0000371",
        "user_id": "u000371",
        "device_id": "d000371-2",
        "card_id": "c000371-1",
        "merchant_id": "m00018",
        "terminal_id": "t00018-1",
    }
    taken = HotKeys(1, 1.0, Random(1)).take(event)
    assert taken == event | {
        "user_id": "u000000",
        "device_id": "d000000-2",
        "card_id": "c000000-1",
        "merchant_id": "m00000",
        "terminal_id": "t00000-1",
    }


@pytest.mark.parametrize(("field", "hottest"), [("user_id", 0.127), ("merchant_id", 0.211)])
def test_few_keys_have_most_of_the_events(field: str, hottest: float) -> None:
    shares = []
    for skew in (None, 1.0):
        events = [json.loads(record.value) for record in traffic(skew)]
        keys = Counter(event[field] for event in events if field in event)
        shares.append(keys.most_common(1)[0][1] / keys.total())
    even, skewed = shares
    assert even < hottest / 3
    assert skewed == pytest.approx(hottest, rel=0.1)


def test_a_records_key_is_its_events_user() -> None:
    assert all(record.key.decode() == json.loads(record.value)["user_id"] for record in traffic(1.0))


def test_frauds_keep_their_users_and_merchants() -> None:
    pairs = zip(traffic(None), traffic(1.0), strict=True)
    kept = sum(even == skewed for even, skewed in pairs)
    # One in twenty belongs to a fraud.
    assert 0.03 < kept / 20_000 < 0.07

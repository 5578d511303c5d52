"""Events made shorter and longer."""

import json
from functools import cache

import msgspec
import pytest

from bench.event_sizes import EventSize, resized
from bench.traffic import Record, encoded_traffic, mean_bytes
from detector.core.events import Event, decode


@cache
def traffic() -> list[Record]:
    return encoded_traffic(20_000, 5_000, 0.05, 2.0, 0.8)


@pytest.mark.parametrize("size", EventSize)
def test_the_mean_is_about_what_was_asked_for(size: EventSize) -> None:
    assert mean_bytes(resized(traffic(), size)) == pytest.approx(size, rel=0.03)


@pytest.mark.parametrize("size", EventSize)
def test_they_are_the_same_events_in_the_same_order(size: EventSize) -> None:
    found = resized(traffic(), size)
    assert [record._replace(value=b"") for record in found] == [
        record._replace(value=b"") for record in traffic()
    ]
    events = [decode(record.value) for record in found]
    assert all(isinstance(event, Event) for event in events)
    assert [event.event_id for event in events] == [record.event_id for record in traffic()]


def test_more_text_means_nothing_to_the_detector() -> None:
    pairs = zip(traffic(), resized(traffic(), EventSize.LARGE), strict=True)
    assert all(decode(usual.value) == decode(large.value) for usual, large in pairs)


def test_what_is_left_out_is_nothing_that_a_sender_must_send() -> None:
    pairs = zip(traffic(), resized(traffic(), EventSize.SMALL), strict=True)
    for usual, small in pairs:
        before, after = json.loads(usual.value), json.loads(small.value)
        assert after.items() <= before.items()
        kind = type(decode(usual.value))
        required = {field.name for field in msgspec.structs.fields(kind) if field.required}
        assert required <= set(after)

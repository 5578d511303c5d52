"""Asking Kafka what it allows, where it does not tell; tests/security holds a broker that does."""

import pytest

from detector.config import KafkaSettings
from detector.embedded.broker import embedded_broker
from detector.stream.permissions import Operation, TopicsRequest, missing_permissions

METADATA = 3


@pytest.mark.parametrize(("newest", "used"), [(5, 5), (7, 5), (8, 8), (13, 8)])
def test_brokers_before_2_3_are_asked_in_words_that_they_know(newest: int, used: int) -> None:
    asked = TopicsRequest(["payments"]).prepare({METADATA: (0, newest)})
    assert used == asked.API_VERSION
    assert asked.encode()


async def test_nothing_is_said_to_be_missing_where_the_broker_does_not_tell() -> None:
    with embedded_broker() as bootstrap:
        kafka = KafkaSettings(bootstrap_servers=bootstrap)
        assert await missing_permissions(kafka, "g", {"payments": [Operation.READ]}) == []

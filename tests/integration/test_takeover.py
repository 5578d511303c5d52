"""Where a worker begins to read."""

import redis
from aiokafka import AIOKafkaProducer, TopicPartition

from detector.config import KafkaSettings
from detector.core.events import Event, decode
from detector.core.history import Entry, Source
from detector.stream.log_offsets import LogOffsets
from detector.stream.rekeying import Rekeying
from tests.integration.live import Live, alert_ids
from tests.servers.kafka import RunningKafka
from tests.servers.topics import Topics
from tests.stream.given import TOPICS, record

HOUR = 3_600_000
NOW = 1_767_225_600_000


def _debit(number: int) -> dict[str, object]:
    event = {"event_id": f"e{number}", "type": "debit", "event_time": NOW + number, "user_id": "u1"}
    return event | {"amount": 900, "currency": "CNY", "merchant_id": "m1", "auth_method": "none"}


async def test_a_lost_state_is_rebuilt_though_most_topics_hold_nothing(live: Live) -> None:
    # Given four of the five debits that make an alert, and nothing on any other topic
    await live.send([_debit(number) for number in range(4)])
    first = live.start()
    second = None
    try:
        await first.ready()
        await first.has_processed(4)
        assert first.stop() == 0
        # When Redis loses everything
        with redis.Redis.from_url(live.redis_url) as client:
            client.flushall()
        second = live.start()
        await second.ready()
        await live.send([_debit(4)])
        await live.has_drained()
        assert second.stop() == 0
    finally:
        for worker in (first, second):
            if worker is not None:
                worker.kill()
    # Then the four were read again
    standing, _ = alert_ids(await live.read("alerts"))
    assert len(standing) == 1


async def test_how_far_back_re_keyed_events_are_read_goes_by_the_platforms_records(
    kafka: RunningKafka, topics: Topics
) -> None:
    # Given three events an hour apart, the last two sent on half a day later, when an outage was over
    internal = await topics("by-merchant")
    sent_on = [NOW, NOW + 12 * HOUR, NOW + 12 * HOUR + 1]
    rekeying = Rekeying(TOPICS, 1)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        for number, at in enumerate(sent_on):
            read = record(number * HOUR // 1000)
            event = decode(read.value)
            assert isinstance(event, Event)
            value = rekeying.encode(Entry(event, Source("payments", 0, number)), read, refused=False)
            await producer.send_and_wait(internal, key=b"m1", value=value, timestamp_ms=at)
    finally:
        await producer.stop()
    offsets = LogOffsets(KafkaSettings(bootstrap_servers=kafka.bootstrap), internal)
    await offsets.start()
    try:
        place = TopicPartition(internal, 0)
        # Then all lie within two hours of the last, and two within one
        assert await offsets.before({place: 3}, 2 * HOUR) == {place: 0}
        assert await offsets.before({place: 3}, HOUR) == {place: 1}
        # And where nothing was read, nothing is looked up
        assert await offsets.before({place: 0}, HOUR) == {place: 0}
    finally:
        await offsets.stop()

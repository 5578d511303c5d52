"""Alerts on their topics as a worker would have published them, at times of the test's choice."""

from collections.abc import Iterable

import msgspec
from aiokafka import AIOKafkaProducer

from detector.config import Settings, load_settings
from detector.core.alert import Alert
from tests.integration.live import Live


async def publish(live: Live, role: str, alerts: Iterable[tuple[Alert, int]]) -> None:
    """Write alerts to a topic, each with the timestamp (ms) of its record."""
    records = [(next(iter(alert.entity.values())), msgspec.json.encode(alert), at) for alert, at in alerts]
    await write(live, role, records)


async def write(live: Live, role: str, records: Iterable[tuple[str, bytes, int]]) -> None:
    """Write records of a key, a value and a timestamp (ms)."""
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, **live.access)
    await producer.start()
    try:
        for key, value, at in records:
            await producer.send_and_wait(live.names[role], key=key.encode(), value=value, timestamp_ms=at)
    finally:
        await producer.stop()


def settings_of(live: Live) -> Settings:
    """The settings that a command there would have."""
    return load_settings(None, {"kafka": {"bootstrap_servers": live.bootstrap}, "topics": live.names})

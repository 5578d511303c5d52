"""Topics and start-up checks against a real Kafka."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from detector.config import KafkaSettings, Settings, TopicSettings
from detector.embedded import free_port
from detector.stream.checks import StartRefused, start_up_checks
from detector.stream.kafka import alert_producer
from detector.stream.topics import create_topics, partition_counts, plan_topics, topic_retentions
from tests.servers.certificates import make_certificates
from tests.servers.kafka import RunningKafka

MEBIBYTE = 1024 * 1024
DAY_MS = 86_400_000


@pytest.fixture
async def names(kafka: RunningKafka) -> AsyncIterator[TopicSettings]:
    """Names that no other test uses; their topics are deleted afterwards."""
    tag = uuid4().hex[:12]
    names = TopicSettings(**{field: f"{field}-{tag}" for field in TopicSettings.model_fields})
    yield names
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.delete_topics(list(names.names))
    await admin.close()


@pytest.fixture
def settings(kafka: RunningKafka, names: TopicSettings) -> Settings:
    return Settings(kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap), topics=names)


async def create(settings: Settings, partitions: int) -> None:
    """Create the topics that are missing, and wait until the brokers show them all."""
    creation = await create_topics(settings.kafka, plan_topics(settings.topics, partitions, replication=1))
    assert not creation.failed
    async with asyncio.timeout(10):
        while len(await partition_counts(settings.kafka, settings.topics.names)) < len(settings.topics.names):
            await asyncio.sleep(0.02)


async def test_topics_that_were_created_pass_the_checks(settings: Settings) -> None:
    await create(settings, partitions=3)

    await start_up_checks(settings)

    counts = await partition_counts(settings.kafka, settings.topics.names)
    assert counts == dict.fromkeys(settings.topics.names, 3)


async def test_creating_twice_leaves_what_exists_as_it_is(settings: Settings) -> None:
    await create(settings, partitions=2)

    again = await create_topics(settings.kafka, plan_topics(settings.topics, partitions=5, replication=1))

    assert sorted(again.existing) == sorted(settings.topics.names)
    assert (again.created, again.failed) == ([], [])
    assert set((await partition_counts(settings.kafka, settings.topics.names)).values()) == {2}


async def test_retentions_are_those_planned_and_missing_topics_are_left_out(settings: Settings) -> None:
    await create(settings, partitions=1)
    names = settings.topics

    retentions = await topic_retentions(settings.kafka, [names.alerts, names.dead_letters, "never-created"])

    assert retentions == {names.alerts: 30 * DAY_MS, names.dead_letters: 7 * DAY_MS}


async def test_a_topic_that_cannot_be_created_says_why(settings: Settings) -> None:
    creation = await create_topics(settings.kafka, plan_topics(settings.topics, partitions=1, replication=3))

    assert {problem.topic for problem in creation.failed} == set(settings.topics.names)
    assert all("replication factor" in problem.message.lower() for problem in creation.failed)


async def test_missing_topics_refuse_the_start_each_on_a_line(settings: Settings) -> None:
    with pytest.raises(StartRefused) as caught:
        await start_up_checks(settings)

    assert str(caught.value).splitlines() == [
        f"topic {name} does not exist, or this user may not describe it" for name in settings.topics.names
    ]


async def test_asking_for_missing_topics_creates_none(settings: Settings) -> None:
    assert await partition_counts(settings.kafka, settings.topics.names) == {}


async def test_unequal_inputs_refuse_the_start_with_both_counts(settings: Settings) -> None:
    plan = plan_topics(settings.topics, partitions=4, replication=1)
    await create_topics(settings.kafka, [topic for topic in plan if topic.name != settings.topics.logins])
    others = plan_topics(settings.topics, partitions=6, replication=1)
    await create_topics(settings.kafka, [topic for topic in others if topic.name == settings.topics.logins])
    await create(settings, partitions=4)

    with pytest.raises(StartRefused, match=r"logins-\w+ has 6 partitions but payments-\w+ has 4: "):
        await start_up_checks(settings)


@asynccontextmanager
async def silent_server(context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that accepts connections and says nothing; yields its address."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0, ssl=context)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_broker_that_is_not_there_is_one_line_within_the_deadline() -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=address))

    with pytest.raises(StartRefused) as caught:
        await start_up_checks(settings, deadline_s=0.5)

    message = str(caught.value)
    assert message.startswith(f"Kafka at {address} does not answer within 0.5 s: ")
    assert "refused" in message.lower() or "Connect call failed" in message
    assert "\n" not in message


async def test_a_server_that_accepts_and_says_nothing_does_not_answer_either() -> None:
    async with silent_server() as address:
        settings = Settings(kafka=KafkaSettings(bootstrap_servers=address))
        with pytest.raises(StartRefused, match=r"does not answer within 0\.5 s: "):
            await start_up_checks(settings, deadline_s=0.5)


async def test_a_second_broker_is_tried_when_the_first_is_down(settings: Settings) -> None:
    await create(settings, partitions=1)
    both = f"127.0.0.1:{free_port()},{settings.kafka.bootstrap_servers}"

    await start_up_checks(Settings(kafka=KafkaSettings(bootstrap_servers=both), topics=settings.topics))


async def test_a_certificate_that_nobody_trusts_refuses_the_start_at_once(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(make_certificates(tmp_path).server)
    async with silent_server(context) as address:
        settings = Settings(kafka=KafkaSettings(bootstrap_servers=address, security_protocol="SSL"))
        with pytest.raises(StartRefused, match=f"Kafka at {address}: TLS fails: .*CERTIFICATE_VERIFY_FAILED"):
            await start_up_checks(settings)


async def test_a_dead_letter_as_large_as_kafka_takes_fits_with_its_headers(settings: Settings) -> None:
    await create(settings, partitions=1)
    value = bytes(MEBIBYTE)
    headers = [("original", bytes(64 * 1024)), ("detector.reason", b"too_large")]
    dead_letters = settings.topics.dead_letters

    async with alert_producer(settings.kafka) as producer:
        await producer.send_and_wait(dead_letters, value, key=b"u1", headers=headers)
    consumer = AIOKafkaConsumer(
        dead_letters, bootstrap_servers=settings.kafka.bootstrap_servers, auto_offset_reset="earliest"
    )
    async with consumer:
        record = await consumer.getone()

    assert record.value == value
    assert list(record.headers) == headers

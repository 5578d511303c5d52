"""The servers that the other integration tests stand on."""

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from detector.embedded.redis import bundled_redis, running_redis
from tests.servers.errors import MissingServerError
from tests.servers.jars import kafka_jars
from tests.servers.kafka import RunningKafka, start_kafka
from tests.servers.redis import start_redis
from tests.servers.topics import Topics

UNKNOWN_TOPIC = 3


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_kafka_returns_what_was_sent_with_each_codec(
    kafka: RunningKafka, topics: Topics, codec: str
) -> None:
    topic = await topics(codec)
    values = [b"payment %d " % number * 50 for number in range(20)]
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, compression_type=codec) as producer:
        for value in values:
            await producer.send(topic, value)

    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    async with consumer:
        received = [(await consumer.getone()).value for _ in values]

    assert received == values


async def test_topics_of_one_stem_are_distinct_and_have_the_partitions_asked_for(
    kafka: RunningKafka, topics: Topics
) -> None:
    names = [await topics("payments", partitions=3), await topics("payments", partitions=2)]

    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        partitions = [await producer.partitions_for(name) for name in names]

    assert partitions == [{0, 1, 2}, {0, 1}]


async def test_kafka_does_not_create_a_topic_that_nobody_created(kafka: RunningKafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        (description,) = await admin.describe_topics(["never-created"])
        assert description["error_code"] == UNKNOWN_TOPIC
        assert "never-created" not in await admin.list_topics()
    finally:
        await admin.close()


@pytest.mark.parametrize("run", ["first", "second"])
def test_each_test_gets_an_empty_redis(redis_url: str, run: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
        assert client.dbsize() == 0
        client.set("left over by", run)


def test_redis_refuses_to_forget_when_memory_is_short(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_kafka_that_was_given_is_used_and_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTOR_TEST_KAFKA", "kafka.test:9092")

    given = start_kafka()
    given.stop()

    assert given.bootstrap == "kafka.test:9092"


@pytest.fixture
def given_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of somebody's own, named in the environment."""
    with running_redis(bundled_redis()) as url:
        monkeypatch.setenv("DETECTOR_TEST_REDIS", url)
        monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
        yield url


def test_a_redis_that_was_given_keeps_its_data_and_lends_one_database(given_redis: str) -> None:
    with redis.Redis.from_url(given_redis) as owner:
        owner.set("owner's", "data")

        lent = start_redis()
        with redis.Redis.from_url(lent.url) as client:
            client.set("test's", "data")
        lent.stop()

        assert owner.keys() == [b"owner's"]
        assert list(owner.info("keyspace")) == ["db0"]


def test_a_given_redis_whose_test_database_holds_data_is_refused(given_redis: str) -> None:
    with redis.Redis.from_url(given_redis.removesuffix("/0") + "/15") as client:
        client.set("somebody's", "data")

        with pytest.raises(MissingServerError, match=r"database 15 .* not empty"):
            start_redis()

        assert client.get("somebody's") == b"data"


def test_tests_that_run_side_by_side_lend_databases_of_their_own(
    given_redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")

    lent = start_redis()
    lent.stop()

    assert lent.url.endswith("/14")


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without servers, containers or caches; returns the one folder of its PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DETECTOR_TEST_KAFKA", raising=False)
    monkeypatch.delenv("DETECTOR_TEST_REDIS", raising=False)
    return programs


@pytest.mark.usefixtures("bare_machine")
def test_without_java_the_error_says_what_to_install() -> None:
    with pytest.raises(MissingServerError, match=r"java is not on PATH.*JDK 17.*Maven.*DETECTOR_TEST_KAFKA"):
        start_kafka()


def test_without_maven_and_jars_the_error_says_what_to_install(bare_machine: Path) -> None:
    write_program(bare_machine / "java", "exit 1")

    with pytest.raises(MissingServerError, match=r"mvn is not on PATH.*JDK 17.*Maven.*DETECTOR_TEST_KAFKA"):
        start_kafka()


@pytest.mark.usefixtures("bare_machine")
def test_without_any_redis_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "files", lambda _: None)

    with pytest.raises(MissingServerError, match=r"install redis-server.*DETECTOR_TEST_REDIS"):
        start_redis()


@pytest.mark.usefixtures("bare_machine")
def test_without_an_installed_redis_the_bundled_one_serves() -> None:
    running = start_redis()
    with redis.Redis.from_url(running.url) as client:
        assert client.ping()
    running.stop()


def test_maven_runs_only_while_the_cache_is_empty(bare_machine: Path) -> None:
    maven = write_program(bare_machine / "mvn", 'mkdir "${6#*=}"; : > "${6#*=}/k.jar"')
    folder = kafka_jars()
    maven.unlink()

    assert kafka_jars() == folder
    assert [jar.name for jar in folder.iterdir()] == ["k.jar"]


def test_an_interrupted_fetch_leaves_nothing_that_passes_for_jars(bare_machine: Path) -> None:
    write_program(bare_machine / "mvn", 'mkdir "${6#*=}"; echo "[ERROR] no route to repository"; exit 1')
    with pytest.raises(MissingServerError, match=r"no route to repository.*JDK 17"):
        kafka_jars()

    with pytest.raises(MissingServerError, match="no route to repository"):
        kafka_jars()


def write_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n")
    path.chmod(0o755)
    return path

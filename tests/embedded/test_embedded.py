"""The embedded broker and Redis, through the clients that the worker uses."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from detector.embedded import EmbeddedServerError, EmbeddedServers, embedded_servers
from detector.embedded.redis import running_redis

HOLD_SERVERS = """
import sys
from detector.embedded import embedded_servers
with embedded_servers() as servers:
    print(servers.bootstrap_servers, servers.redis_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[EmbeddedServers]:
    with embedded_servers() as running:
        yield running


def is_open(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def addresses(servers: EmbeddedServers) -> list[str]:
    return [servers.bootstrap_servers, urlsplit(servers.redis_url).netloc]


def wait_until_closed(address: str) -> None:
    deadline = time.monotonic() + 10
    while is_open(address):
        assert time.monotonic() < deadline, f"{address} is still open"
        time.sleep(0.01)


def consumer_of(servers: EmbeddedServers, topic: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers.bootstrap_servers,
        group_id="detector",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=4000,  # the second join lasts a second less
        heartbeat_interval_ms=500,
    )


async def produce(servers: EmbeddedServers, partition: TopicPartition, values: list[bytes]) -> None:
    bootstrap = servers.bootstrap_servers
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(partition.topic, value, partition=partition.partition)


async def test_a_group_seeks_back_and_a_restarted_one_resumes_after_its_commit(
    servers: EmbeddedServers,
) -> None:
    partition = TopicPartition("payments", 1)
    await produce(servers, partition, [b"0", b"1", b"2"])
    async with consumer_of(servers, partition.topic) as consumer:
        first = [(await consumer.getone()).value for _ in range(3)]
        consumer.seek(partition, 1)
        again = [(await consumer.getone()).value for _ in range(2)]
        await consumer.commit({partition: 2})

    async with consumer_of(servers, partition.topic) as consumer:
        resumed = (await consumer.getone()).value

    assert (first, again, resumed) == ([b"0", b"1", b"2"], [b"1", b"2"], b"2")


async def test_every_topic_has_the_same_four_partitions(servers: EmbeddedServers) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers.bootstrap_servers) as producer:
        partitions = [await producer.partitions_for(topic) for topic in ("payments", "logins")]

    assert partitions == [{0, 1, 2, 3}] * 2


def test_redis_scripts_have_cmsgpack_and_struct(servers: EmbeddedServers) -> None:
    script = "return {cmsgpack.pack({1, 'a'}), struct.pack('>d', 1.5)}"
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.eval(script, 0) == [b"\x92\x01\xa1a", b"\x3f\xf8\0\0\0\0\0\0"]


def test_redis_neither_persists_nor_evicts(servers: EmbeddedServers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@pytest.mark.parametrize("reason", [None, RuntimeError("worker failed"), KeyboardInterrupt()])
def test_nothing_is_left_however_the_block_ends(
    reason: BaseException | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    running = None
    try:
        with embedded_servers() as running:
            assert [is_open(address) for address in addresses(running)] == [True, True]
            with redis.Redis.from_url(running.redis_url) as client:
                pid = client.info("server")["process_id"]
            if reason:
                raise reason
    except (RuntimeError, KeyboardInterrupt) as raised:
        assert raised is reason

    assert running is not None
    assert [is_open(address) for address in addresses(running)] == [False, False]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program in the foreground that holds embedded servers, and has printed where they listen."""
    command = [sys.executable, "-c", HOLD_SERVERS]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, process_group=0, **pipes) as running:
        yield running
        running.kill()


def test_servers_do_not_outlive_a_process_that_is_killed(holder: subprocess.Popen[str]) -> None:
    assert holder.stdout is not None
    broker, redis_url = holder.stdout.readline().split()

    holder.kill()

    wait_until_closed(broker)
    wait_until_closed(urlsplit(redis_url).netloc)


def test_ctrl_c_reaches_the_program_and_not_its_redis(holder: subprocess.Popen[str]) -> None:
    assert holder.stdout is not None
    _, redis_url = holder.stdout.readline().split()
    with redis.Redis.from_url(redis_url) as client:
        server = client.info("server")["process_id"]

    assert os.getpgid(server) != os.getpgid(holder.pid)
    os.killpg(holder.pid, signal.SIGINT)

    assert holder.wait(timeout=10) != 0
    wait_until_closed(urlsplit(redis_url).netloc)


def test_a_platform_without_a_binary_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "files", lambda _: None)

    with (
        pytest.raises(EmbeddedServerError, match=r"no embedded Redis here.*streaming-fraud-detector\[demo\]"),
        embedded_servers(),
    ):
        pass


def test_a_missing_broker_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with (
        pytest.raises(
            EmbeddedServerError, match=r"no embedded broker here.*streaming-fraud-detector\[demo\]"
        ),
        embedded_servers(),
    ):
        pass


def test_a_binary_that_is_not_for_this_machine_is_reported_in_one_line(tmp_path: Path) -> None:
    binary = tmp_path / "redis"
    binary.write_bytes(b"\xcf\xfa\xed\xfe")
    binary.chmod(0o755)

    with (
        pytest.raises(EmbeddedServerError, match="redis cannot be executed here: Exec format error"),
        running_redis(binary),
    ):
        pass


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    binary = tmp_path / "redis"
    binary.write_text("#!/bin/sh\necho out of luck\nexit 3\n")
    binary.chmod(0o755)

    with pytest.raises(EmbeddedServerError, match=r"ended with 3: out of luck$"), running_redis(binary):
        pass

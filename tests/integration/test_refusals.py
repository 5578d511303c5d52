"""A worker that cannot work says so in one clear line and ends with exit code 1, without a traceback."""

import socket

import pytest
import redis
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from detector.embedded import free_port
from tests.integration.live import Live


def _refusal(live: Live, *arguments: str) -> str:
    done = live.command("run", *arguments)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


async def test_an_unreachable_broker(live: Live) -> None:
    live.extra["DETECTOR_KAFKA__BOOTSTRAP_SERVERS"] = f"127.0.0.1:{free_port()}"
    assert "does not answer within" in _refusal(live)


async def test_an_unreachable_redis(live: Live) -> None:
    live.extra["DETECTOR_REDIS__URL"] = f"redis://127.0.0.1:{free_port()}/0"
    assert "Redis" in _refusal(live)


async def test_a_missing_topic(live: Live) -> None:
    live.extra["DETECTOR_TOPICS__LOGINS"] = "nobody-made-this"
    assert "nobody-made-this" in _refusal(live)


async def test_unequal_partition_counts(live: Live) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({live.names["logins"]: NewPartitions(6)})
    finally:
        await admin.close()
    line = _refusal(live)
    assert "4" in line
    assert "6" in line


async def test_a_redis_that_evicts(live: Live) -> None:
    with redis.Redis.from_url(live.redis_url) as client:
        client.config_set("maxmemory", "1gb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert "noeviction" in _refusal(live)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "0")


async def test_a_broken_rule_file(live: Live) -> None:
    rule = live.folder / "mine.yaml"
    rule.write_text("id: mine\nby: user_id\nwindow: {event: debitt, within: 10m}\nwhen: {count: {gte: 3}}\n")
    assert "mine.yaml:3:17: 'debitt' is no event type; did you mean 'debit'?" in _refusal(
        live, "--rules", str(live.folder)
    )


async def test_a_setting_that_does_not_exist(live: Live) -> None:
    live.extra["DETECTOR_KAFKA__BOOTSTRAP_SERVER"] = "localhost:9092"
    assert "bootstrap_servers" in _refusal(live)


async def test_a_taken_http_address(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        live.extra["DETECTOR_HTTP__PORT"] = str(taken.getsockname()[1])
        assert "http.port" in _refusal(live)


@pytest.mark.parametrize("count", [3, 8])
async def test_a_changed_partition_count(live: Live, count: int) -> None:
    with redis.Redis.from_url(live.redis_url) as client:
        client.hset(f"{live.prefix}:{{0}}:meta", mapping={"partitions": count, "counter": 1, "epoch": "1-x"})
    line = _refusal(live)
    assert f"written for {count}" in line

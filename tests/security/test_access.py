"""Who is not let in: strangers, wrong passwords, no TLS, and servers that are not who they should be."""

from pathlib import Path

import pytest

from detector.config import KafkaSettings, RedisSettings, Settings
from detector.state.connect import connect
from detector.state.errors import StateUnavailable
from detector.state.redis_store import RedisStore
from detector.stream.checks import StartRefused, worker_checks
from tests.integration.live import Live
from tests.security.platform import PASSWORDS, STRANGER, TOPICS, Platform, signed_in

WRONG = "wrong-secret"


def refusal(live: Live, *command: str) -> list[str]:
    """The lines with which a command ends; no secret is in them."""
    done = live.command(*command)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert not any(secret in done.stderr for secret in (WRONG, *PASSWORDS.values()))
    return done.stderr.splitlines()


async def test_a_user_without_permissions_does_nothing(live: Live, tmp_path: Path) -> None:
    live.extra |= signed_in(STRANGER, tmp_path)
    for command in (["topics", "check"], ["send", "/dev/null"]):
        assert refusal(live, *command) == [
            f"topic {name} does not exist, or this user may not describe it" for name in TOPICS.names
        ]
    lines = refusal(live, "run")
    assert len(lines) == len(TOPICS.names) + 2
    assert all(line.startswith("this user may not ") for line in lines)


async def test_a_wrong_password_of_kafka(live: Live) -> None:
    Path(live.extra["DETECTOR_KAFKA__SASL_PASSWORD_FILE"]).write_text(WRONG)
    [line] = refusal(live, "run")
    assert line.startswith(f"Kafka at {live.bootstrap} refuses the credentials: ")


async def test_a_wrong_password_of_redis(live: Live) -> None:
    del live.extra["DETECTOR_REDIS__PASSWORD_FILE"]
    live.extra["DETECTOR_REDIS__PASSWORD"] = WRONG
    [line] = refusal(live, "run")
    assert " refused a command: AuthenticationError: invalid username-password pair" in line


async def kafka_refusal(kafka: KafkaSettings) -> str:
    with pytest.raises(StartRefused) as caught:
        await worker_checks(Settings(kafka=kafka), deadline_s=1)
    return str(caught.value)


async def test_kafka_without_tls(platform: Platform) -> None:
    line = await kafka_refusal(KafkaSettings(bootstrap_servers=platform.kafka.bootstrap))
    assert line.endswith(" closed; does it expect TLS?")


async def test_kafka_without_a_user(platform: Platform) -> None:
    bootstrap, authority = platform.kafka.bootstrap, platform.kafka.certificates.authority
    line = await kafka_refusal(
        KafkaSettings(bootstrap_servers=bootstrap, security_protocol="SSL", ssl_cafile=authority)
    )
    assert line.endswith("; does it expect a user (SASL)?")


async def test_a_kafka_whose_certificate_is_for_another_host(platform: Platform) -> None:
    address = platform.kafka.bootstrap.replace("localhost", "127.0.0.1")
    kafka = platform.settings().kafka.model_copy(update={"bootstrap_servers": address})
    line = await kafka_refusal(kafka)
    assert line.startswith(f"Kafka at {address}: TLS fails: ")
    assert "certificate is not valid for '127.0.0.1'" in line


async def test_a_kafka_that_no_trusted_authority_vouches_for(platform: Platform) -> None:
    kafka = platform.settings().kafka.model_copy(update={"ssl_cafile": None})
    assert "TLS fails: [SSL: CERTIFICATE_VERIFY_FAILED]" in await kafka_refusal(kafka)


async def redis_refusal(platform: Platform, url: str, authority: Path | None) -> str:
    client = connect(RedisSettings(url=f"{url}:{platform.redis_port}/0", ssl_cafile=authority))
    async with client:
        with pytest.raises(StateUnavailable) as caught:
            await RedisStore(client, deadline_s=0.1).check()
    return str(caught.value)


async def test_redis_without_tls(platform: Platform) -> None:
    line = await redis_refusal(platform, "redis://localhost", None)
    assert line.startswith(
        f"Redis at localhost:{platform.redis_port} gave no usable answer for 0.1 s: ConnectionError: "
    )


async def test_a_redis_whose_certificate_is_for_another_host(platform: Platform) -> None:
    authority = platform.kafka.certificates.authority
    line = await redis_refusal(platform, "rediss://127.0.0.1", authority)
    assert "certificate is not valid for '127.0.0.1'" in line


async def test_a_redis_that_no_trusted_authority_vouches_for(platform: Platform) -> None:
    assert "CERTIFICATE_VERIFY_FAILED" in await redis_refusal(platform, "rediss://localhost", None)

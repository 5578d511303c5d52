"""Combinations of Kafka's security settings that would be unsafe, or would not do what they seem to."""

from pathlib import Path
from typing import Any

import pytest

from detector.config import ConfigError, KafkaSettings, load_settings

SCRAM = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "detector", "sasl_password": "secret"}


def load(**kafka: Any) -> KafkaSettings:
    return load_settings(None, {"kafka": kafka}).kafka


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "any.pem"
    path.write_text("-")
    return path


def test_sasl_without_tls_needs_an_explicit_word() -> None:
    with pytest.raises(ConfigError, match="SASL_PLAINTEXT sends credentials unencrypted"):
        load(security_protocol="SASL_PLAINTEXT", **SCRAM)

    assert load(security_protocol="SASL_PLAINTEXT", allow_insecure=True, **SCRAM).uses_sasl


def test_credentials_that_would_be_ignored_are_refused() -> None:
    with pytest.raises(ConfigError, match="sasl_mechanism, sasl_username, sasl_password would not be used"):
        load(**SCRAM)


def test_certificates_that_would_be_ignored_are_refused(pem: Path) -> None:
    with pytest.raises(ConfigError, match="ssl_cafile would not be used without TLS"):
        load(security_protocol="PLAINTEXT", ssl_cafile=pem)


@pytest.mark.parametrize(
    ("kafka", "fault"),
    [
        ({}, "SASL_SSL needs sasl_mechanism"),
        ({"sasl_mechanism": "OAUTHBEARER"}, "OAUTHBEARER needs sasl_token_file"),
        (
            {"sasl_mechanism": "PLAIN", "sasl_username": "u"},
            "PLAIN needs sasl_username, and sasl_password_file",
        ),
    ],
)
def test_what_a_mechanism_needs_is_asked_for(kafka: dict[str, str], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        load(security_protocol="SASL_SSL", **kafka)


def test_a_certificate_without_its_key_is_refused(pem: Path) -> None:
    with pytest.raises(ConfigError, match="ssl_certfile and ssl_keyfile go together"):
        load(security_protocol="SSL", ssl_certfile=pem)


def test_a_session_longer_than_a_request_is_refused() -> None:
    with pytest.raises(ConfigError, match="session_timeout is longer than request_timeout"):
        load(session_timeout="31s")

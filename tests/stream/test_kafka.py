"""What the settings become for aiokafka and for Faust, which must agree."""

import ssl
import subprocess
from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from pydantic import SecretStr

from detector.config import KafkaSettings
from detector.stream.kafka import TokenFile, alert_producer, client_arguments, faust_credentials

SCRAM = {
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_username": "detector",
    "sasl_password": "secret",
}


def test_plaintext_has_no_credentials() -> None:
    arguments = client_arguments(KafkaSettings(bootstrap_servers="a:1,b:2"))

    assert arguments == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }
    assert faust_credentials(KafkaSettings()) is None


@pytest.mark.parametrize(
    "settings",
    [
        KafkaSettings(security_protocol="SSL"),
        KafkaSettings(security_protocol="SASL_SSL", **SCRAM),
        KafkaSettings(security_protocol="SASL_PLAINTEXT", allow_insecure=True, **SCRAM),
    ],
    ids=lambda settings: settings.security_protocol,
)
def test_faust_connects_as_our_own_clients_do(settings: KafkaSettings) -> None:
    own = client_arguments(settings)
    of_faust = dict(credentials_to_aiokafka_auth(faust_credentials(settings)))

    contexts = own.pop("ssl_context"), of_faust.pop("ssl_context")
    assert [context is None for context in contexts] == [not settings.uses_tls] * 2
    del own["bootstrap_servers"]
    assert own == of_faust


def test_the_brokers_certificate_and_name_are_checked() -> None:
    context = client_arguments(KafkaSettings(security_protocol="SASL_SSL", **SCRAM))["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_token_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    settings = KafkaSettings(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", sasl_token_file=file)
    provider = client_arguments(settings)["sasl_oauth_token_provider"]
    assert isinstance(provider, TokenFile)

    assert await provider.token() == "first"
    file.write_text("second\n")
    assert await provider.token() == "second"
    assert isinstance(
        credentials_to_aiokafka_auth(faust_credentials(settings))["sasl_oauth_token_provider"], TokenFile
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A client certificate whose key is encrypted with the password 'secret'."""
    folder = tmp_path_factory.mktemp("certificate")
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-passout",
        "pass:secret",
        "-subj",
        "/CN=detector",
    ]
    subprocess.run(
        [*request, "-keyout", "c.key", "-out", "c.crt"], cwd=folder, check=True, capture_output=True
    )
    return {"ssl_certfile": folder / "c.crt", "ssl_keyfile": folder / "c.key"}


def test_an_encrypted_key_is_opened_with_its_password(certificate: dict[str, Path]) -> None:
    settings = KafkaSettings(security_protocol="SSL", ssl_key_password=SecretStr("secret"), **certificate)

    assert client_arguments(settings)["ssl_context"]


def test_an_encrypted_key_without_password_fails_and_does_not_ask(certificate: dict[str, Path]) -> None:
    with pytest.raises(OSError):
        client_arguments(KafkaSettings(security_protocol="SSL", **certificate))


async def test_alerts_are_acknowledged_by_all_replicas_and_written_once() -> None:
    producer = alert_producer(KafkaSettings())

    assert producer._sender._acks == -1
    assert producer._txn_manager is not None
    await producer.stop()

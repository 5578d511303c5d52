"""Clients of Kafka, as the settings want them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.abc import AbstractTokenProvider
from aiokafka.admin import AIOKafkaAdminClient
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials

from detector.config import KafkaSettings

# A dead letter carries a record of Kafka's usual limit, 1 MiB, and headers that say what is wrong with it.
MAX_RECORD_BYTES = 2 * 1024 * 1024
_ALERT_LINGER_MS = 2
_TIMEOUT_MS = 15_000
# What a round sends to one partition should be one batch; Kafka's usual limit of a batch is 1 MiB.
_REKEYED_BATCH_BYTES = 512 * 1024


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """An OAuth token in a file that something else keeps fresh; read anew at each handshake."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Return the token that the file holds now.

        Raises:
            OSError: The file cannot be read.
        """
        return (await asyncio.to_thread(self._path.read_text, encoding="utf-8")).strip()


def client_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """Return what every aiokafka client needs to connect.

    Raises:
        OSError: A certificate or key does not load (``ssl.SSLError`` is one).
    """
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
        "ssl_context": tls_context(settings),
    }
    if not settings.uses_sasl:
        return arguments
    arguments["sasl_mechanism"] = settings.sasl_mechanism
    if settings.sasl_token_file:
        return arguments | {"sasl_oauth_token_provider": TokenFile(settings.sasl_token_file)}
    return arguments | {
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": _reveal_password(settings),
    }


def faust_credentials(settings: KafkaSettings) -> Credentials | None:
    """Return the same as ``client_arguments``, as Faust's ``broker_credentials``; None for PLAINTEXT.

    Raises:
        OSError: A certificate or key does not load.
    """
    context = tls_context(settings)
    if not settings.uses_sasl:
        return SSLCredentials(context) if context else None
    if settings.sasl_token_file:
        return OAuthCredentials(oauth_cb=TokenFile(settings.sasl_token_file), ssl_context=context)
    return SASLCredentials(
        username=settings.sasl_username,
        password=_reveal_password(settings),
        ssl_context=context,
        mechanism=settings.sasl_mechanism,
    )


def alert_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    """Return the producer of alerts and dead letters, not yet started; call it inside the running loop.

    An acknowledged record is on all in-sync replicas, once. Times out after 15 seconds.
    """
    return AIOKafkaProducer(
        **client_arguments(settings),
        acks="all",
        enable_idempotence=True,
        linger_ms=_ALERT_LINGER_MS,
        request_timeout_ms=_TIMEOUT_MS,
        max_request_size=MAX_RECORD_BYTES,
    )


def rekeying_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    """Return the producer of re-keyed events, not yet started; call it inside the running loop.

    It is another than that of alerts, for a producer has one request under way to a broker at a time.
    """
    return AIOKafkaProducer(
        **client_arguments(settings),
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=_TIMEOUT_MS,
        max_batch_size=_REKEYED_BATCH_BYTES,
    )


def admin_client(settings: KafkaSettings) -> AIOKafkaAdminClient:
    """Return the client that lists and creates topics, not yet started; call it inside the running loop."""
    return AIOKafkaAdminClient(**client_arguments(settings), request_timeout_ms=settings.request_timeout)


@asynccontextmanager
async def connected_admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """That client, started, for the length of a block.

    Raises:
        KafkaError: The brokers do not answer.
    """
    admin = admin_client(settings)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def tls_context(settings: KafkaSettings) -> ssl.SSLContext | None:
    """Return the TLS context, which checks the broker's certificate and host name; None without TLS.

    Raises:
        OSError: A certificate or key does not load.
    """
    if not settings.uses_tls:
        return None
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    if settings.ssl_certfile:
        secret = settings.ssl_key_password
        # Without a password here OpenSSL would ask for one on the terminal.
        password = secret.get_secret_value() if secret else ""
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password)
    return context


def _reveal_password(settings: KafkaSettings) -> str | None:
    return settings.sasl_password.get_secret_value() if settings.sasl_password else None

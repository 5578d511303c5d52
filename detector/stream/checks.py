"""What must be true of Kafka before the worker starts."""

import asyncio
import ssl
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from detector.config import KafkaSettings, Settings
from detector.monitor.exceptions import said
from detector.stream.kafka import client_arguments
from detector.stream.permissions import Needs, missing_permissions, needs_of_worker
from detector.stream.topics import check_topics, partition_counts

Answer = TypeVar("Answer")

_DEADLINE_S = 10.0
_ATTEMPT_MS = 3_000
_PAUSE_S = 0.25
_REFUSALS = (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)


class StartRefused(Exception):
    """A process must not start; the message has one line for each reason, and says what to do."""


async def worker_checks(settings: Settings, deadline_s: float = _DEADLINE_S) -> None:
    """Check that Kafka answers, that it allows what the worker does, and that the topics are as they must be.

    Raises:
        StartRefused: Kafka does not answer within the deadline, or something is missing.
    """
    await wait_for_kafka(settings.kafka, deadline_s)
    await check_permissions(settings.kafka, needs_of_worker(settings.topics), deadline_s)
    await _check_topics(settings, deadline_s)


async def start_up_checks(settings: Settings, deadline_s: float = _DEADLINE_S) -> None:
    """Check that Kafka answers, that the topics exist and that the inputs have equally many partitions.

    Raises:
        StartRefused: Kafka does not answer within the deadline, or something is wrong with the topics.
    """
    await wait_for_kafka(settings.kafka, deadline_s)
    await _check_topics(settings, deadline_s)


async def wait_for_kafka(kafka: KafkaSettings, deadline_s: float = _DEADLINE_S) -> None:
    """Try the brokers until one lets us in; what a new attempt cannot mend is not tried again.

    Raises:
        StartRefused: none did within the deadline, or one refuses us.
    """
    attempts = _Attempts(kafka)
    try:
        async with asyncio.timeout(deadline_s):
            while not await attempts.succeed():
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise _no_answer(kafka, deadline_s, attempts.failure) from None


async def ask_for_partitions(
    kafka: KafkaSettings, names: Iterable[str], deadline_s: float = _DEADLINE_S
) -> dict[str, int]:
    """Ask for the number of partitions of each of the topics that exists.

    Raises:
        StartRefused: Kafka does not answer within the deadline.
    """
    return await _ask(kafka, deadline_s, partition_counts(kafka, names))


async def check_permissions(kafka: KafkaSettings, needs: Needs, deadline_s: float = _DEADLINE_S) -> None:
    """Check that Kafka allows this user what it needs of topics, and the group.

    Raises:
        StartRefused: Kafka does not answer within the deadline, or a permission is missing.
    """
    _refuse(await _ask(kafka, deadline_s, missing_permissions(kafka, kafka.group, needs)))


async def _check_topics(settings: Settings, deadline_s: float) -> None:
    partitions = await ask_for_partitions(settings.kafka, settings.topics.names, deadline_s)
    _refuse([problem.message for problem in check_topics(settings.topics, partitions)])


async def _ask(kafka: KafkaSettings, deadline_s: float, question: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(deadline_s):
            return await question
    except (KafkaError, OSError) as error:  # TimeoutError is an OSError
        raise _no_topics(kafka, error) from None


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise StartRefused("\n".join(problems))


class _Attempts:
    """Attempts to connect to any of the brokers, remembering why the last one failed."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.failure = "no connection"
        self._where = f"Kafka at {kafka.bootstrap_servers}"
        self._hosts = collect_hosts(kafka.bootstrap_servers)
        self._arguments = _connection_arguments(kafka)

    async def succeed(self) -> bool:
        """Try every broker once, and say whether one let us in.

        Raises:
            StartRefused: A broker refuses the credentials, or TLS fails.
        """
        for host, port, _ in self._hosts:
            try:
                connection = await create_conn(host, port, **self._arguments)
            except _REFUSALS as error:
                raise StartRefused(f"{self._where} refuses the credentials: {said(error)}") from None
            except ssl.SSLError as error:
                raise StartRefused(f"{self._where}: TLS fails: {said(error)}") from None
            except (KafkaError, OSError) as error:
                self.failure = said(error)
            else:
                connection.close()
                return True
        return False


def _connection_arguments(kafka: KafkaSettings) -> Mapping[str, Any]:
    try:
        arguments = client_arguments(kafka)
    except OSError as error:
        raise StartRefused(f"the certificate files of the section kafka do not load: {said(error)}") from None
    del arguments["bootstrap_servers"]
    return arguments | {"request_timeout_ms": _ATTEMPT_MS}


def _no_answer(kafka: KafkaSettings, deadline_s: float, reason: str) -> StartRefused:
    where = kafka.bootstrap_servers
    # So a listener with TLS treats who speaks without.
    hint = "; does it expect TLS?" if reason.endswith(" closed") and not kafka.uses_tls else ""
    return StartRefused(f"Kafka at {where} does not answer within {deadline_s:g} s: {reason}{hint}")


def _no_topics(kafka: KafkaSettings, error: Exception) -> StartRefused:
    # A token that the broker refuses shows only now, the client takes the refusal for a success; so does a
    # user that it asks for in vain.
    hint = "; is the token in kafka.sasl_token_file valid?" if kafka.sasl_token_file else ""
    hint = hint or ("" if kafka.uses_sasl else "; does it expect a user (SASL)?")
    where = kafka.bootstrap_servers
    return StartRefused(f"Kafka at {where} takes the connection but lists no topics: {said(error)}{hint}")

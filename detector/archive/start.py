"""What must be true before the archive begins, and the connection with which it then does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection

import psycopg
from psycopg import AsyncConnection

from detector.archive.connect import connect, unusable
from detector.archive.migrate import migrate
from detector.config import ArchiveSettings, KafkaSettings
from detector.stream.checks import StartRefused, ask_for_partitions, check_permissions, wait_for_kafka
from detector.stream.permissions import Operation
from detector.stream.topics import missing_topics

_DEADLINE_S = 10.0
_PAUSE_S = 0.25
_log = logging.getLogger(__name__)


async def check_topics(kafka: KafkaSettings, topics: Collection[str]) -> None:
    """Check that Kafka answers, has these topics and lets this user read them.

    Raises:
        StartRefused: it does not answer within 10 seconds, lacks a topic, or does not allow what is needed.
    """
    await wait_for_kafka(kafka)
    await check_permissions(kafka, dict.fromkeys(topics, (Operation.READ,)))
    problems = missing_topics(topics, await ask_for_partitions(kafka, topics))
    if problems:
        raise StartRefused("\n".join(problem.message for problem in problems))


async def migrated(settings: ArchiveSettings) -> AsyncConnection:
    """Connect, and bring the schema up to date; the caller closes the connection.

    Raises:
        ArchiveError: PostgreSQL cannot be reached within 10 seconds, or refuses what is to be changed.
    """
    connection = await _first_connection(settings)
    try:
        for number in await migrate(connection):
            _log.info("schema fraud: migration %d applied", number)
    except psycopg.Error as error:
        await connection.close()
        raise unusable(settings, error) from None
    return connection


async def _first_connection(settings: ArchiveSettings) -> AsyncConnection:
    give_up_at = time.monotonic() + _DEADLINE_S
    while True:
        try:
            return await connect(settings)
        except psycopg.OperationalError as error:
            if time.monotonic() > give_up_at:
                raise unusable(settings, error) from None
        await asyncio.sleep(_PAUSE_S)

"""What Kafka allows this user: asked at the start, for some is needed only with the first bad record."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v5
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from detector.config import KafkaSettings, TopicSettings
from detector.stream.kafka import connected_admin

_METADATA = 3
_OPERATIONS = "authorized_operations"
# What a broker says that was not asked, or does not tell.
_NOT_TOLD = -(2**31)


class Operation(IntEnum):
    """What is done with a topic, by the number that Kafka's protocol gives it."""

    READ = 3
    WRITE = 4


Needs = Mapping[str, Sequence[Operation]]


def needs_of_worker(topics: TopicSettings) -> Needs:
    """What the worker does with each topic."""
    return {
        **dict.fromkeys(topics.inputs, (Operation.READ,)),
        topics.by_merchant: (Operation.READ, Operation.WRITE),
        **dict.fromkeys((topics.alerts, topics.alerts_shadow, topics.dead_letters), (Operation.WRITE,)),
    }


async def missing_permissions(kafka: KafkaSettings, group: str, needs: Needs) -> list[str]:
    """What is needed and not allowed, a line each; topics that do not exist are left out.

    Kafka before 2.3 does not tell what it allows on topics; nothing is said to be missing there.

    Raises:
        KafkaError: The brokers do not answer.
    """
    async with connected_admin(kafka) as admin:
        # Public methods of aiokafka 0.14.0 ask only what it knows itself.
        response = await admin._send_request(TopicsRequest(list(needs)))
        missing = [
            f"this user may not {operation.name.lower()} topic {name}: "
            f"grant it the ACL operation {operation.name.capitalize()} on that topic"
            for name, allowed in _allowed(response.to_object()["topics"])
            for operation in needs[name]
            if not allowed & 1 << operation
        ]
        try:
            await admin.find_coordinator(group)
        except GroupCoordinatorNotAvailableError:
            pass  # A new cluster only begins to make what it keeps groups in; whoever joins tries again.
        except GroupAuthorizationFailedError:
            missing.append(
                f"this user may not use the consumer group {group}: "
                "grant it the ACL operation Read on that group"
            )
    return missing


def _allowed(topics: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, int]]:
    """What is allowed on each topic that exists, a bit for each operation."""
    for topic in topics:
        if topic["error_code"] == TopicAuthorizationFailedError.errno:
            yield topic["topic"], 0
        elif (told := topic.get(_OPERATIONS, _NOT_TOLD)) != _NOT_TOLD:
            yield topic["topic"], told


class _TopicsResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _METADATA
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8"))),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                (_OPERATIONS, Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class _TopicsRequest_v8(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka knows none newer than 5, which does not tell what is allowed."""

    API_KEY = _METADATA
    API_VERSION = 8
    RESPONSE_TYPE = _TopicsResponse
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class TopicsRequest(Request[MetadataRequest_v5 | _TopicsRequest_v8]):  # type: ignore[misc]
    """Asks for topics by their names, with what is allowed where the broker can tell, and creates none."""

    API_KEY = _METADATA

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def build(self, version: type[RequestStruct]) -> RequestStruct:
        """Put the question in the words of one version of the protocol."""
        may_create, of_cluster, of_topics = False, False, True
        if version is _TopicsRequest_v8:
            return version(self._names, may_create, of_cluster, of_topics)
        return version(self._names, may_create)

"""The topics that the detector needs: what they should be, what they are, and how to create them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from detector.config import KafkaSettings, TopicSettings
from detector.stream.kafka import MAX_RECORD_BYTES, connected_admin

_DAY_MS = 86_400_000
_ALERT_RETENTION_MS = 30 * _DAY_MS
_PASSING_RETENTION_MS = 7 * _DAY_MS
_DURABLE_REPLICATION = 3
_RETENTION = "retention.ms"


@dataclass(frozen=True)
class TopicPlan:
    """A topic as it should be; ``configs`` holds what it sets itself, the rest is the broker's default."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True)
class TopicProblem:
    """What is wrong with a topic, in one line that says how to mend it."""

    topic: str
    message: str


@dataclass(frozen=True)
class TopicCreation:
    """What ``create_topics`` did with each topic, by name."""

    created: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    failed: list[TopicProblem] = field(default_factory=list)


def plan_topics(topics: TopicSettings, partitions: int, replication: int) -> list[TopicPlan]:
    """Return all topics as they should be, the inputs first.

    The inputs set nothing: how long they are kept is the platform's to say. Alerts are kept for 30 days; dead
    letters and re-keyed events for 7.
    """
    durable = {"min.insync.replicas": "2"} if replication >= _DURABLE_REPLICATION else {}
    own = {"cleanup.policy": "delete", **durable}
    kept = {**own, _RETENTION: str(_ALERT_RETENTION_MS)}
    passing = {**own, _RETENTION: str(_PASSING_RETENTION_MS)}
    configs: dict[str, Mapping[str, str]] = {name: {} for name in topics.inputs}
    configs |= {
        topics.alerts: kept,
        topics.alerts_shadow: kept,
        topics.dead_letters: {**passing, "max.message.bytes": str(MAX_RECORD_BYTES)},
        topics.by_merchant: passing,
    }
    return [TopicPlan(name, partitions, replication, configs[name]) for name in topics.names]


def check_topics(topics: TopicSettings, partitions: Mapping[str, int]) -> list[TopicProblem]:
    """Compare the topics with what a cluster has.

    Args:
        topics: The names.
        partitions: The number of partitions of each topic that exists.

    Returns:
        A problem for each topic that is missing, or whose number of partitions is not that of the others that
        must agree; empty when all is well.
    """
    missing = missing_topics(topics.names, partitions)
    return missing + _unequal_counts((*topics.inputs, topics.by_merchant), partitions)


def missing_topics(names: Iterable[str], partitions: Mapping[str, int]) -> list[TopicProblem]:
    """A problem for each of the topics that a cluster, by its numbers of partitions, does not have."""
    return [TopicProblem(name, missing_topic(name)) for name in names if name not in partitions]


def missing_topic(name: str) -> str:
    """Say that a topic is missing, as far as can be told."""
    return f"topic {name} does not exist, or this user may not describe it"


def _unequal_counts(names: Sequence[str], partitions: Mapping[str, int]) -> list[TopicProblem]:
    present = [name for name in names if name in partitions]
    return [
        TopicProblem(
            name,
            f"topic {name} has {partitions[name]} partitions but {present[0]} has {partitions[present[0]]}: "
            "the numbers must be equal, so that all events of one user lie in one partition number",
        )
        for name in present[1:]
        if partitions[name] != partitions[present[0]]
    ]


async def partition_counts(kafka: KafkaSettings, names: Iterable[str]) -> dict[str, int]:
    """Ask Kafka for the number of partitions of each of the topics that exists.

    Raises:
        KafkaError: The brokers do not answer.
    """
    wanted = set(names)
    async with connected_admin(kafka) as admin:
        # All topics, because asking for one that is missing makes some brokers create it.
        described = await admin.describe_topics()
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in described
        if topic["topic"] in wanted and topic["partitions"]
    }


async def topic_retentions(kafka: KafkaSettings, names: Sequence[str]) -> dict[str, int]:
    """Ask Kafka how long each of the topics keeps its records, in milliseconds; -1 is for ever.

    Topics that do not exist, or whose settings this user may not see, are left out.

    Raises:
        KafkaError: The brokers do not answer.
    """
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, {_RETENTION: ""}) for name in names]
    async with connected_admin(kafka) as admin:
        [response] = await admin.describe_configs(resources)
    return {
        name: int(value)
        for _error_code, _error, _type, name, entries in response.resources
        for key, value, *_ in entries
        if key == _RETENTION
    }


async def create_topics(kafka: KafkaSettings, plan: Sequence[TopicPlan]) -> TopicCreation:
    """Create the topics that do not exist yet; the others are left as they are.

    Raises:
        KafkaError: The brokers do not answer.
    """
    new = [
        NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=dict(topic.configs))
        for topic in plan
    ]
    async with connected_admin(kafka) as admin:
        response = await admin.create_topics(new)
    creation = TopicCreation()
    for name, code, *message in response.topic_errors:
        _record(creation, name, code, message[0] if message else None)
    return creation


def _record(creation: TopicCreation, name: str, code: int, message: str | None) -> None:
    if code == 0:
        creation.created.append(name)
    elif code == TopicAlreadyExistsError.errno:
        creation.existing.append(name)
    else:
        reason = message or for_code(code).__name__
        creation.failed.append(TopicProblem(name, f"topic {name} was not created: {reason}"))

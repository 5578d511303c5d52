"""A broker that speaks Kafka's protocol on a local port: librdkafka's mock cluster, for one worker.

It runs in this process, not in a child. Its threads are librdkafka's own and never take the interpreter
lock, so a busy or blocked event loop neither slows nor stops it; and it ends with this process however that
ends, with nothing to orphan, no second interpreter to start and no address to pass between processes.

It keeps about the last 20,000 records, in memory only. Topics appear at their first use, with 4 partitions
each. It cannot look up offsets by time, and it does not serve a consumer group of two members. A group's
first join lasts 3 s, which the session timeout must exceed, and a later one the session timeout less 1 s.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from detector.embedded.errors import INSTALL, EmbeddedServerError

if TYPE_CHECKING:
    from confluent_kafka import Producer

_START_SECONDS = 10.0
_LOG_ERRORS_ONLY = 3


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Run the broker for the length of a `with` block; yields its bootstrap address, `host:port`.

    Raises:
        EmbeddedServerError: confluent-kafka is not installed, or the broker did not start.
    """
    owner = _start()
    try:
        yield _address(owner)
    finally:
        owner.close()


def _start() -> "Producer":
    try:
        from confluent_kafka import Producer
    except ImportError as error:
        raise EmbeddedServerError(f"no embedded broker here ({error}): {INSTALL}") from error
    return Producer({"test.mock.num.brokers": 1, "log_level": _LOG_ERRORS_ONLY})


def _address(owner: "Producer") -> str:
    from confluent_kafka import KafkaException

    try:
        (broker,) = owner.list_topics(timeout=_START_SECONDS).brokers.values()
    except KafkaException as error:
        raise EmbeddedServerError(f"the embedded broker did not start: {error.args[0].str()}") from error
    return f"{broker.host}:{broker.port}"

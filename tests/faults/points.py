"""Named points on a round's path, at each of which a worker can die, stand still or lose an answer."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any
from weakref import WeakSet

import msgspec
from aiokafka import AIOKafkaProducer
from redis.exceptions import ConnectionError as RedisConnectionError

from detector.state import redis_calls, scripts
from detector.state.redis_calls import Command, RedisCalls
from detector.state.redis_store import RedisStore
from detector.stream.dead_letters import DeadLetters
from detector.stream.forwarder import Forwarder
from detector.stream.histories import Histories
from detector.stream.processor import Processor
from detector.stream.publisher import Publisher
from detector.stream.takeover import Takeover
from detector.stream.transport import RoundConsumer, _ConsumerThread

KILLED = 137
EXIT, STOP, LOSE = "exit", "stop", "lose"

Arguments = tuple[Any, ...]
_senders: WeakSet[asyncio.Task[Any]] = WeakSet()


async def _always(_: Arguments) -> bool:
    return True


async def _leaves_something(arguments: Arguments) -> bool:
    takeover, ownership = arguments
    return bool((await takeover._store.outbox(ownership.partition)).entries)


async def _has_letters(arguments: Arguments) -> bool:
    return bool(arguments[1])


async def _has_forwards(arguments: Arguments) -> bool:
    return any(any(forwards.values()) for forwards in arguments[1])


async def _is_another_batch(_: Arguments) -> bool:
    """Whether the task that sends to a partition has sent a batch before."""
    task = asyncio.current_task()
    assert task is not None
    is_another = task in _senders
    _senders.add(task)
    return is_another


async def _has_commits(arguments: Arguments) -> bool:
    return bool(_commits(arguments))


async def _has_alerts(arguments: Arguments) -> bool:
    """Whether a commit puts something into the outbox."""
    plans = (msgspec.msgpack.decode(command[-2]) for command in _commits(arguments))
    return any(sizes_of_alerts for _, _, _, sizes_of_alerts, _ in plans)


def _commits(arguments: Arguments) -> list[Command]:
    return [command for command in arguments[1] if command[:2] == ("EVALSHA", scripts.COMMIT.sha)]


async def _has_partitions(arguments: Arguments) -> bool:
    return bool(arguments[1])


@dataclass(frozen=True)
class Place:
    """Before or after a method; of its calls only those count for whose arguments it `matters`."""

    owner: type
    method: str
    after: bool
    matters: Callable[[Arguments], Awaitable[bool]] = _always


PLACES = {
    # Taking over
    "acquire.before": Place(RedisStore, "acquire", False),
    "acquire.after": Place(RedisStore, "acquire", True),
    "starts.before": Place(RedisStore, "set_offsets", False),
    "starts.after": Place(RedisStore, "set_offsets", True),
    "left-over.before": Place(Takeover, "_publish_what_was_left", False, _leaves_something),
    "left-over.after": Place(Takeover, "_publish_what_was_left", True, _leaves_something),
    "seek.before": Place(_ConsumerThread, "seek_for", False),
    "seek.after": Place(_ConsumerThread, "seek_for", True),
    # A round
    "round.before": Place(Processor, "process", False),
    "load.before": Place(Histories, "load", False),
    "load.after": Place(Histories, "load", True),
    "evaluate.after": Place(Processor, "_conclude", False),
    "letters.before": Place(DeadLetters, "write", False, _has_letters),
    "letters.after": Place(DeadLetters, "write", True, _has_letters),
    "forward.before": Place(Forwarder, "send", False, _has_forwards),
    "forward.between": Place(AIOKafkaProducer, "send_batch", False, _is_another_batch),
    "forward.after": Place(Forwarder, "send", True, _has_forwards),
    "commit.before": Place(RedisCalls, "_send", False, _has_commits),
    "commit-of-alerts.before": Place(RedisCalls, "_send", False, _has_alerts),
    "commit.reply": Place(RedisCalls, "_send", True, _has_commits),
    "round.after": Place(Processor, "process", True),
    # What follows a round
    "publish.before": Place(Publisher, "publish", False),
    "publish.sent": Place(Publisher, "publish", True),
    "trim.before": Place(RedisStore, "trim_outbox", False),
    "trim.after": Place(RedisStore, "trim_outbox", True),
    "kafka-commit.before": Place(RoundConsumer, "_commit", False),
    "kafka-commit.after": Place(RoundConsumer, "_commit", True),
    # Losing partitions
    "revoke.before": Place(RoundConsumer, "on_partitions_revoked", False, _has_partitions),
    "revoke.after": Place(RoundConsumer, "on_partitions_revoked", True, _has_partitions),
}


@dataclass
class Fault:
    """What happens when a point is reached for the n-th time.

    `exit` as by SIGKILL; `stop` as by SIGSTOP, until SIGCONT comes; `lose`: the answer of Redis never
    comes, though it did what was asked.
    """

    point: str
    at: int = 1
    action: str = EXIT

    def environment(self) -> dict[str, str]:
        """How a worker is told."""
        return {"FAULTS_POINT": self.point, "FAULTS_AT": str(self.at), "FAULTS_ACTION": self.action}

    def __str__(self) -> str:
        return f"{self.action} at {self.point} ({self.at})"


def told(environment: dict[str, str]) -> Fault | None:
    """The fault that a worker was told of."""
    if "FAULTS_POINT" not in environment:
        return None
    return Fault(
        environment["FAULTS_POINT"], int(environment["FAULTS_AT"]), environment.get("FAULTS_ACTION", EXIT)
    )


def arm(fault: Fault) -> None:
    """Have this process suffer the fault."""
    place = PLACES[fault.point]
    original = getattr(place.owner, place.method)
    reached = 0

    @wraps(original)
    async def with_fault(*given: Any, **options: Any) -> Any:
        nonlocal reached
        # What can be gone through once only is looked at here, and is still to be worked on.
        arguments = tuple(list(one) if isinstance(one, Iterator) else one for one in given)
        # What it is about may be gone when it is done.
        here = await place.matters(arguments)
        result = await original(*arguments, **options) if place.after else None
        reached += here
        if here and reached == fault.at:
            _suffer(fault, arguments)
        return result if place.after else await original(*arguments, **options)

    setattr(place.owner, place.method, with_fault)


def mark(fault: Fault) -> str:
    """What a worker leaves in its log when it has come to the point."""
    return f"fault: {fault}"


def _suffer(fault: Fault, arguments: Arguments) -> None:
    os.write(2, f"{mark(fault)}\n".encode())
    if fault.action == EXIT:
        os._exit(KILLED)
    if fault.action == STOP:
        os.kill(os.getpid(), signal.SIGSTOP)
    if fault.action == LOSE:
        _, commands, replies = arguments
        replies[:] = [redis_calls._NO_REPLY] * len(commands)
        raise RedisConnectionError("the answer was lost")

"""What can happen to a detector, and whether it kept its promises after that."""

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import redis
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from tests.faults.crew import Crew, fenced_off, go_on, owns, suffers
from tests.faults.load import Event, Load, load, record
from tests.faults.oracle import RULES, Expected, expected_of
from tests.faults.points import LOSE, STOP, Fault
from tests.faults.settling import let_finish, send
from tests.faults.verdict import Verdict, verdict
from tests.integration.live import INPUTS, Live, Worker, eventually

EVENTS, USERS = 6_000, 300
# Some five minutes of event time: what of it one topic brings before another is not too late.
_PART_EVENTS = 125
_APART_S = 0.05
_POISON = (b"user", b"{")
_READ = (*INPUTS, "by_merchant")
# Bounds of what takes moments: a busy machine may be slow, but a standstill must end.
_REACHED_S = 90.0
_DRAIN_S = 60.0
# Fewer than each merchant has in what is sent again.
_CROWDED = "24"
_OF_A_CROWD = (4, 2_000, 400, 0.0, 10.0)

Company = Literal["at once", "later", "in the end"]


@dataclass
class Found:
    """How a scenario ended; `trouble` tells of what went wrong besides what the verdict says."""

    verdict: Verdict = field(default_factory=Verdict)
    trouble: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not self.trouble and self.verdict.holds

    @property
    def broken(self) -> str:
        """What was not as it must be, in short."""
        found = self.verdict
        wrong = {
            "missing": len(found.missing),
            "made up": len(found.extra),
            "untrue": len(found.untrue),
            "histories": len(found.histories),
            "offsets": len(found.offsets),
            "unpublished": found.unpublished,
            "dead letters": found.dead_letters,
        }
        return "; ".join([*self.trouble, *(f"{number} {name}" for name, number in wrong.items() if number)])

    def __str__(self) -> str:
        return "; ".join([*self.trouble, str(self.verdict)])


@dataclass(frozen=True)
class World:
    """What is sent, beside a record to be refused with each part of it, and what must come of it."""

    sent: Load
    expected: Expected


@cache
def world() -> World:
    """The same for every scenario: the oracle takes longer than a run."""
    sent = load(1, EVENTS, USERS)
    return World(sent, expected_of(sent.log))


@cache
def _crowd() -> World:
    """Twenty merchants, each with more than fifty payments within three minutes of event time."""
    sent = load(*_OF_A_CROWD)
    return World(sent, expected_of(sent.log))


async def dies(live: Live, *faults: Fault, company: Company = "at once", mutant: str | None = None) -> Found:
    """A worker dies at one point after the other while events come.

    Another is there from the start, or joins it later amid the events, or comes when all has been suffered.
    """
    crew = _crew(live, mutant, faults)
    async with crew.supervised():
        crew.start_next()
        if company == "at once":
            crew.start()
        await crew.each(owns)
        sending = asyncio.create_task(_send_in_parts(live, world().sent.events))
        if company == "later":
            crew.start()
        await eventually(lambda: crew.deaths == len(faults), _REACHED_S)
        if company == "in the end":
            crew.start()
        await sending
        return await _finish(live, crew)


async def loses_an_answer(live: Live, mutant: str | None = None) -> Found:
    """Redis applies a commit, and the worker never hears of it."""
    # By then most keys are appended to: what is put in place may be put there twice.
    fault = Fault("commit.reply", 10, LOSE)
    crew = _crew(live, mutant)
    async with crew.supervised():
        worker = crew.start(fault)
        await crew.each(owns)
        await _send_in_parts(live, world().sent.events)
        await suffers(worker, fault)
        return await _finish(live, crew)


async def comes_back_as_a_zombie(live: Live, mutant: str | None = None) -> Found:
    """A worker stands still before a commit, and goes on when another has taken its partitions over."""
    falls_asleep, waits = Fault("commit.before", 3, STOP), Fault("round.before", 1, STOP)
    crew = _crew(live, mutant)
    async with crew.supervised():
        zombie = crew.start(falls_asleep)
        await crew.each(owns)
        await _send_in_parts(live, world().sent.events)
        await suffers(zombie, falls_asleep)
        # The new owner has read what is stored, and does not get further before the zombie has gone on.
        heir = crew.start(waits, DETECTOR_KAFKA__SESSION_TIMEOUT="30s")
        await suffers(heir, waits)
        stored = live.stored_offset(*_READ)
        go_on(zombie)
        with suppress(AssertionError):
            await eventually(lambda: fenced_off(zombie) or live.stored_offset(*_READ) != stored, 10)
        taken = live.stored_offset(*_READ) != stored
        go_on(heir)
        found = await _finish(live, crew)
    if taken:
        found.trouble.append("what a zombie wrote was taken")
    return found


async def gets_partitions_back(live: Live, mutant: str | None = None) -> Found:
    """Another worker has half of the partitions for a while, and writes what the first does not know."""
    crew = _crew(live, mutant)
    events = world().sent.events
    third = _parts(events) // 3 * _PART_EVENTS
    async with crew.supervised():
        first = crew.start()
        await crew.each(owns)
        await _send_in_parts(live, events[:third])
        await live.has_drained(_DRAIN_S)
        other = crew.start()
        await crew.each(lambda worker: _owned(worker) == live.partitions / 2)
        await _send_in_parts(live, events[third : 2 * third])
        await live.has_drained(_DRAIN_S)
        await crew.dismiss(other)
        await eventually(lambda: _owned(first) == live.partitions, _REACHED_S)
        await _send_in_parts(live, events[2 * third :])
        return await _finish(live, crew)


def _owned(worker: Worker) -> float:
    return worker.metric("detector_assigned_partitions")


async def starts_on_a_backlog(live: Live, mutant: str | None = None) -> Found:
    """All events are there when the worker comes, and are handed over topic by topic."""
    crew = _crew(live, mutant)
    await _send_in_parts(live, world().sent.events, apart_s=0)
    async with crew.supervised():
        crew.start()
        return await _finish(live, crew)


async def finds_redis_gone_back(live: Live, mutant: str | None = None) -> Found:
    """Redis loses its last writes, of which Kafka was told, under a worker that has nothing to do."""
    crew = _crew(live, mutant)
    events = world().sent.events
    half = _parts(events) // 2 * _PART_EVENTS
    async with crew.supervised():
        crew.start()
        await crew.each(owns)
        await _send_in_parts(live, events[:half])
        await live.has_drained(_DRAIN_S)
        with redis.Redis.from_url(live.redis_url) as client:
            kept = {name: client.dump(name) for name in client.scan_iter(f"{live.prefix}:*")}
            await _send_in_parts(live, events[half:])
            await live.has_drained(_DRAIN_S)
            await _kafka_was_told(live)
            _go_back(client, live.prefix, kept)
        # Noticed with the next commit: that worker ends, and another reads on from what Redis has.
        await send(live, events[-1:])
        return await _finish(live, crew, may_end=1)


async def counts_a_crowd(live: Live, mutant: str | None = None) -> Found:
    """A worker dies when it has sent on more events of each merchant than are kept; they are sent again."""
    live.extra["DETECTOR_STATE__HISTORY_CAP"] = _CROWDED
    crowd, fault = _crowd(), Fault("forward.after")
    crew = _crew(live, mutant, (fault,))
    await _send_in_parts(live, crowd.sent.events, apart_s=0)
    async with crew.supervised():
        crew.start_next()
        await eventually(lambda: crew.deaths == 1, _REACHED_S)
        crew.start()
        found = await _finish(live, crew, of=crowd)
    # A merchant's older events live on as numbers only.
    found.verdict.histories = [told for told in found.verdict.histories if "merchant_id" not in told]
    return found


def _crew(live: Live, mutant: str | None, faults: tuple[Fault, ...] = ()) -> Crew:
    live.extra["DETECTOR_RULES__DIRS"] = str(RULES)
    return Crew(live, mutant, faults)


async def _finish(live: Live, crew: Crew, may_end: int = 0, of: World | None = None) -> Found:
    """Let all be processed, ask what was counted, and judge."""
    found, of = Found(), of or world()
    try:
        await let_finish(live, of.sent, _DRAIN_S)
    except AssertionError:
        found.trouble.append(f"not all was processed and published within {_DRAIN_S:g} s")
    if len(crew.other_exits) > may_end:
        found.trouble.append(f"{len(crew.other_exits)} workers ended by themselves")
    found.verdict = await verdict(live, of.sent.log, of.expected)
    found.verdict.dead_letters = abs(_parts(of.sent.events) - await _refused(live))
    return found


async def _send_in_parts(live: Live, events: tuple[Event, ...], apart_s: float = _APART_S) -> None:
    """Send events over a while, so that there is something to do, and a record to refuse with each part."""
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap)
    await producer.start()
    try:
        for at in range(0, len(events), _PART_EVENTS):
            records = [
                (live.topic(event["type"]), *record(event)) for event in events[at : at + _PART_EVENTS]
            ]
            records.append((live.names["logins"], *_POISON))
            sent = [await producer.send(topic, key=key, value=value) for topic, key, value in records]
            await asyncio.gather(*sent)
            await asyncio.sleep(apart_s)
    finally:
        await producer.stop()


def _parts(events: tuple[Event, ...]) -> int:
    return math.ceil(len(events) / _PART_EVENTS)


async def _refused(live: Live) -> int:
    """Of how many records there are dead letters."""
    return len({tuple(letter.headers[:3]) for letter in await live.read("dead_letters")})


async def _kafka_was_told(live: Live) -> None:
    """Wait until Kafka's committed offsets have followed."""
    end = await live.end(*_READ)
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(_DRAIN_S):
            while True:
                committed = await admin.list_consumer_group_offsets(f"group-{live.prefix}")
                if sum(max(0, known.offset) for known in committed.values()) >= end:
                    return
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


def _go_back(client: redis.Redis, prefix: str, kept: dict[bytes, bytes]) -> None:
    with client.pipeline() as together:
        for name in _names(client, prefix):
            together.delete(name)
        for name, data in kept.items():
            together.restore(name, 0, data)
        together.execute()


def _names(client: redis.Redis, prefix: str) -> Iterable[bytes]:
    return list(client.scan_iter(f"{prefix}:*"))


async def trims_late(live: Live, mutant: str | None = None) -> Found:
    """A former owner trims what it published, after Redis went back and its successor wrote other alerts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.late_trim",
        live.redis_url,
        live.prefix,
        env=live.environment() | ({"FAULTS_MUTANT": mutant} if mutant else {}),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    left = int(output)
    return Found(trouble=[] if left == 1 else ["an alert that nobody has published was trimmed"])


Scenario = Callable[[Live, str | None], Awaitable[Found]]


def _dies_at(point: str, at: int, company: Company = "at once") -> Scenario:
    return lambda live, mutant: dies(live, Fault(point, at), company=company, mutant=mutant)


SCENARIOS: dict[str, Scenario] = {
    "an answer is lost": loses_an_answer,
    "a zombie comes back": comes_back_as_a_zombie,
    "partitions come back": gets_partitions_back,
    "a backlog": starts_on_a_backlog,
    "Redis goes back": finds_redis_gone_back,
    "a trim comes late": trims_late,
    "dies before a commit of alerts": _dies_at("commit-of-alerts.before", 2),
    "dies before publishing": _dies_at("publish.before", 3),
    "dies before the acknowledgement": _dies_at("publish.sent", 3),
    "dies before sending on": _dies_at("forward.before", 5, "in the end"),
    "dies after a round": _dies_at("round.after", 5, "in the end"),
    "dies amid a crowd": counts_a_crowd,
}

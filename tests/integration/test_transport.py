"""The batching transport and the embedded Faust app against a real Kafka."""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from detector.stream.job import Job, run_job
from detector.stream.rounds import Round
from detector.stream.transport import FlowError, Stage

PARTITIONS = 4


class Recorder:
    """Keeps the offsets that it was given; `store` is the state, which several recorders may share."""

    def __init__(self, store: dict[TP, int] | None = None) -> None:
        self.store = {} if store is None else store
        self.calls: list[str] = []
        self.asked: list[set[TP]] = []
        self.offsets: dict[TP, list[int]] = defaultdict(list)
        self.values: list[bytes] = []
        self.expected: dict[TP, int] = {}
        self.faults: list[str] = []
        self.stages: list[tuple[Stage, int]] = []

    async def started(self) -> None:
        self.calls.append("started")

    async def positions(self, assigned: set[TP]) -> Mapping[TP, int]:
        self.asked.append(assigned)
        self.expected = {tp: self.store.setdefault(tp, 0) for tp in assigned}
        return dict(self.expected)

    async def process(self, fetched: Round) -> None:
        for tp, records in fetched.records.items():
            offsets = [record.offset for record in records]
            wanted = list(range(self.expected[tp], self.expected[tp] + len(offsets)))
            if offsets != wanted:
                self.faults.append(f"{tp}: wanted {wanted}, got {offsets}")
            self.offsets[tp] += offsets
            self.values += [record.value for record in records]
            self.expected[tp] = self.store[tp] = offsets[-1] + 1

    def enter(self, stage: Stage, assigned: set[TP]) -> None:
        self.stages.append((stage, len(assigned)))

    def waiting(self) -> set[TP]:
        return set()

    def progress(self) -> Mapping[TP, int]:
        return self.store

    async def stopped(self) -> None:
        self.calls.append("stopped")

    @property
    def count(self) -> int:
        return sum(map(len, self.offsets.values()))


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def names(topics) -> tuple[str, ...]:
    return tuple([await topics(stem, partitions=PARTITIONS) for stem in ("payments", "logins", "complaints")])


@pytest.fixture
def job(kafka, names) -> Callable[..., Job]:
    group = f"group-{uuid.uuid4().hex[:12]}"

    def make(handler, **settings) -> Job:
        return Job(
            **{"bootstrap_servers": kafka.bootstrap, "group": group, "topics": names} | settings,
            handler=handler,
        )

    return make


@asynccontextmanager
async def running(job: Job) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_job(job, stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.shield(asyncio.gather(task, return_exceptions=True)), 30)
    await task


async def crashed(job: Job, seconds: float = 15) -> BaseException:
    """Run a job that has to crash, sooner than its stop would time out, and return what it crashed of."""
    task = asyncio.create_task(run_job(job, asyncio.Event()))
    await asyncio.wait({task}, timeout=seconds)
    assert task.done(), "the job fell silent instead of crashing"
    error = task.exception()
    assert error is not None, "the job ended as if asked to"
    return error


async def produce(
    kafka, names, each: int, value: bytes = b"v", partitions: int = PARTITIONS, **settings
) -> int:
    """Write `each` records to every partition, and return how many that makes."""
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=5, **settings) as producer:
        for number in range(each):
            for name in names:
                for partition in range(partitions):
                    await producer.send(name, value, key=b"key-%d" % number, partition=partition)
        await producer.flush()
    return each * len(names) * partitions


def partitions_of(names) -> set[TP]:
    return {TP(name, partition) for name in names for partition in range(PARTITIONS)}


async def committed(job: Job) -> dict[TP, int | None]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=job.bootstrap_servers, group_id=job.group, enable_auto_commit=False
    )
    tps = partitions_of(job.topics)
    consumer.assign([TopicPartition(*tp) for tp in tps])
    async with consumer:
        return {tp: await consumer.committed(TopicPartition(*tp)) for tp in tps}


async def commit(job: Job, offset: int) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=job.bootstrap_servers, group_id=job.group, enable_auto_commit=False
    )
    tps = [TopicPartition(*tp) for tp in partitions_of(job.topics)]
    consumer.assign(tps)
    async with consumer:
        await consumer.commit(dict.fromkeys(tps, offset))


async def members(job: Job) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=job.bootstrap_servers)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([job.group])
        (group,) = answer.to_object()["groups"]
        return len(group["members"])
    finally:
        await admin.close()


async def test_every_record_of_every_partition_arrives_once_and_in_order(kafka, names, job):
    handler = Recorder()
    async with running(job(handler)):
        total = await produce(kafka, names, 500)
        await until(lambda: handler.count >= total)
    assert handler.offsets == {tp: list(range(500)) for tp in partitions_of(names)}
    assigned = len(partitions_of(names))
    assert handler.stages == [(Stage.REVOKED, 0), (Stage.ASSIGNED, assigned), (Stage.FLOWING, assigned)]


async def test_the_flow_starts_at_the_states_offsets_whatever_kafka_has_committed(kafka, names, job):
    await produce(kafka, names, 10)
    store = {tp: 2 if tp.partition == 0 else 5 if tp.partition == 1 else 8 for tp in partitions_of(names)}
    store[TP(names[2], 3)] = 10
    wanted = {tp: list(range(start, 10)) for tp, start in store.items() if start < 10}
    handler = Recorder(dict(store))
    await commit(job(handler), 5)
    async with running(job(handler)):
        await until(lambda: handler.count >= sum(map(len, wanted.values())))
    assert handler.offsets == wanted


async def test_a_second_worker_joins_and_leaves_and_each_worker_starts_where_the_state_says(
    kafka, names, job
):
    store: dict[TP, int] = {}
    first, second = Recorder(store), Recorder(store)
    written = 0

    async def write_and_await() -> None:
        nonlocal written
        written += await produce(kafka, names, 50)
        await until(lambda: sum(store.values()) >= written)

    async with running(job(first)):
        await write_and_await()
        async with running(job(second)):
            await until(lambda: bool(second.asked) and len(first.asked) > 1)
            await write_and_await()
        rounds = len(first.asked)
        await until(lambda: first.asked[-1] == partitions_of(names))
        await write_and_await()
    assert rounds >= 2
    assert second.count > 0
    assert {tp.partition for tp in second.asked[0]}.isdisjoint({tp.partition for tp in first.asked[1]})
    assert first.faults + second.faults == []
    assert {tp: sorted({*first.offsets[tp], *second.offsets[tp]}) for tp in store} == {
        tp: list(range(150)) for tp in partitions_of(names)
    }


async def test_a_worker_that_had_no_partition_takes_over_when_the_owner_leaves(kafka, topics, job):
    alone = tuple([await topics(stem) for stem in ("payments", "logins", "complaints")])
    store: dict[TP, int] = {}
    workers = {Recorder(store): asyncio.Event() for _ in range(2)}
    first, second = workers
    tasks = {first: asyncio.create_task(run_job(job(first, topics=alone), workers[first]))}
    await until(lambda: bool(first.asked))
    tasks[second] = asyncio.create_task(run_job(job(second, topics=alone), workers[second]))
    # One has no assignment to wait for: nothing is what the group has given it.
    await until(lambda: (Stage.FLOWING, 0) in [*first.stages[-1:], *second.stages[-1:]])
    written = await produce(kafka, alone, 10, partitions=1)
    await until(lambda: sum(store.values()) >= written)
    owner, spare = sorted(workers, key=lambda worker: worker.count, reverse=True)
    assert spare.count == 0
    workers[owner].set()
    await tasks[owner]
    written += await produce(kafka, alone, 10, partitions=1)
    await until(lambda: sum(store.values()) >= written)
    workers[spare].set()
    await tasks[spare]
    assert {tuple(offsets) for offsets in spare.offsets.values()} == {tuple(range(10, 20))}


async def test_a_partition_whose_records_must_wait_is_not_read_until_they_need_not(kafka, names, job):
    class Waiting(Recorder):
        def __init__(self, held: TP) -> None:
            super().__init__()
            self.held = {held}
            self.empty_rounds = 0

        def waiting(self) -> set[TP]:
            return self.held

        async def process(self, fetched: Round) -> None:
            await super().process(fetched)
            self.empty_rounds += not fetched

    held = TP(names[0], 1)
    handler = Waiting(held)
    async with running(job(handler)):
        total = await produce(kafka, names, 20)
        await until(lambda: handler.count >= total - 20 and handler.empty_rounds > 0)
        assert held not in handler.offsets
        handler.held = set()
        await until(lambda: handler.count >= total)
    assert handler.offsets == {tp: list(range(20)) for tp in partitions_of(names)}


async def test_a_round_that_fails_ends_the_job_and_is_not_committed(kafka, names, job):
    class Failing(Recorder):
        async def process(self, fetched: Round) -> None:
            if self.count:
                raise OSError("the store is gone")
            await super().process(fetched)

    handler = Failing()
    failing = asyncio.create_task(crashed(job(handler)))
    await until(lambda: bool(handler.asked))
    await produce(kafka, names, 1)
    await until(lambda: handler.count > 0)
    await produce(kafka, names, 20)
    error = await failing
    assert isinstance(error, OSError)
    assert handler.calls == ["started", "stopped"]
    in_kafka = await committed(job(handler))
    assert all((in_kafka[tp] or 0) <= handler.store[tp] for tp in handler.store)


async def test_a_stop_lets_the_running_round_finish_and_leaves_the_group(kafka, names, job):
    class Slow(Recorder):
        def __init__(self) -> None:
            super().__init__()
            self.entered, self.go_on = asyncio.Event(), asyncio.Event()

        async def process(self, fetched: Round) -> None:
            self.entered.set()
            await self.go_on.wait()
            await super().process(fetched)
            self.calls.append("processed")

    handler, stop = Slow(), asyncio.Event()
    task = asyncio.create_task(run_job(job(handler), stop))
    await until(lambda: bool(handler.asked))
    await produce(kafka, names, 1)
    await handler.entered.wait()
    stop.set()
    await asyncio.sleep(0.05)
    assert not task.done()
    handler.go_on.set()
    await asyncio.wait_for(task, 5)
    assert handler.calls == ["started", "processed", "stopped"]
    assert await members(job(handler)) == 0
    in_kafka = await committed(job(handler))
    assert {tp: in_kafka[tp] for tp in handler.store} == handler.store


async def test_a_stop_before_the_first_assignment_ends_the_job(job):
    handler, stop = Recorder(), asyncio.Event()
    stop.set()
    await asyncio.wait_for(run_job(job(handler), stop), 10)
    assert handler.calls == ["started", "stopped"]


async def test_a_stop_that_takes_too_long_is_an_error(kafka, names, job):
    class Stuck(Recorder):
        async def stopped(self) -> None:
            await asyncio.Event().wait()

    handler, stop = Stuck(), asyncio.Event()
    task = asyncio.create_task(run_job(job(handler, stop_timeout=2), stop))
    await until(lambda: bool(handler.asked))
    stop.set()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 10)


async def test_a_job_whose_positions_fail_crashes(job):
    class Failing(Recorder):
        async def positions(self, assigned: set[TP]) -> Mapping[TP, int]:
            raise ConnectionError("no answer")

    error = await crashed(job(Failing()))
    assert isinstance(error, FlowError)
    assert str(error) == "the offsets to start from could not be read or reached: no answer"


async def test_a_job_whose_positions_hang_crashes_at_its_deadline(job):
    class Hanging(Recorder):
        async def positions(self, assigned: set[TP]) -> Mapping[TP, int]:
            return await asyncio.Event().wait()

    error = await crashed(job(Hanging(), seek_timeout=0.5))
    assert isinstance(error, FlowError)
    assert "not reached within 0.5 s" in str(error)


async def test_a_job_whose_second_seek_fails_crashes_too(job):
    class FailingLater(Recorder):
        async def positions(self, assigned: set[TP]) -> Mapping[TP, int]:
            if self.asked:
                raise ConnectionError("no answer")
            return await super().positions(assigned)

    first = FailingLater()
    crashing = asyncio.create_task(crashed(job(first)))
    await until(lambda: bool(first.asked))
    async with running(job(Recorder())):
        assert isinstance(await crashing, FlowError)


async def test_a_state_that_is_ahead_of_kafkas_log_is_refused(kafka, names, job):
    await produce(kafka, names, 3)
    error = await crashed(job(Recorder({TP(names[1], 2): 4})))
    assert isinstance(error, FlowError)
    assert f"{names[1]} partition 2 up to offset 4, but Kafka's log ends at 3" in str(error)


async def test_topics_with_different_partition_counts_are_refused(names, job, topics):
    error = await crashed(job(Recorder(), topics=(*names, await topics("odd", partitions=2))))
    assert isinstance(error, FlowError)
    assert "the topics were assigned different partitions" in str(error)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_broker_that_cannot_be_reached_is_an_error(job):
    error = await crashed(job(Recorder(), bootstrap_servers="127.0.0.1:9"))
    assert isinstance(error, KafkaConnectionError)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_compressed_records_are_read(kafka, names, job, codec):
    handler = Recorder()
    total = await produce(kafka, names, 20, value=b"compressible " * 20, compression_type=codec)
    async with running(job(handler)):
        await until(lambda: handler.count >= total)
    assert set(handler.values) == {b"compressible " * 20}


async def test_kafkas_committed_offsets_follow_the_state_while_the_job_runs(kafka, names, job):
    handler = Recorder()
    await commit(job(handler), 0)
    async with running(job(handler)):
        await until(lambda: bool(handler.asked))
        await produce(kafka, names, 7)
        async with asyncio.timeout(20):
            while set((await committed(job(handler))).values()) != {7}:
                await asyncio.sleep(0.1)


async def test_neither_keys_nor_values_are_logged(kafka, names, job, caplog):
    caplog.set_level(logging.DEBUG)
    handler = Recorder()
    async with running(job(handler)):
        total = await produce(kafka, names, 3, value=b"top-secret-value")
        await until(lambda: handler.count >= total)
    assert caplog.records
    own = [record for record in caplog.records if not record.name.startswith("aiokafka.producer")]
    assert not [
        record for record in own if "top-secret" in record.getMessage() or "key-1" in record.getMessage()
    ]

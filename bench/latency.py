"""How soon an alert is there: from the record's timestamp to the alert in an independent consumer's hands.

The load is an open loop: event i of a run is due at start + i / rate whatever has become of the ones before,
and that due time is the record's timestamp (CreateTime). A sender that falls behind sends late and the wait
counts, so nothing is left out. The due time is the event time as well, as in life: events keep the
simulator's order, but frauds that take minutes pass in seconds. Each alert is timed once, at its first
revision, from the due time of the event that it names as its anchor.

The floor is the same load, by the same sender to the same consumer, over one topic with no worker between.
An alert's way has two such hops: the event's and its own.
"""

from __future__ import annotations

import gc
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from confluent_kafka import Consumer, Producer

from bench.errors import BenchFailed
from bench.kafka import reader, value_of
from bench.processes import Worker
from bench.traffic import Record, rekeyed
from detector.config import TopicSettings
from detector.core.alert import Status
from detector.core.rule import Rule
from detector.stream.tail import read_alert

LEAST_ALERTS = 100
_LEAD_SECONDS = 2.0
_POLL_SECONDS = 0.1
_FLUSH_SECONDS = 10.0
_DRAIN_SECONDS = 60.0
_QUIET_SECONDS = 0.5
_SENDER = {"linger.ms": 1, "enable.idempotence": True, "log_level": 3}

Due = dict[str, float]
NameOf = Callable[[bytes], str | None]


class _Sent(NamedTuple):
    """What was sent, when each event was due (seconds since 1970), and the sender's worst lag (s)."""

    records: list[Record]
    due: Due
    lag: float


class _Named(msgspec.Struct):
    event_id: str


_named = msgspec.json.Decoder(_Named)


@dataclass
class LatencyRun:
    """One run, in milliseconds; `sender_lag` is how far the sender was behind at worst, which counts."""

    samples: int
    p50: float
    p99: float
    worst: float
    sender_lag: float


@dataclass
class Latency:
    """All runs; the medians over the runs, in milliseconds."""

    rate: int
    runs: list[LatencyRun] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median of the runs' medians."""
        return statistics.median(run.p50 for run in self.runs)

    @property
    def p99(self) -> float:
        """The median of the runs' 99th percentiles."""
        return statistics.median(run.p99 for run in self.runs)


class Watch:
    """Notes when each event's record or alert is first seen on a topic, in a thread of its own."""

    def __init__(self, consumer: Consumer, name_of: NameOf) -> None:
        self._consumer = consumer
        self._name_of = name_of
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.seen: Due = {}
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def until_quiet(self) -> None:
        """Wait until nothing new has come for a while."""
        count = -1
        while count != len(self.seen):
            count = len(self.seen)
            time.sleep(_QUIET_SECONDS)
        if self.failure is not None:
            raise BenchFailed(f"the topic could not be read: {self.failure}")

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                message = self._consumer.poll(_POLL_SECONDS)
                if message is not None:
                    at = time.time()
                    name = self._name_of(value_of(message))
                    if name is not None:
                        self.seen.setdefault(name, at)
        except Exception as error:
            self.failure = error


def measure_floor(bootstrap: str, topic: str, runs: Sequence[Sequence[Record]], rate: int) -> Latency:
    """The same load with no worker between, every record timed; the first run is not counted."""
    latency = Latency(rate)
    with watching(bootstrap, topic, lambda value: _named.decode(value).event_id) as watch:
        for number, records in enumerate(runs):
            sent = _send(bootstrap, lambda _: topic, records, rate)
            watch.until_quiet()
            if number:
                latency.runs.append(_run_of(sent, watch.seen))
    return latency


def measure_latency(
    worker: Worker,
    bootstrap: str,
    topics: TopicSettings,
    rules: Sequence[Rule],
    runs: Sequence[Sequence[Record]],
    rate: int,
) -> tuple[Latency, list[Record]]:
    """Each run's load through the worker, the first one uncounted to warm up; gives also what was sent."""
    latency = Latency(rate)
    total: list[Record] = []
    names = topics.model_dump()
    with watching(bootstrap, topics.alerts, anchor_of_new_alert) as watch:
        for number, records in enumerate(runs):
            sent = _send(bootstrap, names.__getitem__, records, rate)
            total += sent.records
            worker.until_done(len(total), rekeyed(total, rules), _DRAIN_SECONDS, _POLL_SECONDS)
            watch.until_quiet()
            if number:
                latency.runs.append(_run_of(sent, watch.seen))
    return latency, total


@contextmanager
def watching(bootstrap: str, topic: str, name_of: NameOf) -> Iterator[Watch]:
    """Watch a topic for the length of the block."""
    watch = Watch(reader(bootstrap, topic), name_of)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def anchor_of_new_alert(value: bytes) -> str | None:
    """The id of the event that an alert names as its anchor, at its first revision only."""
    alert = read_alert(value)
    is_new = alert.revision == 1 and alert.status is Status.RAISED
    return alert.anchor.event_id if is_new else None


def _send(bootstrap: str, topic_of: Callable[[str], str], records: Sequence[Record], rate: int) -> _Sent:
    """Send each record when it is due."""
    producer = Producer({"bootstrap.servers": bootstrap, **_SENDER})
    for topic in {topic_of(record.topic) for record in records}:
        producer.list_topics(topic, timeout=10)
    start = time.time() + _LEAD_SECONDS
    live = [record.at(int((start + number / rate) * 1000)) for number, record in enumerate(records)]
    lag = 0.0
    gc.disable()
    try:
        for number, record in enumerate(live):
            if (ahead := start + number / rate - time.time()) > 0:
                time.sleep(ahead)
            lag = max(lag, -ahead)
            producer.produce(topic_of(record.topic), record.value, record.key, timestamp=record.event_time)
            producer.poll(0)
    finally:
        gc.enable()
    if producer.flush(_FLUSH_SECONDS):
        raise BenchFailed("Kafka did not take all events")
    return _Sent(live, {record.event_id: start + n / rate for n, record in enumerate(live)}, lag)


def _run_of(sent: _Sent, seen: Due) -> LatencyRun:
    took = sorted((seen[name] - at) * 1000 for name, at in sent.due.items() if name in seen)
    if len(took) < LEAST_ALERTS:
        raise BenchFailed(f"a run saw {len(took)} alerts, too few for percentiles: at least {LEAST_ALERTS}")
    return LatencyRun(len(took), took[len(took) // 2], took[len(took) * 99 // 100], took[-1], sent.lag * 1000)

"""How soon a worker raises alerts again after a restart, with many users' histories in Redis.

A worker goes through a backlog that leaves a history of each user, and is stopped with SIGTERM. Then one is
started again and again. From the moment of its start a trickle of small debits without a password goes to
the topic, five to a user whose history is stored, and the fifth raises an alert: one each 25 ms. So whenever
the worker takes its partitions over, there is something to raise. In the end the standing alerts of the
backlog and of all trickles are held against a backtest.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

import redis
from confluent_kafka import Producer

from bench.errors import BenchFailed
from bench.kafka import make_topics, preproduce, topic_settings
from bench.latency import Watch, anchor_of_new_alert, watching
from bench.processes import Worker, running_worker
from bench.servers import Servers
from bench.traffic import Record, rekeyed
from bench.worker_runs import check_alerts, expected_of
from detector.config import TopicSettings
from detector.core.rule import Rule
from detector.simulate import encode

_BACKLOG_SECONDS = 1_800.0
_ALERT_SECONDS = 60.0
_DRAIN_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_EVERY_SECONDS = 0.005
_FLUSH_SECONDS = 10.0
_BURST = 5
"""So many such debits in a short time the shipped rule on bursts no longer lets pass."""
_AMOUNT = 900


@dataclass(frozen=True)
class RestartRun:
    """One restart, in seconds from the process' start and from when it was ready to the first alert."""

    from_start: float
    from_ready: float
    peak_bytes: int


@dataclass
class Restart:
    """All restarts; `keys` is how many Redis held, `events` how many had gone through before."""

    users: int
    events: int
    keys: int
    runs: list[RestartRun] = field(default_factory=list)

    @property
    def from_start(self) -> float:
        """The median of the seconds from the start."""
        return statistics.median(run.from_start for run in self.runs)

    @property
    def from_ready(self) -> float:
        """The median of the seconds since it was ready; negative where the alert came before the look."""
        return statistics.median(run.from_ready for run in self.runs)

    @property
    def peak_bytes(self) -> float:
        """The median of the worker's peak of memory by the first alert."""
        return statistics.median(run.peak_bytes for run in self.runs)


class Trickle:
    """Sends what raises alerts, one debit after the other, each of the event time at which it is sent."""

    def __init__(self, bootstrap: str, topic: str, users: Sequence[bytes]) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 1, "log_level": 3})
        self._topic = topic
        self._users = users
        self.sent: list[Record] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send for the length of the block."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop,), name="trickle", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            left = self._producer.flush(_FLUSH_SECONDS)
        if left:
            raise BenchFailed("Kafka did not take all events")

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(_EVERY_SECONDS):
            record = burst_debit(len(self.sent), self._users, int(time.time() * 1000))
            self._producer.produce(self._topic, record.value, record.key, timestamp=record.event_time)
            self._producer.poll(0)
            self.sent.append(record)


def burst_debit(number: int, users: Sequence[bytes], event_time: int) -> Record:
    """The small debit without a password that comes at this place, at a merchant that only its burst has."""
    burst = number // _BURST
    user = users[burst % len(users)]
    event_id = f"trickle-{number:06d}"
    value = encode(
        {
            "event_id": event_id,
            "type": "debit",
            "event_time": event_time,
            "user_id": user.decode(),
            "amount": _AMOUNT,
            "currency": "CNY",
            "merchant_id": f"trickle-{burst:06d}",
            "auth_method": "none",
        }
    )
    return Record("payments", user, value, event_id, event_time)


def measure_restart(
    servers: Servers, prefix: str, records: Sequence[Record], rules: Sequence[Rule], repeats: int
) -> Restart:
    """Restart a worker so many times behind a backlog of these records.

    Raises:
        BenchFailed: no alert came, or other alerts stand than a backtest's.
    """
    topics = topic_settings(prefix)
    make_topics(servers.bootstrap, topics, [])
    preproduce(servers.bootstrap, prefix, records)
    with _worker(servers, topics) as worker:
        worker.until_done(len(records), rekeyed(records, rules), _BACKLOG_SECONDS, _LOOK_SECONDS)
        worker.stop()
    users = list(dict.fromkeys(record.key for record in records))
    found = Restart(len(users), len(records), _keys(servers.redis_url))
    trickle = Trickle(servers.bootstrap, topics.payments, users)
    with watching(servers.bootstrap, topics.alerts, anchor_of_new_alert) as watch:
        for _ in range(repeats):
            found.runs.append(_restart(servers, topics, trickle, watch, rules))
    check_alerts(servers.bootstrap, topics.alerts, expected_of([*records, *trickle.sent], rules).alerts)
    return found


def _restart(
    servers: Servers, topics: TopicSettings, trickle: Trickle, watch: Watch, rules: Sequence[Rule]
) -> RestartRun:
    before = len(trickle.sent)
    with ExitStack() as trickling:
        trickling.enter_context(trickle.running())
        with _worker(servers, topics) as worker:
            alert_at = _first_alert(trickle, before, watch)
            run = RestartRun(alert_at - worker.started_at, alert_at - worker.ready_at, worker.peak_memory())
            trickling.close()
            sent = trickle.sent[before:]
            worker.until_done(len(sent), rekeyed(sent, rules), _DRAIN_SECONDS, _LOOK_SECONDS)
            worker.stop()
    return run


def _first_alert(trickle: Trickle, before: int, watch: Watch) -> float:
    """When the first alert was there that one of the records sent since then raised (seconds since 1970)."""
    deadline = time.monotonic() + _ALERT_SECONDS
    while time.monotonic() < deadline:
        ids = (record.event_id for record in trickle.sent[before:])
        seen = [watch.seen[event_id] for event_id in ids if event_id in watch.seen]
        if seen:
            return min(seen)
        time.sleep(_LOOK_SECONDS)
    raise BenchFailed(f"no alert came within {_ALERT_SECONDS:g} s of a restart")


def _worker(servers: Servers, topics: TopicSettings) -> AbstractContextManager[Worker]:
    return running_worker(servers.bootstrap, servers.redis_url, servers.code, topics)


def _keys(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.dbsize())

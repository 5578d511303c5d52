"""The processes that are measured, and the CPU time that they and the servers use."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import redis
from prometheus_client.parser import text_string_to_metric_families

from bench.errors import BenchFailed
from bench.looks import Looks
from bench.proc import command_of, group_peak_memory, has_ended, processes, signal_group
from detector.config import TopicSettings
from detector.embedded import free_port
from detector.embedded.errors import EmbeddedServerError
from detector.embedded.process import running_server

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_STOP_LOOK_SECONDS = 0.05
OWN_CODE = Path(__file__).parents[1]
_KAFKA = "kafka.Kafka"


class Reading(NamedTuple):
    """What the metrics of a worker, or of several in all, say at one moment; `at` and `cpu` are seconds.

    `processed` counts events of the input topics whose round is committed, `rekeyed` those that came by the
    internal topic, `unacknowledged` alerts that Kafka has not yet taken, `stages` the seconds spent in each
    stage of a round.
    """

    at: float
    processed: int
    rekeyed: int
    unacknowledged: int
    rounds: int
    cpu: float
    too_late: int
    stages: dict[str, float]


class Worker:
    """A running `detector run`, with all its processes, seen from outside.

    `started_at` and `ready_at` are when it was started and first said that it is ready (seconds since 1970).
    """

    def __init__(self, url: str, log: Path, internal: str, group: int, started_at: float) -> None:
        self._url = url
        self._log = log
        self._internal = internal
        self._group = group
        self.started_at = started_at
        self.ready_at = time.time()

    def peak_memory(self) -> int:
        """The bytes that its processes had in memory at most, each at its own peak."""
        return group_peak_memory(self._group)

    def stop(self) -> None:
        """Have it finish what is under way and leave its group, as SIGTERM does.

        Raises:
            BenchFailed: it did not end.
        """
        signal_group(self._group, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while not has_ended(self._group):
            if time.monotonic() > deadline:
                raise BenchFailed(f"the worker did not end within {_STOP_SECONDS:g} s of SIGTERM")
            time.sleep(_STOP_LOOK_SECONDS)

    def read(self) -> Reading:
        """Ask for its metrics.

        Raises:
            BenchFailed: it does not answer.
        """
        asked = time.monotonic()
        text = _get(f"{self._url}/metrics")
        if text is None:
            raise BenchFailed(f"the worker no longer answers: {self._log.read_text()[-500:]}")
        return reading_of(text, (asked + time.monotonic()) / 2, self._internal)

    def until_done(self, events: int, rekeyed: int, seconds: float, every: float) -> Reading:
        """Wait until it has processed so many events and re-keyed ones, and its alerts are acknowledged.

        `every` is the seconds between looks towards the end; before that they are fewer.

        Raises:
            BenchFailed: it did not within the seconds.
        """
        deadline = time.monotonic() + seconds
        looks = Looks(events + rekeyed, every)
        while True:
            reading = self.read()
            done = reading.processed >= events and reading.rekeyed >= rekeyed
            if done and not reading.unacknowledged:
                return reading
            if time.monotonic() > deadline:
                raise BenchFailed(
                    f"the worker processed {reading.processed} of {events} events and {reading.rekeyed} of "
                    f"{rekeyed} re-keyed ones in {seconds:g} s"
                )
            time.sleep(looks.pause(reading.at, reading.processed + reading.rekeyed))


@contextmanager
def running_worker(
    bootstrap: str,
    redis_url: str,
    code: Path,
    topics: TopicSettings,
    rules: Path | None = None,
    workers: int = 1,
) -> Iterator[Worker]:
    """A worker on these topics, or several as one, entered when it says that it is ready.

    With the shipped rules, or with those of a directory and no others.
    """
    port = free_port()
    # Several workers may read the same inputs, one after the other, but each raises its own alerts.
    own = topics.alerts
    environment = {
        "DETECTOR_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "DETECTOR_KAFKA__GROUP": own,
        "DETECTOR_REDIS__URL": redis_url,
        "DETECTOR_REDIS__PREFIX": own,
        "DETECTOR_HTTP__PORT": str(port),
        "DETECTOR_LOG__LEVEL": "WARNING",
    } | {f"DETECTOR_TOPICS__{field.upper()}": name for field, name in topics.model_dump().items()}
    with tempfile.TemporaryDirectory(prefix="bench-worker-") as folder:
        directory = Path(folder)
        url, log = f"http://127.0.0.1:{port}", directory / "server.log"
        command = [*with_environment(environment, code), sys.executable, "-m", "detector", "run"]
        command += [] if rules is None else ["--no-catalogue", "--rules", str(rules)]
        command += [] if workers == 1 else ["--processes", str(workers)]
        started_at = time.time()
        with running_server(command, directory, partial(_is_ready, url), timeout=_START_SECONDS) as group:
            yield Worker(url, log, topics.by_merchant, group, started_at)


@contextmanager
def running_peer(name: str, command: Sequence[str], directory: Path, progress: Path) -> Iterator[int]:
    """A peer, entered when it tells its progress; gives the group of its processes.

    Raises:
        BenchFailed: it did not start.
    """
    try:
        with running_server(command, directory, progress.exists, timeout=_START_SECONDS) as group:
            yield group
    except EmbeddedServerError as error:
        raise BenchFailed(f"{name} did not start: {error}") from error


def redis_cpu(url: str) -> float:
    """The seconds of CPU that the Redis server has used."""
    with redis.Redis.from_url(url) as client:
        used = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def redis_memory(url: str) -> int:
    """The bytes of memory that the Redis server uses."""
    with redis.Redis.from_url(url) as client:
        return int(client.info("memory")["used_memory"])


def kafka_cpu() -> float | None:
    """The seconds of CPU that Kafka has used; None where it is not a process that this one started."""
    own = (process for process in processes() if process.parent == os.getpid() and process.name == "java")
    return next((process.cpu for process in own if _KAFKA in command_of(process)), None)


def with_environment(environment: Mapping[str, str], code: Path = OWN_CODE) -> list[str]:
    """The beginning of a command that runs with these variables and the code of a folder."""
    variables = {**environment, "PYTHONPATH": str(code)}
    return ["/usr/bin/env", *(f"{name}={value}" for name, value in variables.items())]


def _is_ready(url: str) -> bool:
    return _get(f"{url}/readyz") is not None


def _get(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            text: str = reply.read().decode()
            return text
    except (urllib.error.URLError, OSError):
        return None


def reading_of(text: str, at: float, internal: str) -> Reading:
    """What the text of metrics says; `internal` is the topic of re-keyed events."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    total = {sample.name: 0.0 for sample in samples}
    for sample in samples:
        total[sample.name] += sample.value
    events = [sample for sample in samples if sample.name == "detector_events_total"]
    rekeyed = sum(int(sample.value) for sample in events if sample.labels["topic"] == internal)
    stages: dict[str, float] = defaultdict(float)
    for sample in samples:
        if sample.name == "detector_batch_seconds_sum":
            stages[sample.labels["stage"]] += sample.value
    return Reading(
        at=at,
        processed=sum(int(sample.value) for sample in events) - rekeyed,
        rekeyed=rekeyed,
        unacknowledged=int(total["detector_outbox_alerts"]),
        rounds=int(total["detector_batch_events_count"]),
        cpu=total["process_cpu_seconds_total"],
        too_late=sum(int(sample.value) for sample in events if sample.labels["outcome"] == "too_late"),
        stages=dict(stages),
    )

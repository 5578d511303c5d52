"""How many alerts a second the archive takes from a backlog into a PostgreSQL that writes to disk.

The alerts lie in Kafka before the archive starts. The clock starts with its process, so that making the
tables and joining the group count, and stops at the first look at its metrics (one each 100 ms) that shows
all alerts committed by PostgreSQL. The rate leaves the start out: it is that of the alerts between the first
look that shows any and the last.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from bench.errors import BenchFailed
from bench.kafka import make_topics, preproduce, topic_settings
from bench.processes import with_environment
from bench.servers import Servers
from bench.traffic import Record
from detector.core.alert import Alert
from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.servers.postgres import RunningPostgres, running_postgres

_START_SECONDS = 60.0
_ALL_SECONDS = 600.0
_LOOK_SECONDS = 0.1
_WRITTEN = "detector_archive_alerts_total"
_CPU = "process_cpu_seconds_total"


@dataclass(frozen=True)
class ArchiveRate:
    """What the archive took: `seconds` from the start of its process, the rates without its start."""

    alerts: int
    mean_bytes: float
    seconds: float
    per_second: float
    per_cpu_second: float


@dataclass(frozen=True)
class _Look:
    at: float
    written: int
    cpu: float


def measure_archive(servers: Servers, alerts: Sequence[Alert], number: int) -> ArchiveRate:
    """Archive so many alerts, which are those given with other ids and users over and over again.

    Raises:
        BenchFailed: not each of them is in the archive in the end.
    """
    prefix = f"{servers.prefix}.archive"
    topics = topic_settings(prefix)
    records = [_record(alert, turn) for turn, alert in enumerate(islice(cycle(alerts), number))]
    make_topics(servers.bootstrap, topics, [])
    preproduce(servers.bootstrap, prefix, records)
    with running_postgres(lambda data: {"fsync": "on"}) as postgres:
        database = postgres.new_database()
        url = f"postgresql://127.0.0.1:{postgres.port}/{database}"
        environment = {
            "DETECTOR_KAFKA__BOOTSTRAP_SERVERS": servers.bootstrap,
            "DETECTOR_TOPICS__ALERTS": topics.alerts,
            "DETECTOR_TOPICS__ALERTS_SHADOW": topics.alerts_shadow,
            "DETECTOR_ARCHIVE__URL": url,
            "DETECTOR_ARCHIVE__USERNAME": "postgres",
            "DETECTOR_ARCHIVE__GROUP": prefix,
            "DETECTOR_ARCHIVE__KEEP": "36500d",
        }
        begun = time.monotonic()
        with _running_archive(with_environment(environment, servers.code), begun) as looks:
            first, last = _first_and_last(looks, number)
        _check(postgres, database, number)
    taken = last.written - first.written
    return ArchiveRate(
        alerts=number,
        mean_bytes=sum(len(record.value) for record in records) / number,
        seconds=last.at - begun,
        per_second=taken / (last.at - first.at),
        per_cpu_second=taken / (last.cpu - first.cpu),
    )


def _record(alert: Alert, turn: int) -> Record:
    entity = {name: f"{value}-{turn}" for name, value in alert.entity.items()}
    own = msgspec.structs.replace(alert, alert_id=f"{turn:032x}", entity=entity)
    key = next(iter(entity.values())).encode()
    return Record("fraud.alerts", key, msgspec.json.encode(own), own.alert_id, own.event_time)


@contextmanager
def _running_archive(environment: Sequence[str], begun: float) -> Iterator[Iterator[_Look]]:
    port = free_port()
    command = [
        *environment,
        f"DETECTOR_ARCHIVE__HTTP_PORT={port}",
        sys.executable,
        "-m",
        "detector",
        "archive",
    ]
    url = f"http://127.0.0.1:{port}/metrics"
    with (
        TemporaryDirectory(prefix="bench-archive-") as folder,
        running_server(command, Path(folder), partial(_answers, url), timeout=_START_SECONDS),
    ):
        yield _looks(url, begun + _ALL_SECONDS)


def _answers(url: str) -> bool:
    try:
        urlopen(url, timeout=10).close()
    except (URLError, OSError):
        return False
    return True


def _looks(url: str, give_up_at: float) -> Iterator[_Look]:
    while time.monotonic() < give_up_at:
        try:
            with urlopen(url, timeout=10) as reply:
                text = reply.read().decode()
        except OSError as error:
            raise BenchFailed(f"the archive no longer answers: {error}") from None
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        written = sum(
            sample.value
            for sample in samples
            if sample.name == _WRITTEN and sample.labels["outcome"] == "written"
        )
        [cpu] = [sample.value for sample in samples if sample.name == _CPU]
        yield _Look(time.monotonic(), int(written), cpu)
        time.sleep(_LOOK_SECONDS)


def _first_and_last(looks: Iterator[_Look], number: int) -> tuple[_Look, _Look]:
    first = next(look for look in looks if look.written)
    for look in looks:
        if look.written >= number:
            return first, look
    raise BenchFailed(f"the archive did not take {number:,} alerts in {_ALL_SECONDS:g} s")


def _check(postgres: RunningPostgres, database: str, number: int) -> None:
    with postgres.connect(database) as connection:
        [(found,)] = connection.execute(
            "SELECT count(*) FROM fraud.alerts WHERE status = 'raised'"
        ).fetchall()
    if found != number:
        raise BenchFailed(f"{found:,} of {number:,} alerts are in the archive")

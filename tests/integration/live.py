"""The detector as its users run it: a worker process on a real Kafka and Redis, seen from outside."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from detector.embedded import free_port
from detector.stream.send import topic_of
from tests.servers.topics import Topics

PARTITIONS = 4
INPUTS = ("payments", "logins", "complaints")
READY_SECONDS = 40.0


async def eventually(holds: Callable[[], Any], seconds: float = 30.0, every: float = 0.05) -> Any:
    """What `holds` gives as soon as it is true; fails when it is not within the time."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(every)
    return found


@dataclass
class Live:
    """Topics of its own, a Redis prefix of its own, and the settings of a worker on them.

    `access` is what aiokafka's clients need beside the address, to be let in as one who may do everything.
    """

    bootstrap: str
    redis_url: str
    names: dict[str, str]
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    partitions: int = PARTITIONS
    access: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")

    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("DETECTOR_")}
        topics = {f"DETECTOR_TOPICS__{role.upper()}": name for role, name in self.names.items()}
        return (
            own
            | topics
            | {
                "DETECTOR_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap,
                "DETECTOR_KAFKA__GROUP": f"group-{self.prefix}",
                "DETECTOR_KAFKA__SESSION_TIMEOUT": "6s",
                "DETECTOR_REDIS__URL": self.redis_url,
                "DETECTOR_REDIS__PREFIX": self.prefix,
                "DETECTOR_HTTP__PORT": str(self.port),
                "DETECTOR_LOG__FORMAT": "json",
            }
            | self.extra
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "detector", *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(
        self,
        port: int | None = None,
        module: str = "detector",
        arguments: Sequence[str] = (),
        **environment: str,
    ) -> "Worker":
        """Start a worker; a second one beside it needs a port of its own.

        `module` is the program that is the worker, or that changes something about it and is it then;
        `arguments` are those of its command.
        """
        port = port or self.port
        command = [module, "run", *arguments]
        return self._started("worker", command, port, {"DETECTOR_HTTP__PORT": str(port)} | environment)

    def start_archive(self, port: int, **environment: str) -> "Worker":
        """Start an archive whose HTTP port this is."""
        own = {"DETECTOR_ARCHIVE__HTTP_PORT": str(port)}
        return self._started("archive", ["detector", "archive"], port, own | environment)

    def _started(self, name: str, command: Sequence[str], port: int, environment: dict[str, str]) -> "Worker":
        log = self.folder / f"{name}-{uuid.uuid4().hex[:8]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=self.environment() | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        inputs = [self.names[role] for role in INPUTS]
        return Worker(process, f"http://127.0.0.1:{port}", log, inputs, self.partitions)

    async def send(self, events: Iterable[dict[str, Any]], **options: Any) -> int:
        """Send events to the topics of their types, keyed by user; gives how many."""
        return await self.send_records(
            (
                (self.topic(event["type"]), event["user_id"].encode(), json.dumps(event).encode())
                for event in events
            ),
            **options,
        )

    async def send_records(
        self,
        records: Iterable[tuple[str, bytes | None, bytes | None]],
        headers: Sequence[tuple[str, bytes]] = (),
        **options: Any,
    ) -> int:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            linger_ms=5,
            max_request_size=4 << 20,
            **self.access,
            **options,
        )
        await producer.start()
        try:
            waiting = [
                await producer.send(topic, key=key, value=value, headers=headers)
                for topic, key, value in records
            ]
            await asyncio.gather(*waiting)
        finally:
            await producer.stop()
        return len(waiting)

    def topic(self, event_type: str) -> str:
        return topic_of(event_type, _Names(**self.names))  # type: ignore[arg-type]

    def use_rules(self, **rules: str) -> None:
        """Have workers started from now on use these rules, YAML by id, beside the shipped ones."""
        folder = self.folder / "rules"
        folder.mkdir(exist_ok=True)
        for rule_id, text in rules.items():
            (folder / f"{rule_id}.yaml").write_text(text)
        self.extra["DETECTOR_RULES__DIRS"] = str(folder)

    def state(self) -> Any:
        """A client of the Redis that the workers' settings name the kind of."""
        in_cluster = self.extra.get("DETECTOR_REDIS__MODE") == "cluster"
        return (redis.RedisCluster if in_cluster else redis.Redis).from_url(self.redis_url)

    def stored_offset(self, *roles: str) -> int:
        """The sum of the next offsets of these topics in the state."""
        fields = [f"o:{self.names[role]}" for role in roles]
        with self.state() as client:
            found = [client.hmget(key, fields) for key in client.scan_iter(f"{self.prefix}:*:meta")]
        return sum(int(offset or 0) for offsets in found for offset in offsets)

    def unpublished(self) -> int:
        """How many alerts wait in the outboxes."""
        with self.state() as client:
            return sum(client.llen(key) for key in client.scan_iter(f"{self.prefix}:*:outbox"))

    async def has_drained(self, seconds: float = 90.0) -> None:
        """Wait until the state stands behind all that Kafka holds, re-keyed events included."""
        # Once the inputs are committed, all that goes on from them lies on the internal topic.
        for roles in (INPUTS, ("by_merchant",)):
            end = await self.end(*roles)
            await eventually(lambda roles=roles, end=end: self.stored_offset(*roles) >= end, seconds)
        await eventually(lambda: self.unpublished() == 0, seconds)

    async def end(self, *roles: str) -> int:
        """The sum of the end offsets of these topics."""
        return sum((await self.ends(*roles)).values())

    async def ends(self, *roles: str) -> dict[TopicPartition, int]:
        """The end offset of each partition of these topics."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False, **self.access)
        await consumer.start()
        try:
            places = [TopicPartition(self.names[role], n) for role in roles for n in range(self.partitions)]
            return dict(await consumer.end_offsets(places))
        finally:
            await consumer.stop()

    async def read(self, role: str) -> list[ConsumerRecord]:
        """Everything on a topic now."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False, **self.access)
        await consumer.start()
        try:
            places = [TopicPartition(self.names[role], number) for number in range(self.partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            found: list[ConsumerRecord] = []
            while len(found) < sum(ends.values()):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return found
        finally:
            await consumer.stop()


@dataclass
class _Names:
    payments: str
    logins: str
    complaints: str
    alerts: str
    alerts_shadow: str
    dead_letters: str
    by_merchant: str


@dataclass
class Worker:
    """A worker process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    inputs: list[str]
    partitions: int = PARTITIONS

    async def ready(self) -> None:
        await eventually(self._is_ready, READY_SECONDS)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"the worker ended: {self.log.read_text()}"
        return self.get("/readyz") is not None

    def get(self, path: str) -> str | None:
        """The body of a path; None where it does not answer 200."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as reply:
                return str(reply.read().decode())
        except (urllib.error.URLError, OSError):
            return None

    def reasons(self) -> dict[str, str]:
        """Why it is not ready, by the name of the part; nothing where it is."""
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=2) as reply:
                answer = json.load(reply)
        except urllib.error.HTTPError as refusal:
            answer = json.load(refusal)
            assert refusal.code == 503
        found: dict[str, str] = answer["reasons"]
        assert answer["ok"] is not bool(found)
        return found

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        families = text_string_to_metric_families(self.get("/metrics") or "")
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def has_processed(self, number: int, seconds: float = 60.0) -> None:
        """Wait until it has processed so many records of the platform."""
        await eventually(lambda: self._processed() >= number, seconds)

    def _processed(self) -> float:
        return sum(self.metric("detector_events_total", topic=topic) for topic in self.inputs)

    async def has_caught_up(self, seconds: float = 60.0) -> None:
        """Wait until nothing is left to process and nothing is unacknowledged."""
        await eventually(self._is_idle, seconds)

    def _is_idle(self) -> bool:
        text = self.get("/metrics") or ""
        lags = [line for line in text.splitlines() if line.startswith("detector_consumer_lag_records{")]
        return (
            len(lags) == 4 * self.partitions
            and all(line.endswith(" 0.0") for line in lags)
            and self.metric("detector_outbox_alerts") == 0
        )

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 30.0) -> int:
        """End it as an operator would; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@asynccontextmanager
async def live_on(
    bootstrap: str, redis_url: str, topics: Topics, folder: Path, partitions: int = PARTITIONS
) -> AsyncIterator[Live]:
    roles = ("payments", "logins", "complaints", "alerts", "alerts_shadow", "dead_letters", "by_merchant")
    names = {role: await topics(role.replace("_", "-"), partitions=partitions) for role in roles}
    yield Live(bootstrap, redis_url, names, folder, partitions=partitions)


def alert_ids(records: Iterable[ConsumerRecord]) -> tuple[set[str], set[str]]:
    """The ids of the alerts that stand, and of all, after the records of the alert topic."""
    revisions: dict[str, tuple[int, str]] = {}
    for record in records:
        alert = json.loads(record.value)
        known = revisions.get(alert["alert_id"], (0, ""))
        revisions[alert["alert_id"]] = max(known, (alert["revision"], alert["status"]))
    return {found for found, (_, status) in revisions.items() if status == "raised"}, set(revisions)

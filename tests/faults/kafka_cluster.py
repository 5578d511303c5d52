"""Brokers that can be killed, stopped and started again; what they wrote stays."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata, PartitionMetadata

from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.integration.live import eventually
from tests.servers.kafka import broker_settings, format_storage, jvm_command, write_properties

_OPTIONS = ("-Xmx256m",)
_ANSWER_S = 2.0
_STOP_S = 60.0
# The shell tells its process id, and is the broker then.
_TELL_ID = ["/bin/sh", "-c", 'echo $$ > "$0"; exec "$@"']


class Broker:
    """One broker, a controller too, with a folder of its own."""

    def __init__(self, number: int, port: int, voters: dict[int, int], folder: Path) -> None:
        """Write its settings and format its storage; `voters` holds the controllers' ports by number."""
        self.number = number
        self.address = f"127.0.0.1:{port}"
        self._folder = folder
        self._pid = folder / "pid"
        copies = str(min(3, len(voters)))
        settings = broker_settings("127.0.0.1", port, voters[number]) | {
            "node.id": str(number),
            "controller.quorum.voters": ",".join(f"{at}@127.0.0.1:{own}" for at, own in voters.items()),
            "log.dirs": str(folder / "logs"),
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "min.insync.replicas": "2" if len(voters) > 1 else "1",
        }
        self._properties = write_properties(folder / "server.properties", settings)
        self._running = ExitStack()
        format_storage(jvm_command(*_OPTIONS), self._properties)

    def start(self) -> None:
        """Start it; it may not answer yet, for it needs most of the others for that."""
        command = [*jvm_command(*_OPTIONS), "kafka.Kafka", str(self._properties)]
        self._running.enter_context(
            running_server([*_TELL_ID, str(self._pid), *command], self._folder, lambda: True, timeout=1)
        )

    def kill(self) -> None:
        """SIGKILL it."""
        self._running.close()

    async def stop(self) -> None:
        """End it as an operator would: it hands over what it leads first."""
        pid = int(self._pid.read_text())
        os.kill(pid, signal.SIGTERM)
        await eventually(lambda: _has_ended(pid), _STOP_S)
        self._running.close()


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Cluster:
    """Brokers of one cluster; of three, each has what is internal, and two must be in sync."""

    def __init__(self, number: int, folder: Path) -> None:
        voters = {at: free_port() for at in range(1, number + 1)}
        self.brokers = []
        for at in voters:
            own = folder / str(at)
            own.mkdir()
            self.brokers.append(Broker(at, free_port(), voters, own))
        self.bootstrap = ",".join(broker.address for broker in self.brokers)
        self._admin = AdminClient(
            {
                "bootstrap.servers": self.bootstrap,
                "log_level": 0,
                "reconnect.backoff.ms": 50,
                "reconnect.backoff.max.ms": 200,
            }
        )

    async def metadata(self) -> ClusterMetadata | None:
        """What the brokers say of themselves and of the topics; None where none answers."""
        try:
            return await asyncio.to_thread(self._admin.list_topics, timeout=_ANSWER_S)
        except KafkaException:
            return None

    async def are_all_there(self) -> bool:
        """Whether every broker is known to the others."""
        found = await self.metadata()
        return found is not None and len(found.brokers) == len(self.brokers)

    async def is_whole(self) -> bool:
        """Whether all brokers are there, and every partition has all its copies in sync."""
        return await self.are_all_there() and all(
            len(partition.isrs) == len(partition.replicas) for partition in await self._partitions()
        )

    async def leads(self, broker: Broker) -> bool:
        """Whether a broker leads a partition, as far as any broker answers."""
        return any(partition.leader == broker.number for partition in await self._partitions())

    async def _partitions(self) -> list[PartitionMetadata]:
        found = await self.metadata()
        topics = found.topics.values() if found else ()
        return [partition for topic in topics for partition in topic.partitions.values()]

    def start(self) -> None:
        """Start all brokers."""
        for broker in self.brokers:
            broker.start()

    def kill(self) -> None:
        """SIGKILL all brokers."""
        for broker in self.brokers:
            broker.kill()


async def comes_true(holds: Callable[[], Awaitable[bool]], seconds: float = 90.0) -> None:
    """Wait until the brokers say that it is so."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.1)


@contextmanager
def running_cluster(number: int) -> Iterator[Cluster]:
    """A cluster whose brokers are started, and end when it is left."""
    with tempfile.TemporaryDirectory(prefix="detector-cluster-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(number, Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.kill()

"""One Kafka broker for the tests, KRaft and without automatic topics, wherever it can be had."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.servers.containers import containers_available
from tests.servers.errors import MissingServerError
from tests.servers.jars import java, kafka_jars

_IMAGE = "apache/kafka:4.1.1"
_CLUSTER_ID = "DetectorTestClusterIdA"
_LOGGING = Path(__file__).with_name("log4j2.properties")
_JVM = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={_LOGGING}"]
_START_SECONDS = 60.0


@dataclass(frozen=True)
class RunningKafka:
    bootstrap: str
    stop: Callable[[], None]


def start_kafka() -> RunningKafka:
    """Use the broker at DETECTOR_TEST_KAFKA (host:port), else start one: in a container, or from jars."""
    with ExitStack() as stack:
        if given := os.environ.get("DETECTOR_TEST_KAFKA"):
            bootstrap = given
        elif containers_available():
            bootstrap = stack.enter_context(_from_image())
        else:
            bootstrap = stack.enter_context(kafka_from_jars())
        return RunningKafka(bootstrap, stack.pop_all().close)


def jvm_command(*options: str) -> list[str]:
    """The JVM with Kafka's jars; options override the usual ones, a class and its arguments follow."""
    return [java(), *_JVM, *options, "-cp", f"{kafka_jars()}/*"]


@contextmanager
def kafka_from_jars(proxied: tuple[int, int] | None = None) -> Iterator[str]:
    """A broker of one's own; gives its address.

    `proxied` is the port of a second listener, and the port of the proxy before it: who comes through the
    proxy is told that the broker is there.
    """
    port = free_port()
    settings = broker_settings("127.0.0.1", port, free_port())
    if proxied is not None:
        settings |= _second_listener(settings, *proxied)
    with running_broker(settings, metadata_probe(f"127.0.0.1:{port}")):
        yield f"127.0.0.1:{port}"


@contextmanager
def running_broker(
    settings: Mapping[str, str], answers: Callable[[], bool], format_options: Sequence[str] = ()
) -> Iterator[None]:
    """A broker from jars with these settings, from when it answers; `format_options` go to its storage."""
    jvm = jvm_command()
    with tempfile.TemporaryDirectory(prefix="detector-kafka-", ignore_cleanup_errors=True) as folder:
        directory = Path(folder)
        own = {"log.dirs": str(directory / "logs")}
        properties = write_properties(directory / "server.properties", {**settings, **own})
        format_storage(jvm, properties, *format_options)
        with running_server(
            [*jvm, "kafka.Kafka", str(properties)], directory, answers, timeout=_START_SECONDS
        ):
            yield


@contextmanager
def _from_image() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer

    port = free_port()
    settings = broker_settings("0.0.0.0", port, free_port())
    environment = {_environment_name(name): value for name, value in settings.items()}
    container = DockerContainer(_IMAGE).with_envs(**environment).with_bind_ports(port, port)
    with container:
        if not metadata_probe(f"127.0.0.1:{port}", timeout=_START_SECONDS)():
            raise MissingServerError(f"the container of {_IMAGE} did not answer in {_START_SECONDS:g} s")
        yield f"127.0.0.1:{port}"


def broker_settings(host: str, port: int, controller_port: int) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # For tests that wait for a dead worker's session to end; the usual least is 6 s.
        "group.min.session.timeout.ms": "1000",
    }


def _second_listener(settings: Mapping[str, str], port: int, advertised: int) -> dict[str, str]:
    return {
        "listeners": f"{settings['listeners']},PROXIED://127.0.0.1:{port}",
        "advertised.listeners": f"{settings['advertised.listeners']},PROXIED://127.0.0.1:{advertised}",
        "listener.security.protocol.map": f"{settings['listener.security.protocol.map']},PROXIED:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }


def _environment_name(setting: str) -> str:
    return "KAFKA_" + setting.upper().replace(".", "_")


def write_properties(path: Path, settings: Mapping[str, str]) -> Path:
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return path


def format_storage(jvm: list[str], properties: Path, *options: str, cluster_id: str = _CLUSTER_ID) -> None:
    command = [*jvm, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)]
    result = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in (result.stdout + result.stderr).splitlines() if not line.startswith("\t")]
        raise MissingServerError(f"Kafka's storage could not be formatted: {' | '.join(lines[-3:])}")


def metadata_probe(
    bootstrap: str, *, timeout: float = 0.5, access: Mapping[str, str] | None = None
) -> Callable[[], bool]:
    """Whether a broker tells what it has; `access` is what librdkafka needs to be let in."""
    reconnect_ms = {"reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 50}
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, **reconnect_ms, **(access or {})})

    def answers() -> bool:
        try:
            return bool(client.list_topics(timeout=timeout).brokers)
        except KafkaException:
            return False

    return answers

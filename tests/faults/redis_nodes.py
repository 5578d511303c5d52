"""Redis servers that may be killed and started again: single ones, a replica that lags, a cluster."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.servers.errors import MissingServerError
from tests.servers.waiting import until

SLOTS = 16_384
_START_S = 20.0
_NODE_TIMEOUT_MS = 1_000


class Node:
    """A Redis that keeps its AOF in a folder of its own, on a port that it keeps, too."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._options = options
        self._running = ExitStack()
        folder.mkdir(parents=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *options: str) -> None:
        """Start it on what it has kept; returns when it answers."""
        program = shutil.which("redis-server")
        if program is None:
            raise MissingServerError("no Redis for the tests of its faults: install redis-server")
        own = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "auto-aof-rewrite-percentage": "0",
            "repl-diskless-sync-delay": "0",
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in own.items() for word in (f"--{name}", value)]
        command = [program, *words, *self._options, *options]
        self._running.enter_context(running_server(command, self._folder, self._answers, timeout=_START_S))

    def kill(self) -> None:
        """SIGKILL."""
        self._running.close()

    def client(self) -> redis.Redis:
        """A client that does not try again."""
        return redis.Redis(
            port=self.port, socket_timeout=5, retry=Retry(NoBackoff(), 0), decode_responses=True
        )

    def run(self, *command: str | int) -> object:
        """The reply to a command."""
        with self.client() as client:
            reply: object = client.execute_command(*command)
            return reply

    def setting(self, name: str) -> str:
        """What a setting is now."""
        with self.client() as client:
            return str(client.config_get(name)[name])

    def errors(self, code: str) -> int:
        """How often it has answered with this error."""
        with self.client() as client:
            found = client.info("errorstats").get(f"errorstat_{code}", {"count": 0})
        return int(found["count"])

    def calls(self, of: str = "calls") -> int:
        """How many commands of workers it has run since it was started; `rejected_calls`: has not begun."""
        with self.client() as client:
            found = client.info("commandstats")
        return sum(int(found.get(f"cmdstat_{name}", {of: 0})[of]) for name in ("evalsha", "mget"))

    def written(self) -> int:
        """The size of its AOF, in bytes, since it was started first."""
        return self._log().stat().st_size

    def rewind(self, size: int) -> int:
        """Cut its AOF, while it is down, back to what it was; gives how many bytes are lost."""
        lost = self.written() - size
        with self._log().open("r+b") as log:
            log.truncate(size)
        return lost

    def _log(self) -> Path:
        [log] = (self._folder / "appendonlydir").glob("*.incr.aof")
        return log

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


@contextmanager
def running_node(folder: Path, *options: str) -> Iterator[Node]:
    """One Redis."""
    node = Node(folder, *options)
    node.start()
    try:
        yield node
    finally:
        node.kill()


@contextmanager
def running_cluster(folder: Path) -> Iterator[list[Node]]:
    """Three masters that share the slots, and a replica of the first."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(running_node(folder / str(n), *_cluster_options())) for n in range(4)]
        first, *others = nodes
        for node in others:
            node.run("CLUSTER", "MEET", "127.0.0.1", first.port, first.setting("cluster-port"))
        for at, node in enumerate(nodes[:3]):
            node.run("CLUSTER", "ADDSLOTSRANGE", at * SLOTS // 3, (at + 1) * SLOTS // 3 - 1)
        until(lambda: all(_knows(node, len(nodes)) for node in nodes))
        nodes[3].run("CLUSTER", "REPLICATE", str(first.run("CLUSTER", "MYID")))
        until(lambda: all("cluster_state:ok" in str(node.run("CLUSTER", "INFO")) for node in nodes))
        until(lambda: is_in_step(nodes[3]))
        yield nodes


def is_in_step(replica: Node) -> bool:
    """Whether a replica has its primary's data, and is sent what is written."""
    with replica.client() as client:
        return client.info("replication").get("master_link_status") == "up"


def role(node: Node) -> str:
    """`master` or `slave`."""
    with node.client() as client:
        return str(client.info("replication")["role"])


def _cluster_options() -> list[str]:
    return [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        str(free_port()),
        "--cluster-node-timeout",
        str(_NODE_TIMEOUT_MS),
        "--repl-ping-replica-period",
        "1",
    ]


def _knows(node: Node, number: int) -> bool:
    told = str(node.run("CLUSTER", "INFO"))
    return f"cluster_known_nodes:{number}" in told and "cluster_state:ok" in told

"""A backtest on Ray says, byte by byte, what it says on one machine: a real Ray, as one node and as two."""

import os
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from detector.config import load_settings
from detector.replay.ray import OnRay
from detector.replay.recorded.batch import Recorded
from detector.replay.recorded.files import files_recorded
from detector.replay.run.backtest import Means, run
from detector.replay.run.errors import RunError
from detector.replay.run.limits import Limits
from detector.replay.run.rule_set import RuleSet
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, encode, simulate
from tests.replay.run.given import as_stream, of_run, serial

# So little that each worker gets several tasks of each kind.
SMALL = Limits(groups=4, spill=200_000, task=200_000, group=400_000, chunk=100_000, piece=300_000, small=1)
RULES = tuple(rules_in_force([], with_catalogue=True))
STATE = load_settings(None, {}).state


@pytest.fixture(scope="module")
def spill_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spill")


@pytest.fixture(scope="module")
def on_ray(spill_dir: Path) -> Iterator[OnRay]:
    """A cluster of two nodes, each of which has one core."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    little = {"num_cpus": 1, "object_store_memory": 100 << 20}
    cluster = Cluster(initialize_head=True, head_node_args=little | {"include_dashboard": False})
    try:
        cluster.add_node(**little)
        with OnRay(cluster.address, None, spill_dir) as executor:
            yield executor
    finally:
        cluster.shutdown()


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    traffic = Traffic(users=200, events=6_000, seed=11, fraud=0.05)
    return [*(encode(one.event) for one in simulate(traffic)), b"{", b'{"user_id": 1}']


def in_files(lines: list[bytes], folder: Path) -> Recorded:
    for number in range(3):
        (folder / f"{number}").write_bytes(b"\n".join(lines[number * 2_500 : (number + 1) * 2_500]))
    return files_recorded([folder], print)


def says_the_same(executor: OnRay, recorded: Recorded, lines: list[bytes], spill_dir: Path) -> None:
    alerts, summary = serial(RULES, lines, STATE, {})
    means = Means(spill_dir=spill_dir, executor=nullcontext(executor), limits=SMALL)
    with run(recorded, [RuleSet("candidate", RULES)], STATE, {}, means=means) as result:
        found, numbers = of_run(result, "candidate")
    assert found == alerts
    assert len(alerts) > 20
    assert numbers.standing == summary.standing
    assert (numbers.events, numbers.refused) == (summary.events, summary.refused)


def test_a_ray_of_its_own_gives_the_alerts_and_numbers_of_one_engine(
    lines: list[bytes], spill_dir: Path, tmp_path: Path
) -> None:
    # Before the tests that share a cluster: a process has one Ray at a time.
    stopped = signal.getsignal(signal.SIGTERM)
    with OnRay(None, 2, spill_dir) as executor:
        assert executor.workers == 2
        assert signal.getsignal(signal.SIGTERM) is stopped
        says_the_same(executor, in_files(lines, tmp_path), lines, spill_dir)


def test_each_node_of_a_cluster_does_a_part(on_ray: OnRay) -> None:
    def work(task: int) -> Iterator[tuple[int, int, str]]:
        import ray

        for number in range(3):
            yield task, number, ray.get_runtime_context().get_node_id()

    assert on_ray.workers == 2
    found = list(on_ray.map(work, range(20)))
    for task in range(20):
        assert [number for of, number, _ in found if of == task] == [0, 1, 2]
    assert len(found) == 60
    assert len({node for _, _, node in found}) == 2


def test_files_give_the_alerts_and_numbers_of_one_engine(
    on_ray: OnRay, lines: list[bytes], spill_dir: Path, tmp_path: Path
) -> None:
    says_the_same(on_ray, in_files(lines, tmp_path), lines, spill_dir)


def test_a_stream_gives_the_alerts_and_numbers_of_one_engine(
    on_ray: OnRay, lines: list[bytes], spill_dir: Path
) -> None:
    says_the_same(on_ray, as_stream(lines), lines, spill_dir)


def test_what_the_work_raises_is_raised(on_ray: OnRay) -> None:
    def work(task: int) -> Iterator[int]:
        yield task
        raise RunError("the disk is full")

    with pytest.raises(RunError, match=r"^the disk is full$"):
        list(on_ray.map(work, [1]))


def test_a_worker_that_is_gone_ends_the_run_in_one_line(on_ray: OnRay) -> None:
    # Behind the tests that need both workers.
    def work(task: int) -> Iterator[int]:
        yield task
        os._exit(1)

    with pytest.raises(RunError, match=r"^a worker of the Ray cluster is gone") as caught:
        list(on_ray.map(work, [1]))
    assert "\n" not in str(caught.value)

"""Several workers seen as one: ready when all are, and their metrics on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from detector.monitor.health import Health
from detector.supervise.worker_process import WorkerProcess

Workers = Callable[[], Sequence[tuple[int, WorkerProcess]]]
"""The workers by their numbers, as they are now."""

LABEL = "worker"

T = TypeVar("T")


class HealthOfAll(Health):
    """Ready when all workers are; alive while the supervisor looks after them."""

    def __init__(self, workers: Workers, number: int) -> None:
        super().__init__({})
        self._workers = workers
        self._number = number

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether all are ready, and what keeps each of them from it."""
        workers = self._workers()
        found = _of_all(workers, lambda worker: worker.reasons())
        reasons = {
            f"worker {number}: {name}": reason for number, of_one in found for name, reason in of_one.items()
        }
        if len(workers) < self._number:
            reasons["workers"] = f"{len(workers)} of {self._number} are started"
        return not reasons, reasons


def metrics_of_all(workers: Workers) -> CollectorRegistry:
    """A registry with the series of all workers, asked for when it is read; a label tells whose each is."""
    registry = CollectorRegistry()
    registry.register(_Collector(workers))
    return registry


class _Collector(Collector):
    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry need not ask the workers before they run."""
        return []

    def collect(self) -> Iterable[Metric]:
        """The families of all workers, each once."""
        merged: dict[str, Metric] = {}
        for number, text in _of_all(self._workers(), lambda worker: worker.metrics()):
            for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
                known = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    known.add_sample(
                        sample.name,
                        {**sample.labels, LABEL: str(number)},
                        sample.value,
                        sample.timestamp,
                        sample.exemplar,
                    )
        return merged.values()


def _of_all(
    workers: Sequence[tuple[int, WorkerProcess]], asked: Callable[[WorkerProcess], T]
) -> list[tuple[int, T]]:
    """What each says, all asked at once."""
    with ThreadPoolExecutor(max(1, len(workers))) as threads:
        return list(
            zip(
                (number for number, _ in workers),
                threads.map(asked, (one for _, one in workers)),
                strict=True,
            )
        )

"""The registry that a process's metrics stand in."""

from prometheus_client import CollectorRegistry, Info, ProcessCollector, disable_created_metrics


def registry_of(version: str) -> CollectorRegistry:
    """A new registry with what every process of the detector shows: itself, and the version it runs."""
    # The series *_created carry no news and double the number of series.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    Info("detector_build", "The version that runs.", registry=registry).info({"version": version})
    return registry

"""The chart as the real Helm renders it."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.detector_files import ROOT, read_all_yaml
from tests.servers.helm import helm

CHART = ROOT / "deploy/helm/streaming-fraud-detector"
# A helm that Go builds takes itself for one of an old Kubernetes.
_KUBERNETES = ["--kube-version", "1.30.0"]


@dataclass
class Rendered:
    """The objects of a release."""

    objects: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind: str, name: str) -> dict[str, Any]:
        [found] = [found for found in self.of(kind) if found["metadata"]["name"] == name]
        return found

    def pods(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Metadata and spec of each pod."""
        for found in self.objects:
            if found["kind"] == "Deployment":
                yield found["spec"]["template"]["metadata"], found["spec"]["template"]["spec"]
            if found["kind"] == "Pod":
                yield found["metadata"], found["spec"]

    def pod(self, component: str) -> tuple[dict[str, Any], dict[str, Any]]:
        [found] = [
            (metadata, spec)
            for metadata, spec in self.pods()
            if metadata["labels"]["app.kubernetes.io/component"] == component
        ]
        return found


def lint(values: Path | None) -> subprocess.CompletedProcess[str]:
    return _run("lint", "--strict", str(CHART), *_values(values))


def template(values: Path | None, *options: str) -> subprocess.CompletedProcess[str]:
    return _run("template", "fraud", str(CHART), *_KUBERNETES, *_values(values), *options)


def render(values: Path | None, *options: str) -> Rendered:
    done = template(values, *options)
    assert done.returncode == 0, done.stderr
    return Rendered(read_all_yaml(done.stdout))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([helm(), *arguments], capture_output=True, text=True, check=False)


def _values(values: Path | None) -> list[str]:
    return ["--values", str(values)] if values else []

"""The files in deploy/prometheus, read."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.deploy.detector_files import ROOT, read_yaml

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
ALERTS = sorted((PROMETHEUS / "alerts").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))

# A name with a colon is a recording rule's.
_SELECTOR = re.compile(r"(?<![\w:])(up|(?:detector|process)_\w+)\b(?!:)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')


class Selector(NamedTuple):
    """A metric as an expression or a test names it, with the values of labels."""

    metric: str
    labels: Mapping[str, str]


def rules(paths: list[Path]) -> list[dict[str, Any]]:
    """Every rule of these files."""
    return [rule for path in paths for group in read_yaml(path)["groups"] for rule in group["rules"]]


def cases() -> list[dict[str, Any]]:
    """Every case of the tests."""
    return [case for path in TESTS for case in read_yaml(path)["tests"]]


def selectors(text: str) -> Iterator[Selector]:
    """What an expression, or the name of a series, selects of the detector's own metrics."""
    for metric, labels in _SELECTOR.findall(text):
        yield Selector(metric, dict(_MATCHER.findall(labels)))

"""The shipped rules against the naive twin, over the events of their own tests."""

import msgspec
import pytest

from detector.rules.located import read_yaml
from detector.rules.reader import read_rule
from detector.rules.reading import plain
from detector.rules.rule_set import CATALOGUE, rule_paths

from .engine_runs import observe_all, standing
from .twin import standing_alerts

MOST_EVENTS = 150
"""The twin looks at everything again at every event: it would take minutes over more."""


@pytest.mark.parametrize("path", rule_paths(CATALOGUE), ids=lambda path: path.stem)
def test_a_shipped_rule_decides_as_the_naive_twin_does(path):
    written = plain(read_yaml(path))
    file = read_rule(path)
    examples = [example for example in file.examples if len(example.events) <= MOST_EVENTS]
    assert len(examples) > len(file.examples) // 2
    for example in examples:
        events = [msgspec.to_builtins(event) for event in example.events]
        decided = standing([file.rule], observe_all([file.rule], events))
        assert decided == standing_alerts([written], events), example.name

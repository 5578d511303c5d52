"""The sets of rules that are compared: two, all of a catalogue, and a hundred."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchFailed
from bench.variants import write_variants
from detector.core.rule import Rule
from detector.rules.rule_set import CATALOGUE, rule_paths, rules_in_force

FEW = ("no-password-burst", "face-after-remote-session")
MANY = 100


class RuleSet(NamedTuple):
    """Rules to measure with: `directory` holds their files and no others."""

    name: str
    directory: Path
    rules: list[Rule]


@contextmanager
def few_rules() -> Iterator[RuleSet]:
    """The two shipped rules that the smallest set has, in a directory that the block's end removes."""
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as folder:
        yield _rule_set("few", Path(folder), [path for path in rule_paths(CATALOGUE) if path.stem in FEW], 2)


@contextmanager
def rule_sets(catalogue: Path = CATALOGUE, many: int = MANY) -> Iterator[list[RuleSet]]:
    """Two rules, the whole catalogue, and `many` with variants, in directories that the block's end removes.

    Args:
        catalogue: the rule files to start from; where it lacks the two, its first two take their place.
        many: how many rules the largest set has.
    """
    files = rule_paths(catalogue)
    if len(files) < 2 or many < len(files):
        raise BenchFailed(f"{catalogue} holds {len(files)} rules: 2 to {many} can be compared")
    few = [path for path in files if path.stem in FEW]
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as folder:
        chosen = {"few": few if len(few) == 2 else files[:2], "catalogue": files, "many": files}
        sizes = {"few": 2, "catalogue": len(files), "many": many}
        yield [_rule_set(name, Path(folder) / name, paths, sizes[name]) for name, paths in chosen.items()]


def _rule_set(name: str, directory: Path, paths: list[Path], size: int) -> RuleSet:
    directory.mkdir(exist_ok=True)
    write_variants(paths, directory, size)
    return RuleSet(name, directory, rules_in_force([directory], False))

"""What is in memory at a time is bounded, however much there is and however it is spread over keys."""

import heapq
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest

from detector.config import StateSettings
from detector.replay.recorded.batch import Recorded
from detector.replay.run import merchants, users
from detector.replay.run.alert_runs import AlertRuns, Spoken, merged
from detector.replay.run.arrived import Arrived, arrived
from detector.replay.run.backtest import Means, run
from detector.replay.run.chunks import Chunk, chunks
from detector.replay.run.limits import Limits
from detector.replay.run.rule_set import RuleSet
from detector.replay.run.segments import Block, Shelves, blocks

from ...core.given import window
from .given import Lines, Shuffled, debit, serial

RULES = (
    window({"count": {"gte": 2}}, within="1h", by="user_id", cooldown="0s"),
    window({"count": {"gte": 3}}, within="1h", by="merchant_id", id="of-merchants", cooldown="0s"),
)
LIMITS = Limits(groups=4, spill=4_000, task=4_000, group=4_000, chunk=4_000, small=0, merged=3)


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of lines that were evaluated at once, each time."""
    found: list[int] = []

    def noted(chunk: Chunk, *rest: object) -> Arrived:
        found.append(sum(map(len, chunk.lines)))
        return arrived(chunk, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(users, "arrived", noted)
    monkeypatch.setattr(merchants, "arrived", noted)
    return found


class Unpickled(Shuffled):
    """Runs tasks here, so that what they do can be seen."""

    def map(self, work, tasks):
        for task in tasks:
            yield from work(task)


@pytest.mark.parametrize("of_one", [0.0, 0.6, 1.0], ids=["spread", "skewed", "one key"])
def test_no_more_lines_are_decoded_at_a_time_than_may_be(of_one: float, evaluated: list[int]):
    rng = Random(4)

    def key(letter: str, among: int) -> str:
        return letter if rng.random() < of_one else f"{letter}{rng.randint(0, among)}"

    lines = [debit(f"e{n}", n * 900, user_id=key("u", 200), merchant_id=key("m", 50)) for n in range(1_500)]
    parts = [Lines(lines[start : start + 100]) for start in range(0, len(lines), 100)]
    recorded = Recorded(parts, None, sum(part.size for part in parts))
    means = Means(executor=nullcontext(Unpickled(rng)), limits=LIMITS)
    with run(recorded, [RuleSet("candidate", RULES)], StateSettings(), {}, means=means) as result:
        alerts, summary = serial(RULES, lines, StateSettings(), {})
        summary.seconds = result.summary.seconds
        assert result.summary == summary
        assert list(result.lines("candidate")) == alerts
    assert sum(evaluated) == 2 * sum(map(len, lines))
    assert max(evaluated) <= 1.25 * LIMITS.chunk


def _blocks(rng: Random, directory: Path) -> tuple[list[Block], list[tuple[int, bytes, bytes]]]:
    """Blocks of one group, and all their lines in the order of arrival."""
    places = rng.sample(range(10_000), rng.randint(1, 300))
    rows = [
        (place, bytes([65 + place % 26]) * rng.choice([1, 10, 100]), bytes([place % 7])) for place in places
    ]
    segments = []
    remaining = list(rows)
    while remaining:
        count = rng.randint(1, 120)
        some, remaining = sorted(remaining[:count]), remaining[count:]
        shelves = Shelves(2, note=1)
        for place, line, note in some:
            shelves.add(1, place, line, note)
        segments.append(shelves.write(directory / f"segment-{len(segments)}").path)
    return list(blocks(segments, 1, range(1, 2))), sorted(rows)


@pytest.mark.parametrize("seed", range(20))
def test_chunks_are_all_lines_in_order_and_about_as_long_as_they_may_be(seed: int, tmp_path: Path):
    rng = Random(seed)
    found, rows = _blocks(rng, tmp_path)
    at_most = rng.choice([300, 1_000, 100_000])
    cut = list(chunks(found, at_most))
    assert [row for chunk in cut for row in zip(*chunk, strict=True)] == rows
    longest = max(len(line) for _, line, _ in rows)
    assert max(sum(map(len, chunk.lines)) for chunk in cut) <= at_most + 2 * longest


def test_no_more_files_are_merged_at_a_time_than_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rng = Random(1)
    spoken = [Spoken(rng.randint(0, 40), n % 2, n, b"%d" % n) for n in range(300)]
    paths = []
    for start in range(0, 300, 10):
        runs = AlertRuns(tmp_path / f"alerts-{start}", at_most=15)
        for one in spoken[start : start + 10]:
            runs.add(one)
        paths += runs.written()
    open_at_once: list[int] = []
    monkeypatch.setattr("heapq.merge", _counting(open_at_once))
    for _ in range(2):
        assert list(merged(paths, tmp_path, 4)) == [one.alert for one in sorted(spoken)]
    assert max(open_at_once) == 4


def _counting(found: list[int]):
    merge = heapq.merge

    def counted(*runs: Iterator[Spoken]) -> Iterator[Spoken]:
        found.append(len(runs))
        return merge(*runs)

    return counted

"""Other rules, lists or tiers between two rounds: what decides then, and what becomes of known histories."""

from pathlib import Path
from typing import Any

import pytest

from detector.core.engine import Engine
from detector.core.history import History
from detector.core.tiers import NO_TIERS, tiers_of
from detector.rules.reader import read_rule
from tests.stream.test_processor import Bench, bench_that_owns, record


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    def made(least: int, within: str = "10m") -> Engine:
        path = tmp_path / "r.yaml"
        path.write_text(
            f"id: r\nby: user_id\nwindow: {{event: debit, within: {within}}}\n"
            f"when: {{count: {{gte: {least}}}}}\ncooldown: 0s\n"
        )
        return Engine([read_rule(path).rule], 600_000, 5_000)

    return made


def anchors(bench: Bench) -> list[str]:
    return [alert["anchor"]["event_id"] for alert in bench.publisher.alerts() if alert["rule_id"] == "r"]


async def test_the_next_round_is_decided_by_the_new_rules_over_the_stored_past(engine: Any) -> None:
    bench = await bench_that_owns()
    for offset in range(2):
        await bench.process(record(offset, auth_method="otp"))
    bench.processor.use(engine(least=3), NO_TIERS, reread=True)
    await bench.process(record(2))
    assert anchors(bench) == ["e2"]


async def test_a_round_that_is_under_way_is_finished_by_the_rules_it_began_with(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await bench_that_owns()
    load = bench.store.load_many

    async def meanwhile(wanted: Any) -> Any:
        bench.processor.use(engine(least=1), NO_TIERS, reread=True)
        return await load(wanted)

    monkeypatch.setattr(bench.store, "load_many", meanwhile)
    await bench.process(record(0))
    monkeypatch.undo()
    assert anchors(bench) == []
    await bench.process(record(1))
    assert anchors(bench) == ["e1"]


async def test_tiers_are_given_to_what_comes_from_then_on_and_are_stored_with_it() -> None:
    bench = await bench_that_owns()
    same = bench.processor._engine
    await bench.process(record(0))
    bench.processor.use(same, tiers_of({"user_tier": {"u1": "elderly"}}), reread=False)
    await bench.process(record(1))
    bench.processor.use(same, NO_TIERS, reread=True)
    await bench.process(record(2))
    history: History = bench.processor._histories.of(0)["u1"]
    assert [event.user_tier for event, _ in history.entries] == [None, "elderly", None]


async def test_other_rules_see_what_is_stored_even_where_memory_has_forgotten_it(engine: Any) -> None:
    # Given a key of which the rules in force keep eleven minutes, and the store still has twenty
    bench = await bench_that_owns()
    bench.processor.use(engine(least=99, within="1m"), NO_TIERS, reread=True)
    for minute in range(20):
        await bench.process(record(minute * 60))
    assert 11 <= len(bench.processor._histories.of(0)["u1"]) < 20
    # When a rule over an hour takes their place, and another change comes before the next round
    bench.processor.use(engine(least=21, within="1h"), NO_TIERS, reread=True)
    bench.processor.use(engine(least=21, within="1h"), NO_TIERS, reread=False)
    await bench.process(record(20 * 60))
    # Then it fires
    assert anchors(bench) == ["e1200"]


class NotingEngine(Engine):
    """Notes which histories it was asked to settle."""

    def __init__(self) -> None:
        super().__init__([], 600_000, 5_000)
        self.settled: list[str] = []

    def settle(self, history: History) -> None:
        self.settled.append(history.entries[0].event.user_id)
        super().settle(history)


async def test_a_history_in_memory_is_settled_once_by_the_engine_that_goes_on_with_it() -> None:
    bench = await bench_that_owns()
    await bench.process(*(record(offset, user_id=f"u{offset}") for offset in range(3)))
    noting = NotingEngine()
    bench.processor.use(noting, NO_TIERS, reread=False)
    for offset in (3, 5, 7):
        await bench.process(record(offset, user_id="u1"), record(offset + 1, user_id="u9"))
    assert noting.settled == ["u1"]
    await bench.process(record(30, user_id="u2"))
    assert noting.settled == ["u1", "u2"]

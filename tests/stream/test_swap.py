"""Other rules, lists or tiers between two rounds: what decides then, and what becomes of known histories."""

from pathlib import Path
from typing import Any

import pytest

from detector.core.deciding import Deciding
from detector.core.engine import Engine
from detector.core.history import History
from detector.core.routing import USER
from detector.rules.reader import read_rule
from tests.stream.given import BURST, CAP, LATENESS, Bench, record


@pytest.fixture
def deciding(tmp_path: Path) -> Any:
    def made(least: int, within: str = "10m") -> Deciding:
        path = tmp_path / "r.yaml"
        path.write_text(
            f"id: r\nby: user_id\nwindow: {{event: debit, within: {within}}}\n"
            f"when: {{count: {{gte: {least}}}}}\ncooldown: 0s\n"
        )
        return Deciding([read_rule(path).rule], {}, LATENESS, CAP)

    return made


def anchors(bench: Bench) -> list[str]:
    return [alert["anchor"]["event_id"] for alert in bench.publisher.alerts() if alert["rule_id"] == "r"]


async def test_the_next_round_is_decided_by_the_new_rules_over_the_stored_past(deciding: Any) -> None:
    bench = await Bench().own()
    for offset in range(2):
        await bench.process(record(offset, auth_method="otp"))
    bench.processor.use(deciding(least=3), reread=True)
    await bench.process(record(2))
    assert anchors(bench) == ["e2"]


async def test_a_round_that_is_under_way_is_finished_by_the_rules_it_began_with(
    deciding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await Bench().own()
    load = bench.store.load_many

    async def meanwhile(wanted: Any) -> Any:
        bench.processor.use(deciding(least=1), reread=True)
        return await load(wanted)

    monkeypatch.setattr(bench.store, "load_many", meanwhile)
    await bench.process(record(0))
    monkeypatch.undo()
    assert anchors(bench) == []
    await bench.process(record(1))
    assert anchors(bench) == ["e1"]


async def test_tiers_are_given_to_what_comes_from_then_on_and_are_stored_with_it() -> None:
    bench = await Bench().own()
    await bench.process(record(0))
    bench.processor.use(Deciding([BURST], {"user_tier": {"u1": "elderly"}}, LATENESS, CAP), reread=False)
    await bench.process(record(1))
    bench.processor.use(Deciding([BURST], {}, LATENESS, CAP), reread=True)
    await bench.process(record(2))
    history: History = bench.processor._histories.of(0)["h:u1"]
    assert [event.user_tier for event, _ in history.entries] == [None, "elderly", None]


async def test_other_rules_see_what_is_stored_even_where_memory_has_forgotten_it(deciding: Any) -> None:
    # Given a key of which the rules in force keep eleven minutes, and the store still has twenty
    bench = await Bench().own()
    bench.processor.use(deciding(least=99, within="1m"), reread=True)
    for minute in range(20):
        await bench.process(record(minute * 60))
    assert 11 <= len(bench.processor._histories.of(0)["h:u1"]) < 20
    # When a rule over an hour takes their place, and another change comes before the next round
    bench.processor.use(deciding(least=21, within="1h"), reread=True)
    bench.processor.use(deciding(least=21, within="1h"), reread=False)
    await bench.process(record(20 * 60))
    # Then it fires
    assert anchors(bench) == ["e1200"]


class NotingEngine(Engine):
    """Notes which histories it was asked to settle."""

    def __init__(self) -> None:
        super().__init__([], LATENESS, CAP)
        self.settled: list[str] = []

    def settle(self, history: History) -> None:
        self.settled.append(history.entries[0].event.user_id)
        super().settle(history)


async def test_a_history_in_memory_is_settled_once_by_the_engine_that_goes_on_with_it() -> None:
    bench = await Bench().own()
    await bench.process(*(record(offset, user_id=f"u{offset}") for offset in range(3)))
    noting, swapped = NotingEngine(), Deciding([], {}, LATENESS, CAP)
    swapped.engines[USER] = noting
    bench.processor.use(swapped, reread=False)
    for offset in (3, 5, 7):
        await bench.process(record(offset, user_id="u1"), record(offset + 1, user_id="u9"))
    assert noting.settled == ["u1"]
    await bench.process(record(30, user_id="u2"))
    assert noting.settled == ["u1", "u2"]

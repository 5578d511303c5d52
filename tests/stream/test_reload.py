"""Changed rules and lists, taken up or refused, with lists in a real Redis."""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio

from detector.config import RuleSettings, Settings
from detector.monitor.metrics import Metrics
from detector.rules.faults import RuleFaultsError
from detector.state.errors import StateRefused, StateUnavailable
from detector.state.redis_lists import RedisLists
from detector.stream import reload as module
from detector.stream.reload import Reload
from detector.stream.rulebook import InForce, Rulebook
from detector.stream.tasks import end
from tests.integration.live import eventually

PLAIN = "id: {id}\nby: user_id\nwindow: {{event: debit, within: 10m}}\nwhen: {{count: {{gte: {least}}}}}\n"
LISTED = PLAIN.replace("debit,", "debit, where: {{merchant_id: {{not_in_list: trusted}}}},")
FAILING = "tests:\n  - {{name: two fire, events: [{{at: 0s, type: debit, repeat: 2}}], alerts: []}}\n"


class Bench:
    """A directory of rules, lists, and what looks after them."""

    def __init__(self, folder: Path, lists: RedisLists) -> None:
        self.folder = folder
        self.lists = lists
        self.book = Rulebook(Settings(rules=RuleSettings(dirs=(folder,), catalogue=False)), lists)
        self.asked = asyncio.Event()
        self.metrics = Metrics("test")
        self.used: list[tuple[InForce, bool]] = []

    def write(self, rule_id: str, text: str = PLAIN, least: int = 2) -> Path:
        path = self.folder / f"{rule_id}.yaml"
        path.write_text(text.format(id=rule_id, least=least))
        return path

    async def begin(self) -> Reload:
        await self.book.open(await self.book.read())
        self.reload = Reload(self.book, lambda *taken: self.used.append(taken), self.asked, self.metrics)
        return self.reload

    async def look(self, times: int = 2) -> None:
        for _ in range(times):
            await self.reload._look(with_rules=True)

    def outcomes(self) -> dict[str, int]:
        """How many attempts came to what, without those that none came to."""
        samples = [
            sample
            for family in self.metrics.rules_reload_total.collect()
            for sample in family.samples
            if sample.value
        ]
        return {sample.labels["outcome"]: int(sample.value) for sample in samples}

    def shows_refused(self) -> bool:
        return self.metrics.registry.get_sample_value("detector_rules_refused") == 1

    @property
    def in_force(self) -> dict[str, list[str]]:
        """The ids of the rules in force, and the members of the lists."""
        found = self.book.in_force
        return {"rules": [rule.id for rule in found.rules]} | {
            name: sorted(stored.members) for name, stored in found.lists.items()
        }


@pytest.fixture
async def bench(redis_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    folder = tmp_path / "rules"
    folder.mkdir()
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield Bench(folder, RedisLists(client, f"test-{secrets.token_hex(6)}", 5))


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


# Rules


async def test_rules_that_are_added_changed_and_removed_are_put_in_force(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write("a")
    gone = bench.write("b")
    await bench.begin()
    await bench.look()
    assert (bench.used, bench.outcomes()) == ([], {})
    bench.write("a", least=33)
    bench.write("c")
    gone.unlink()
    caplog.set_level(logging.INFO)
    await bench.look()
    assert bench.in_force == {"rules": ["a", "c"]}
    ((taken, other_rules),) = bench.used
    assert (taken, other_rules) == (bench.book.in_force, True)
    assert bench.outcomes() == {"applied": 1}
    assert "changed rules are in force: added c; changed a; removed b" in caplog.text


async def test_the_longest_span_follows_the_rules(bench: Bench) -> None:
    bench.write("a")
    await bench.begin()
    assert bench.book.in_force.deciding.span == 20 * 60_000
    bench.write("a", PLAIN.replace("10m", "24h"))
    await bench.look()
    assert bench.used[0][0].deciding.span == (24 * 60 + 10) * 60_000


async def test_files_that_are_touched_or_differ_in_comments_alone_change_nothing(bench: Bench) -> None:
    path = bench.write("a")
    await bench.begin()
    os.utime(path, ns=(1, 1))
    await bench.look()
    path.write_text(path.read_text() + "# a comment\n")
    await bench.look()
    assert (bench.used, bench.outcomes()) == ([], {"unchanged": 2})


async def test_files_are_read_when_they_have_stood_still_for_a_look(bench: Bench) -> None:
    bench.write("a")
    await bench.begin()
    for least in (3, 44, 555):
        bench.write("a", least=least)
        await bench.look(1)
        assert bench.outcomes() == {}
    await bench.look(1)
    assert bench.outcomes() == {"applied": 1}


BROKEN = {
    "a fault": (PLAIN.replace("debit", "debitt"), ":3:17: 'debitt' is no event type; did you mean 'debit'?"),
    "more history than is kept": (
        PLAIN.replace("10m", "91d"),
        ":3:32: the rule looks back 91d, and 90d are kept at most: "
        "shorten it, or raise state.longest_history",
    ),
    "what can never happen": (
        PLAIN.replace("gte", "lt").replace("{least}", "0"),
        ":4:20: 'count' is never lt 0: it is at least 1",
    ),
    "a test that fails": (PLAIN + FAILING, ":6:5: the test 'two fire' fails: found an alert at 0s medium"),
}


@pytest.mark.parametrize(("text", "why"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_set_is_refused_once_with_the_place_and_those_in_force_stay(
    bench: Bench, caplog: pytest.LogCaptureFixture, text: str, why: str
) -> None:
    bench.write("a")
    await bench.begin()
    path = bench.write("b", text)
    bench.write("a", least=9)
    await bench.look(6)
    assert (bench.used, bench.outcomes()) == ([], {"refused": 1})
    assert bench.in_force == {"rules": ["a"]}
    assert errors(caplog) == [f"changed rules or lists are refused, those in force stay: {path}{why}"]
    assert bench.shows_refused()
    # And as soon as it is mended, it is in force
    bench.write("b")
    await bench.look()
    assert not bench.shows_refused()
    assert bench.in_force == {"rules": ["a", "b"]}


@pytest.mark.parametrize("text", ["", "[" * 50_000, "a: &a [*a]\n", "\x00"])
async def test_no_file_ends_the_worker(bench: Bench, text: str) -> None:
    bench.write("a")
    await bench.begin()
    (bench.folder / "b.yaml").write_text(text)
    await bench.look()
    assert (bench.used, bench.outcomes()) == ([], {"refused": 1})


async def test_not_even_a_mistake_of_the_reader_ends_the_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = bench.write("a")
    await bench.begin()

    async def mistaken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.book, "read", mistaken)
    os.utime(path, ns=(1, 1))
    await bench.look()
    assert bench.outcomes()["refused"] >= 1
    assert "ZeroDivisionError" in caplog.text


async def test_a_directory_that_vanishes_is_refused(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    path = bench.write("a")
    await bench.begin()
    path.unlink()
    bench.folder.rmdir()
    await bench.look(4)
    assert bench.outcomes() == {"refused": 1}
    assert "no such file or directory" in errors(caplog)[0]


async def test_the_tests_of_rules_are_judged_at_the_start_too(bench: Bench) -> None:
    bench.write("a", PLAIN + FAILING)
    with pytest.raises(RuleFaultsError, match=r"a.yaml:6:5: the test 'two fire' fails"):
        await bench.begin()


# Lists


async def test_a_changed_list_is_read_again_and_its_rules_stay(bench: Bench) -> None:
    bench.write("a", LISTED)
    await bench.lists.put("trusted", {"m1": ""})
    await bench.begin()
    assert bench.in_force == {"rules": ["a"], "trusted": ["m1"]}
    await bench.lists.put("trusted", {"m2": ""})
    await bench.look()
    assert bench.in_force == {"rules": ["a"], "trusted": ["m1", "m2"]}
    assert [other_rules for _, other_rules in bench.used] == [False]
    assert bench.outcomes() == {"applied": 1}


async def test_only_lists_that_changed_are_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write("a", LISTED)
    bench.write("b", LISTED.replace("trusted", "other"))
    await bench.lists.put("trusted", {"m1": ""})
    await bench.lists.put("other", {"m1": ""})
    await bench.begin()
    read, names = bench.lists.read, []

    async def noted(name: str) -> object:
        names.append(name)
        return await read(name)

    monkeypatch.setattr(bench.lists, "read", noted)
    await bench.lists.put("other", {"m2": ""})
    await bench.look()
    assert names == ["other"]


async def test_a_list_that_no_rule_needs_is_left_alone(bench: Bench) -> None:
    bench.write("a")
    bench.write("b", LISTED + "mode: off\n")
    await bench.begin()
    await bench.lists.put("trusted", {"m1": ""})
    await bench.look()
    assert (bench.used, bench.outcomes()) == ([], {})


async def test_tiers_are_taken_up_when_they_come_and_when_they_go(bench: Bench) -> None:
    bench.write("a")
    await bench.begin()
    await bench.lists.put("user_tier", {"u1": "minor"})
    await bench.look()
    await bench.lists.delete("user_tier")
    await bench.look()
    assert [dict(taken.deciding.tiers.users) for taken, _ in bench.used] == [{"u1": "minor"}, {}]


async def test_a_list_that_vanishes_is_refused_once_and_what_was_read_of_it_stays(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    path = bench.write("a", LISTED)
    await bench.lists.put("trusted", {"m1": ""})
    await bench.begin()
    await bench.lists.delete("trusted")
    await bench.look(4)
    assert bench.outcomes() == {"refused": 1}
    assert bench.in_force == {"rules": ["a"], "trusted": ["m1"]}
    assert errors(caplog) == [
        f"changed rules or lists are refused, those in force stay: {path}:3:59: rule a needs the list "
        "trusted, which is not there: make it with 'detector lists import trusted FILE'"
    ]
    assert bench.shows_refused()
    await bench.lists.put("trusted", {"m2": ""})
    await bench.look()
    assert not bench.shows_refused()
    assert bench.in_force == {"rules": ["a"], "trusted": ["m2"]}


async def test_rules_that_wait_for_a_list_are_in_force_as_soon_as_it_is_there(bench: Bench) -> None:
    # Given a set that is refused for a list, and a change of another list meanwhile
    bench.write("a", LISTED)
    await bench.lists.put("trusted", {"m1": ""})
    await bench.begin()
    bench.write("b", LISTED.replace("trusted", "other"))
    await bench.look()
    await bench.lists.put("trusted", {"m2": ""})
    await bench.look()
    assert bench.outcomes() == {"refused": 1, "applied": 1}
    assert bench.in_force == {"rules": ["a"], "trusted": ["m1", "m2"]}
    assert bench.shows_refused()
    # When the list is made
    await bench.lists.put("other", {})
    await bench.look()
    assert not bench.shows_refused()
    assert bench.in_force == {"rules": ["a", "b"], "trusted": ["m1", "m2"], "other": []}


async def test_a_missing_list_refuses_the_start(bench: Bench) -> None:
    bench.write("a", LISTED)
    with pytest.raises(
        RuleFaultsError, match=r"a.yaml:3:59: rule a needs .* 'detector lists import trusted FILE'"
    ):
        await bench.begin()


async def test_lists_are_taken_up_while_the_rules_files_are_broken(bench: Bench) -> None:
    bench.write("a", LISTED)
    await bench.lists.put("trusted", {"m1": ""})
    await bench.begin()
    bench.write("a", "not a rule")
    await bench.look()
    await bench.lists.put("trusted", {"m2": ""})
    await bench.look()
    assert bench.outcomes() == {"refused": 1, "applied": 1}
    assert bench.in_force == {"rules": ["a"], "trusted": ["m1", "m2"]}


# The watch


@pytest.fixture
async def watch(bench: Bench) -> AsyncIterator[Bench]:
    """A bench at which somebody looks all the time."""
    bench.write("a", LISTED)
    await bench.lists.put("trusted", {"m1": ""})
    task = asyncio.create_task((await bench.begin()).run())
    yield bench
    assert not task.done()
    await end([task])


async def test_who_asks_has_the_rules_read_at_once(watch: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 1_000.0)
    watch.asked.set()
    await eventually(lambda: watch.outcomes() == {"unchanged": 1}, 5)
    watch.write("a", LISTED, least=9)
    watch.asked.set()
    await eventually(lambda: watch.outcomes() == {"unchanged": 1, "applied": 1}, 5)


async def test_an_outage_of_redis_is_told_once_and_what_was_due_is_taken_up_after_it(
    watch: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    caplog.set_level(logging.INFO)
    tried = 0

    async def away() -> dict[str, str]:
        nonlocal tried
        tried += 1
        raise StateUnavailable("Redis is away")

    with monkeypatch.context() as outage:
        outage.setattr(watch.book, "versions", away)
        watch.write("a", LISTED, least=9)
        watch.asked.set()
        await eventually(lambda: tried > 5, 5)
        assert watch.outcomes() == {}
    await eventually(lambda: watch.outcomes() == {"applied": 1}, 5)
    told = [record.getMessage() for record in caplog.records if "taken up" in record.getMessage()]
    assert told == [
        "changed lists and rules are not taken up for now: Redis is away",
        "changed lists and rules are taken up again",
    ]


async def test_a_redis_that_does_not_let_the_lists_be_read_ends_the_looking(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)

    async def denied() -> dict[str, str]:
        raise StateRefused("Redis refused a command")

    bench.write("a")
    reload = await bench.begin()
    monkeypatch.setattr(bench.book, "versions", denied)
    async with asyncio.timeout(5):
        with pytest.raises(StateRefused):
            await reload.run()

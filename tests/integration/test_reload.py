"""Rules and lists that change under a running worker, as an operator changes them and sees it."""

import json
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.integration.live import Live, Worker, eventually

NOW = 1_767_225_600_000
MINUTE = 60_000
PICKED_UP_SECONDS = 5.0

EVERY_DEBIT = """\
id: every-debit
by: user_id
window: {event: debit, where: {merchant_id: {not_in_list: trusted-merchants}}, within: 10m}
when: {count: {gte: 1}}
cooldown: 0s
"""
FOUR_DEBITS = """\
id: four-debits
by: user_id
window: {event: debit, within: 10m}
when: {count: {gte: 4}}
"""


def debit(event_id: str, minute: float = 0, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "type": "debit",
        "event_time": NOW + round(minute * MINUTE),
        "user_id": "u1",
        "amount": 900,
        "currency": "CNY",
        "merchant_id": "m1",
        "auth_method": "none",
    } | fields


async def alerts(live: Live) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in await live.read("alerts")]


async def anchors(live: Live) -> list[tuple[str, str]]:
    return sorted((alert["rule_id"], alert["anchor"]["event_id"]) for alert in await alerts(live))


def reloads(worker: Worker, outcome: str) -> float:
    return worker.metric("detector_rules_reload_total", outcome=outcome)


def lists(live: Live, *arguments: str) -> None:
    done = live.command("lists", *arguments)
    assert done.returncode == 0, done.stderr


@pytest_asyncio.fixture
async def with_rules(live: Live) -> AsyncIterator[Live]:
    """A detector with a directory of rules, `rules`, and none of the shipped ones."""
    folder = live.folder / "rules"
    folder.mkdir()
    live.extra["DETECTOR_RULES__DIRS"] = str(folder)
    live.extra["DETECTOR_RULES__CATALOGUE"] = "false"
    yield live


@pytest_asyncio.fixture
async def started(with_rules: Live) -> AsyncIterator[Worker]:
    """A running worker with the rule over debits at merchants that are not trusted; m1 is."""
    (with_rules.folder / "rules" / "every-debit.yaml").write_text(EVERY_DEBIT)
    lists(with_rules, "set", "trusted-merchants", "m1")
    worker = with_rules.start()
    try:
        await worker.ready()
        yield worker
    finally:
        worker.kill()


async def test_an_imported_list_counts_within_seconds(with_rules: Live, started: Worker) -> None:
    # Given a trusted merchant, whose debit is silent, and another
    live = with_rules
    await live.send([debit("a", 0), debit("b", 1, merchant_id="m2")])
    await started.has_processed(2)
    await live.has_drained()
    assert await anchors(live) == [("every-debit", "b")]
    # When the list is replaced, it is taken up in time
    (live.folder / "list.txt").write_text("# trusted from now on\nm2\n")
    lists(live, "import", "trusted-merchants", str(live.folder / "list.txt"))
    await eventually(lambda: reloads(started, "applied") == 1, PICKED_UP_SECONDS)
    # Then it is the other way round
    await live.send([debit("c", 2), debit("d", 3, merchant_id="m2")])
    await started.has_processed(4)
    await live.has_drained()
    # Of the debits at hand the first merchant's count again, the second's no longer
    assert await anchors(live) == [("every-debit", "b"), ("every-debit", "c")]
    (latest,) = [alert for alert in await alerts(live) if alert["anchor"]["event_id"] == "c"]
    assert [item["event_id"] for item in latest["evidence"]] == ["a", "c"]
    assert started.stop() == 0


async def test_a_tier_from_a_list_fires_the_stricter_threshold(live: Live, worker: Worker) -> None:
    # Given two users with two debits each, of whom one becomes known as elderly
    await live.send(debit(f"{user}{at}", at, user_id=user) for user in ("u1", "u2") for at in range(2))
    await worker.has_processed(4)
    lists(live, "set", "user_tier", "u2=elderly")
    await eventually(lambda: reloads(worker, "applied") == 1, PICKED_UP_SECONDS)
    # When both have a third
    await live.send(debit(f"{user}2", 2, user_id=user) for user in ("u1", "u2"))
    await worker.has_processed(6)
    await live.has_drained()
    # Then only that one's burst is complete
    assert await anchors(live) == [("no-password-burst", "u22")]


async def test_a_rule_that_is_added_fires_on_the_stored_past(with_rules: Live, started: Worker) -> None:
    live = with_rules
    await live.send(debit(f"e{at}", at) for at in range(3))
    await started.has_processed(3)
    assert started.metric("detector_rules", mode="live") == 1
    (live.folder / "rules" / "four-debits.yaml").write_text(FOUR_DEBITS)
    await eventually(lambda: reloads(started, "applied") == 1)
    assert started.metric("detector_rules", mode="live") == 2
    await live.send([debit("e3", 3)])
    await started.has_processed(4)
    await live.has_drained()
    (alert,) = await alerts(live)
    assert (alert["rule_id"], alert["anchor"]["event_id"]) == ("four-debits", "e3")
    assert [item["event_id"] for item in alert["evidence"]] == ["e0", "e1", "e2", "e3"]
    assert "changed rules are in force: added four-debits" in started.log.read_text()


async def test_a_broken_file_is_refused_and_the_rules_in_force_go_on(
    with_rules: Live, started: Worker
) -> None:
    # Given a file with a fault
    live = with_rules
    path = live.folder / "rules" / "four-debits.yaml"
    path.write_text(FOUR_DEBITS.replace("debit,", "debitt,"))
    # Then metrics and log say so, and where
    await eventually(lambda: reloads(started, "refused") == 1)
    assert f"{path}:3:17: 'debitt' is no event type; did you mean 'debit'?" in started.log.read_text()
    assert started.metric("detector_rules", mode="live") == 1
    # And the rule in force goes on
    await live.send([debit("a", merchant_id="m2")])
    await started.has_processed(1)
    await live.has_drained()
    assert await anchors(live) == [("every-debit", "a")]
    # Until the file is mended
    path.write_text(FOUR_DEBITS)
    await eventually(lambda: reloads(started, "applied") == 1)
    assert (reloads(started, "refused"), reloads(started, "unchanged")) == (1, 0)
    assert started.get("/readyz") is not None


async def test_sighup_has_the_rules_read(with_rules: Live, started: Worker) -> None:
    started.process.send_signal(signal.SIGHUP)
    await eventually(lambda: reloads(started, "unchanged") == 1)
    (with_rules.folder / "rules" / "four-debits.yaml").write_text(FOUR_DEBITS)
    began = time.monotonic()
    started.process.send_signal(signal.SIGHUP)
    await eventually(lambda: started.metric("detector_rules", mode="live") == 2)
    # Files alone are read when they have stood still from one look to the next, two seconds later.
    assert time.monotonic() - began < 2
    assert started.stop() == 0


async def test_a_missing_list_refuses_the_start(with_rules: Live) -> None:
    path = with_rules.folder / "rules" / "every-debit.yaml"
    path.write_text(EVERY_DEBIT)
    done = with_rules.command("run")
    assert (done.returncode, done.stderr) == (
        1,
        f"{path}:3:59: rule every-debit needs the list trusted-merchants, which is not there: "
        "make it with 'detector lists import trusted-merchants FILE'\n",
    )

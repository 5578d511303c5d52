"""`detector rules diff-live` beside a running worker: what a rule in shadow would have added and removed."""

import json
import time
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from tests.integration.alert_records import publish
from tests.integration.live import Live
from tests.replay.given import alert

NOW = int(time.time() * 1000)
MINUTE = 60_000
HOUR = 60 * MINUTE

# Stricter than the shipped rule in the number, and not at all in the sum.
STRICTER = """\
id: no-password-burst-2
mode: shadow
by: user_id
window: {event: debit, where: {auth_method: none}, within: 10m}
when: {count: {gte: 3}}
cooldown: 30m
severity: high
action: hold_and_notify
"""


def debits(user: str, number: int, amount: int = 900, **fields: Any) -> list[dict[str, Any]]:
    """So many debits of a user, a second apart, the last of them now."""
    return [
        {
            "event_id": f"{user}-{n}",
            "type": "debit",
            "event_time": NOW - (number - n) * 1000,
            "user_id": user,
            "amount": amount,
            "currency": "CNY",
            "merchant_id": "m1",
            "auth_method": "none",
        }
        | fields
        for n in range(1, number + 1)
    ]


def with_rule_in_shadow(live: Live, text: str = STRICTER) -> None:
    live.use_rules(**{"no-password-burst-2": text})


def diff(live: Live, *arguments: str) -> dict[str, Any]:
    done = live.command("rules", "diff-live", "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    (one,) = json.loads(done.stdout)["rules"]
    return dict(one)


async def groups(live: Live) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=live.bootstrap)
    await admin.start()
    try:
        return {name for name, *_ in await admin.list_consumer_groups()}
    finally:
        await admin.close()


async def test_a_rule_in_shadow_is_set_against_the_live_one_by_what_a_worker_published(live: Live) -> None:
    # Given users whom both rules see, the one earlier; whom one of them sees; and whom none sees
    with_rule_in_shadow(live)
    worker = live.start()
    try:
        await worker.ready()
        for user, number, fields in (
            ("both", 6, {}),
            ("shadow-only", 3, {"amount": 20_000, "user_tier": "standard", "merchant_tier": "A"}),
            ("live-only", 1, {"amount": 100_000}),
            ("none", 2, {}),
        ):
            await live.send(debits(user, number, **fields))
        await live.has_drained()
        known = await groups(live)
        # Then the one that the rule is named after is taken, and each user is in one place
        found = diff(live)
        assert (found["shadow_rule"], found["live_rule"]) == ("no-password-burst-2", "no-password-burst")
        comparison = found["comparison"]
        examples = comparison["examples"]
        assert [one["entity"]["user_id"] for one in examples["added"]] == ["shadow-only"]
        assert [one["entity"]["user_id"] for one in examples["removed"]] == ["live-only"]
        (change,) = examples["changed"]
        assert (change["after"]["entity"]["user_id"], change["kinds"]) == ("both", ["earlier"])
        assert (comparison["same"], comparison["added_amount"], comparison["removed_amount"]) == (
            0,
            20_000,
            100_000,
        )
        assert "A" in [tally["name"] for tally in comparison["by_merchant_tier"]]
        assert diff(live, "no-password-burst-2", "no-password-burst")["comparison"] == comparison
        # And nobody has joined a group for it
        assert await groups(live) == known
        assert worker.stop() == 0
    finally:
        worker.kill()


async def test_a_person_reads_what_differs_and_what_cannot_be_told(live: Live) -> None:
    with_rule_in_shadow(live)
    texts = {"explanation": {"en": "3 debits", "zh": "三笔"}}
    rules = {"alerts": {"rule_id": "no-password-burst"}, "alerts_shadow": {"rule_id": "no-password-burst-2"}}
    # Ages are told to the minute, so they count from here
    now = int(time.time() * 1000)
    minute = (now - 5 * HOUR) // MINUTE
    await publish(live, "alerts", [(alert("a", minute, **rules["alerts"]), now - 5 * HOUR)])
    await publish(
        live, "alerts_shadow", [(alert("A", minute + 240, **rules["alerts_shadow"], **texts), now - HOUR)]
    )
    done = live.command("rules", "diff-live", "no-password-burst-2", "--since", "6h")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert (
        lines[0] == "no-password-burst-2, in shadow, against no-password-burst, live, which it is named after"
    )
    assert "1 of the 1 removed are older, --since 60m leaves them out" in lines[2]
    assert any("1 added" in line and "1 removed" in line for line in lines)
    assert "    3 debits" in lines
    # Within the hour that both have run, nothing was removed
    assert diff(live, "no-password-burst-2", "--since", "61m")["comparison"]["removed"] == 0
    # And an overview has a line for the rule
    overview = live.command("rules", "diff-live", "--since", "6h")
    assert overview.stdout.splitlines()[1].split()[:7] == [
        "no-password-burst-2",
        "no-password-burst",
        "1",
        "1",
        "1",
        "1",
        "0",
    ]
    assert "no-password-burst-2: the first alert of" in overview.stderr


async def test_where_the_shadow_topic_is_missing_one_line_says_so(live: Live) -> None:
    with_rule_in_shadow(live)
    live.names["alerts_shadow"] = "there-is-none"
    done = live.command("rules", "diff-live")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "topic there-is-none does not exist, or this user may not describe it\n"

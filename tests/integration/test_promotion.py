"""A rule in shadow that is made live under a running worker: one word in its file is changed."""

import json
from typing import Any

from tests.integration.live import Live, eventually

NOW = 1_767_225_600_000
MINUTE = 60_000

TWO_DEBITS = """\
id: two-debits
by: user_id
mode: shadow
cooldown: 24h
window: {within: 1h, select: {out: {event: debit}, back: {event: refund}}}
when: {count(out): {gte: 2}, count(back): {lt: 1}}
"""
"""A refund that comes late takes its alerts back."""


def event(event_id: str, minute: float, **fields: Any) -> dict[str, Any]:
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


def refund(event_id: str, minute: float, **fields: Any) -> dict[str, Any]:
    return event(event_id, minute, type="refund", refunded_event_id="x") | fields


async def told(live: Live, role: str) -> list[str]:
    """What a topic holds, in lines such as `live raised u1 e2/1`."""
    alerts = [json.loads(record.value) for record in await live.read(role)]
    return sorted(
        f"{alert['mode']} {alert['status']} {alert['entity']['user_id']} "
        f"{alert['anchor']['event_id']}/{alert['revision']}"
        for alert in alerts
    )


async def ids(live: Live, role: str) -> set[str]:
    return {json.loads(record.value)["alert_id"] for record in await live.read(role)}


class Scene:
    """A worker with a directory of one rule, and how many events it was sent."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.path = live.folder / "rules" / "two-debits.yaml"
        live.use_rules(**{"two-debits": TWO_DEBITS})
        live.extra["DETECTOR_RULES__CATALOGUE"] = "false"
        self.worker = live.start()

    async def send(self, *events: dict[str, Any]) -> None:
        await self.live.send(events)
        await self.live.has_drained()

    async def change(self, word: str, other: str) -> None:
        """Change one word of the file, and wait until the worker has taken it up."""
        applied = self._applied()
        self.path.write_text(self.path.read_text().replace(f"mode: {word}", f"mode: {other}"))
        await eventually(lambda: self._applied() == applied + 1)

    def alerts(self, mode: str) -> float:
        return self.worker.metric("detector_alerts_total", rule_id="two-debits", mode=mode)

    def _applied(self) -> float:
        return self.worker.metric("detector_rules_reload_total", outcome="applied")


async def test_a_rule_goes_live_by_a_change_of_one_word(live: Live) -> None:
    scene = Scene(live)
    try:
        await scene.worker.ready()
        # Given a rule in shadow that has raised alerts over two users, on its own topic
        await scene.send(*(event(f"{user}-{n}", n, user_id=user) for user in ("u1", "u2") for n in (1, 2)))
        in_shadow = ["shadow raised u1 u1-2/1", "shadow raised u2 u2-2/1"]
        assert (await told(live, "alerts"), await told(live, "alerts_shadow")) == ([], in_shadow)
        assert (scene.alerts("live"), scene.alerts("shadow")) == (0, 2)

        # When it is made live
        await scene.change("shadow", "live")
        await scene.send(
            event("u1-3", 3),
            event("u1-4", 4),
            *(event(f"u3-{n}", n, user_id="u3") for n in (1, 2)),
        )
        # Then who is known in shadow alone is raised once, though the period goes on, and under the id known
        live_now = ["live raised u1 u1-3/2", "live raised u3 u3-2/1"]
        assert await told(live, "alerts") == live_now
        assert await told(live, "alerts_shadow") == in_shadow
        assert len(await ids(live, "alerts") & await ids(live, "alerts_shadow")) == 1
        assert (scene.alerts("live"), scene.alerts("shadow")) == (2, 2)

        # And a worker that starts anew knows what was said where
        assert scene.worker.stop() == 0
        scene.worker = live.start()
        await scene.worker.ready()
        await scene.send(event("u1-5", 5), event("u3-3", 3, user_id="u3"))
        assert await told(live, "alerts") == live_now

        # And each alert is taken back where it was raised, whatever the mode is by then
        await scene.change("live", "shadow")
        await scene.send(*(refund(f"{user}-0", 0, user_id=user) for user in ("u1", "u2", "u3")))
        gone_live = ["live withdrawn u1 u1-3/3", "live withdrawn u3 u3-2/2"]
        assert await told(live, "alerts") == sorted([*live_now, *gone_live])
        assert await told(live, "alerts_shadow") == sorted([*in_shadow, "shadow withdrawn u2 u2-2/2"])
    finally:
        scene.worker.kill()

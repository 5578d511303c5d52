"""The whole job with exactly what the shipped files allow, over TLS to both servers."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from detector.core.alert import Alert, Status
from detector.replay.backtest import Backtest
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, simulate
from tests.integration.archiving import Archiving
from tests.integration.live import Live
from tests.security.events import WATCHED
from tests.security.platform import ANALYST, ARCHIVE, PASSWORDS, WORKER, signed_in
from tests.servers.postgres import RunningPostgres

# All of the traffic: however slowly the topics are read side by side, nothing of them comes too late.
LATENESS_HOURS = 6
HOUR_MS = 3_600_000
CAP = 5_000
RULES = {
    "watched": """
id: watched
by: user_id
mode: shadow
window: {event: debit, within: 10m}
when: {count: {gte: 3}}
""",
    "crowd": """
id: crowd
by: merchant_id
window: {event: [debit, instalment], within: 1h}
when: {distinct(user_id): {gte: 12}}
""",
}


def traffic() -> list[dict[str, Any]]:
    return [dict(item.event) for item in simulate(Traffic(users=200, events=4_000, seed=5, fraud=0.1))]


def standing(alerts: list[Alert]) -> dict[str, str]:
    """The rules of the alerts that stand, by id."""
    latest = {alert.alert_id: alert for alert in sorted(alerts, key=lambda alert: alert.revision)}
    return {found: alert.rule_id for found, alert in latest.items() if alert.status is Status.RAISED}


async def published(live: Live) -> list[Alert]:
    records = [*await live.read("alerts"), *await live.read("alerts_shadow")]
    return [msgspec.json.decode(record.value, type=Alert) for record in records]


async def test_the_job_is_done_with_what_is_allowed(
    live: Live, postgres: RunningPostgres, tmp_path: Path
) -> None:
    live.use_rules(**RULES)
    archiving = Archiving(live, postgres, group=ARCHIVE)
    events = traffic()
    live.extra["DETECTOR_STATE__ALLOWED_LATENESS"] = f"{LATENESS_HOURS}h"
    rules = rules_in_force([live.folder / "rules"], with_catalogue=True)
    test = Backtest(rules, LATENESS_HOURS * HOUR_MS, CAP)
    wanted = standing(list(test.run(json.dumps(event).encode() for event in events)))
    assert {"watched", "crowd", "no-password-burst"} <= set(wanted.values())
    half = len(events) // 2

    checked = live.command("topics", "check")
    assert (checked.returncode, checked.stderr) == (0, "")
    first = live.start()
    try:
        await first.ready()
        await live.send(events[:half])
        await live.send_records([("payments", b"u1", b"{")])
        await live.has_drained()
    finally:
        first.kill()
    second = live.start(DETECTOR_LOG__LEVEL="DEBUG")
    try:
        await second.ready()
        await live.send(events[half:])
        await live.has_drained()
        assert second.stop() == 0
    finally:
        second.kill()

    assert standing(await published(live)) == wanted
    async with archiving.running(**signed_in(ARCHIVE, tmp_path)):
        await archiving.holds(len({alert.alert_id for alert in await published(live)}))
    rows = [row for row in archiving.rows() if row["status"] == "raised"]
    assert {row["alert_id"]: row["rule_id"] for row in rows} == wanted
    assert [record.value for record in await live.read("dead_letters")] == [b"{"]
    logs = first.log.read_text() + second.log.read_text()
    assert "detector started" in logs
    assert PASSWORDS[WORKER] not in logs


def test_an_analyst_sets_rules_in_shadow_against_live_ones(live: Live, tmp_path: Path) -> None:
    live.use_rules(watched=WATCHED)
    live.extra |= signed_in(ANALYST, tmp_path)
    done = live.command("rules", "diff-live", "watched", "no-password-burst")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("watched, in shadow, against no-password-burst, live\n")


async def test_an_analyst_follows_the_alerts(live: Live, tmp_path: Path) -> None:
    live.extra |= signed_in(ANALYST, tmp_path)
    await live.send_records([("fraud.alerts", b"u1", b"no alert")])
    tail = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "detector", "alerts", "tail", "--from-beginning"),
        env=live.environment(),
        stderr=asyncio.subprocess.PIPE,
    )
    assert tail.stderr
    async with asyncio.timeout(20):
        line = await tail.stderr.readline()
    tail.terminate()
    await tail.wait()
    assert line.decode().startswith("fraud.alerts partition ")

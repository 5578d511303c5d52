"""All that dashboards show, made to happen once: traffic with frauds, and with everything that goes wrong."""

import json
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from detector.embedded import free_port
from tests.integration.live import Live, Worker, eventually

_MINUTE_MS = 60_000
_DAY_MS = 24 * 60 * _MINUTE_MS
_SHADOW = """\
id: many-debits
by: user_id
mode: shadow
severity: low
window: {event: debit, within: 2h}
when: {count: {gte: 10}}
"""
Event = dict[str, Any]


class Scene:
    """A worker and an archive that are watched, and what is done to them."""

    def __init__(self, live: Live, database: str) -> None:
        """Name what is to be started; `database` is the address of an empty one."""
        self.live = live
        self.second_port, self.archive_port = free_port(), free_port()
        live.extra |= {
            "DETECTOR_STATE__HISTORY_CAP": "40",
            "DETECTOR_ARCHIVE__URL": database,
            "DETECTOR_ARCHIVE__USERNAME": "postgres",
            "DETECTOR_ARCHIVE__GROUP": f"archive-{live.prefix}",
        }
        live.use_rules(**{"many-debits": _SHADOW})
        self._started: list[Worker] = []

    @property
    def jobs(self) -> dict[str, list[str]]:
        """What is scraped, by job."""
        workers = [f"127.0.0.1:{port}" for port in (self.live.port, self.second_port)]
        return {"detector": workers, "detector-archive": [f"127.0.0.1:{self.archive_port}"]}

    async def play(self) -> None:
        """Let everything happen, and wait until the archive has it."""
        worker = await self._ready(self.live.start())
        archive = await self._ready(self.live.start_archive(self.archive_port))
        first, second = self._usual()
        await self.live.send(first)
        await self._change_rule(worker, _SHADOW.replace("many", "more"), "applied")
        await self.live.send(withdrawn(now_ms()))
        await worker.has_processed(len(first) + 3)
        await self.live.send(late(first))
        await self.live.send_records(self._bad())
        other = await self._ready(self.live.start(self.second_port))
        assert other.stop() == 0
        await self.live.send(second)
        await self.live.has_drained()
        await self._change_rule(worker, "id: more-debits\n", "refused")
        await self.live.send_records([(self.live.names["alerts"], b"u1", b"no alert")])
        published = await self.live.end("alerts", "alerts_shadow")
        await eventually(lambda: archive.metric("detector_archive_alerts_total") >= published)

    def mark(self, alerts: Mapping[str, list[str]]) -> None:
        """Mark alerts, given by disposition, as an analyst does."""
        for disposition, alert_ids in alerts.items():
            for alert_id in alert_ids:
                done = self.live.command("alerts", "mark", alert_id, disposition, "--note", "looked at")
                assert done.returncode == 0, done.stderr

    def close(self) -> None:
        """End what still runs."""
        for process in self._started:
            process.kill()

    async def _ready(self, process: Worker) -> Worker:
        self._started.append(process)
        await process.ready()
        return process

    async def _change_rule(self, worker: Worker, text: str, outcome: str) -> None:
        (self.live.folder / "rules" / "more-debits.yaml").write_text(text)
        await eventually(lambda: worker.metric("detector_rules_reload_total", outcome=outcome) == 1)

    def _usual(self) -> tuple[list[Event], list[Event]]:
        """Simulated traffic that ends now, in two halves."""
        done = self.live.command(
            "generate", "--users", "300", "--events", "6000", "--seed", "3", "--fraud", "0.5"
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        shift = now_ms() - events[-1]["event_time"]
        for event in events:
            event["event_time"] += shift
        return events[:3_000], events[3_000:]

    def _bad(self) -> list[tuple[str, bytes | None, bytes | None]]:
        topic = self.live.names["payments"]
        return [(topic, b"u1", value) for value in (None, b"{", b"[]", b'{"type": "debit"}')]


def withdrawn(now: int) -> list[Event]:
    """A face verification in a session, whose end comes too late to stop the alert, and takes it back."""

    def event(name: str, minutes_ago: int, event_type: str, **fields: str) -> Event:
        return {
            "event_id": name,
            "type": event_type,
            "event_time": now - minutes_ago * _MINUTE_MS,
            "user_id": "withdrawn",
        } | fields

    return [
        event("w1", 60, "remote_session_started", session_id="s"),
        event("w2", 40, "face_verification", result="passed"),
        event("w3", 55, "remote_session_ended", session_id="s"),
    ]


def late(sent: list[Event]) -> list[Event]:
    """Duplicates, and an event older than anything that is kept."""
    old = sent[-1] | {"event_id": "old", "event_time": sent[-1]["event_time"] - 400 * _DAY_MS}
    return [*sent[-50:], old]


def now_ms() -> int:
    return int(time.time() * 1000)


def looked_at(database: psycopg.Connection) -> dict[str, list[str]]:
    """Alerts to mark, by how: those of a case of several, for one is then looked at closely."""
    found = database.execute(
        "SELECT alert_id FROM fraud.alerts WHERE case_id IN "
        "(SELECT case_id FROM fraud.alerts GROUP BY 1 HAVING count(*) > 1) ORDER BY alert_id LIMIT 4"
    )
    first, second, third, fourth = (alert_id for (alert_id,) in found)
    return {"confirmed": [first, second], "false_positive": [third], "unclear": [fourth]}

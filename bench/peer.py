"""How many events a second a plain Faust app takes from a backlog.

It reads the first of the worker's events, on topics of its own so that it meets them in the same mixture,
to their end. The clock starts at the app's first report that shows events (it reports once a second), and
stops at the first that shows all of them; joining the group and recovering the tables do not count.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.errors import BenchFailed
from bench.processes import running_peer

_FIRST_EVENT_SECONDS = 90.0
_ALL_EVENTS_SECONDS = 300.0
_LOOK_SECONDS = 0.5


class _Report(msgspec.Struct):
    at: float
    cpu: float
    events: int = 0
    alerts: int = 0


@dataclass(frozen=True)
class PeerThroughput:
    """What the peer took; rates are events a second."""

    events: int
    seconds: float
    events_per_second: float
    events_per_cpu_second: float
    alerts: int


def measure_faust(bootstrap: str, prefix: str, partitions: int, events: int) -> PeerThroughput:
    """Run the Faust app over the topics with this prefix, which hold so many events."""
    environment = {
        "PEER_ID": f"{prefix}.faust",
        "PEER_BROKER": bootstrap,
        "PEER_TOPICS": prefix,
        "PEER_PARTITIONS": str(partitions),
    }
    with running_peer("bench.peers.faust_app", environment) as reports:
        first = _wait(reports, 1, _FIRST_EVENT_SECONDS)
        return _between(first, _wait(reports, events, _ALL_EVENTS_SECONDS))


def _wait(reports: Path, events: int, seconds: float) -> _Report:
    """The first report of at least so many events."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = next((report for report in _reports(reports) if report.events >= events), None)
        if found is not None:
            return found
        time.sleep(_LOOK_SECONDS)
    raise BenchFailed(f"the Faust app did not read {events} events in {seconds:g} s")


def _reports(output: Path) -> list[_Report]:
    whole_lines = output.read_bytes().splitlines(keepends=True)
    return [
        msgspec.json.decode(line, type=_Report)
        for line in whole_lines
        if line.startswith(b"{") and line.endswith(b"\n")
    ]


def _between(first: _Report, last: _Report) -> PeerThroughput:
    events, seconds = last.events - first.events, last.at - first.at
    if not events or not last.alerts:
        raise BenchFailed(
            f"the Faust app read {last.events} events and raised {last.alerts} alerts: no measure"
        )
    return PeerThroughput(
        events=events,
        seconds=seconds,
        events_per_second=events / seconds,
        events_per_cpu_second=events / (last.cpu - first.cpu),
        alerts=last.alerts,
    )

"""How many events a second a plain Faust app takes from the same backlog, for a bounded time.

The clock starts at the app's first report that shows events (it reports once a second), and stops at its
last report after the seconds are over, or when all is read. Joining the group and recovering the tables do
not count.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.errors import BenchFailed
from bench.processes import running_peer

_FIRST_EVENT_SECONDS = 90.0
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


def measure_faust(
    bootstrap: str, prefix: str, partitions: int, events: int, seconds: float
) -> PeerThroughput:
    """Run the Faust app over the topics with this prefix, which hold so many events."""
    environment: Mapping[str, str] = {
        "PEER_ID": f"{prefix}.faust",
        "PEER_BROKER": bootstrap,
        "PEER_TOPICS": prefix,
        "PEER_PARTITIONS": str(partitions),
    }
    with running_peer("bench.peers.faust_app", environment) as output:
        first = _wait(output, 1, _FIRST_EVENT_SECONDS)
        if first is None:
            raise BenchFailed(f"the Faust app read nothing: {output.read_text()[-500:]}")
        _wait(output, events, seconds)
        last = _reports(output)[-1]
    return _between(first, last)


def _wait(output: Path, events: int, seconds: float) -> _Report | None:
    """The first report of at least so many events, None where the seconds are over before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = next((report for report in _reports(output) if report.events >= events), None)
        if found is not None:
            return found
        time.sleep(_LOOK_SECONDS)
    return None


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

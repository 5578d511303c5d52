"""What is measured, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench.peer_programs import PeerName
from bench.traffic import WITHOUT_PASSWORD
from detector.rules.rule_set import CATALOGUE


class Part(StrEnum):
    """What can be measured by itself."""

    THROUGHPUT = "throughput"
    PEERS = "peers"
    MATRIX = "matrix"
    LATENCY = "latency"
    RESTART = "restart"
    ARCHIVE = "archive"
    ENGINE = "engine"
    STATE = "state"
    WIDE = "wide"
    BACKTEST = "backtest"


NEEDS_SERVERS = frozenset(
    {Part.THROUGHPUT, Part.PEERS, Part.MATRIX, Part.LATENCY, Part.RESTART, Part.ARCHIVE}
)


@dataclass(frozen=True)
class Plan:
    """How much to measure; seconds are of the clock.

    `share_of_peak` adds a rate to those at which latency is measured: that share of the throughput which the
    same benchmark found. None adds none.
    """

    events: int
    users: int
    without_password: float
    rates: tuple[int, ...]
    share_of_peak: float | None
    runs: int
    run_seconds: float
    repeats: int
    matrix_events: int
    restart_users: int
    archived_alerts: int
    engine_events: int
    fraud: float
    state_users: int
    state_round: int
    rules_dir: Path
    wide_events: int
    backtest_events: int
    peers: tuple[PeerName, ...]
    compiled: bool


SHORT = Plan(
    events=200_000,
    users=50_000,
    without_password=WITHOUT_PASSWORD,
    rates=(2_000,),
    share_of_peak=None,
    runs=3,
    run_seconds=8.0,
    repeats=2,
    matrix_events=200_000,
    restart_users=100_000,
    archived_alerts=60_000,
    engine_events=50_000,
    fraud=0.01,
    state_users=20_000,
    state_round=500,
    rules_dir=CATALOGUE,
    wide_events=30_000,
    backtest_events=300_000,
    peers=tuple(PeerName),
    compiled=False,
)
"""What takes half an hour, Faust and the other peers included."""

FULL = replace(
    SHORT,
    events=2_000_000,
    rates=(1_000, 2_000, 5_000),
    share_of_peak=0.7,
    runs=5,
    run_seconds=10.0,
    repeats=5,
    matrix_events=500_000,
    restart_users=1_000_000,
    archived_alerts=300_000,
    engine_events=100_000,
    state_users=100_000,
    wide_events=1_000_000,
    backtest_events=10_000_000,
)
"""What takes some hours, an hour of them for Faust."""


def plan_of(full: bool, given: Mapping[str, Any]) -> Plan:
    """The full plan or the short one, but for what is given; None is as if it were not."""
    changes = {name: value for name, value in given.items() if value is not None}
    return replace(FULL if full else SHORT, **changes)

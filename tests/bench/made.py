"""Figures as a benchmark would find them."""

from bench.case_runs import CaseRuns
from bench.cases import Case, all_cases
from bench.latency import Latency, LatencyRun
from bench.peer import PeerRun
from bench.peer_runs import PeerRuns
from bench.report import Results
from bench.restart import Restart, RestartRun
from bench.throughput import Throughput, Throughputs
from bench.worker_runs import WorkerRun

USERS = 50_000
RULES = {"few": 2, "catalogue": 16, "many": 100}


def throughput(rate: float) -> Throughput:
    return Throughput(
        events=30_000,
        seconds=30_000 / rate,
        events_per_second=rate,
        events_per_cpu_second=rate * 2,
        worker_cpu_seconds=4.5,
        redis_cpu_seconds=0.5,
        kafka_cpu_seconds=1.5,
        rounds=10,
        too_late=0,
        stage_seconds={},
    )


def case_runs(case: Case, *rates: float) -> CaseRuns:
    runs = [WorkerRun(throughput(rate), 200_000_000, 6_000_000) for rate in rates]
    return CaseRuns(case, RULES[case.rules], 30_000, float(case.size), 7, runs)


def matrix() -> list[CaseRuns]:
    """Every case, in an order that is not the one to show them in."""
    base, *others = all_cases(USERS)
    return [
        case_runs(base, 20_000, 30_000, 10_000),
        *(case_runs(case, 11_000, 12_000 + number) for number, case in enumerate(reversed(others))),
    ]


def latency(rate: int) -> Latency:
    return Latency(rate, [LatencyRun(100, p50, p50 * 3, p50 * 4, 1.0) for p50 in (9.0, 11.0, 10.0)])


def results() -> Results:
    return Results(
        machine={"cpus": 2, "python": "3.11", "load_before": [0.1]},
        options={},
        throughput=Throughputs([throughput(20_000), throughput(30_000), throughput(10_000)]),
        alerts_standing=7,
        peers=[
            PeerRuns(name, "1", 7, [PeerRun(1_000, 0.1, 0.1, 0.0, None), PeerRun(1_000, 0.2, 0.1, 0.0, None)])
            for name in ("detector", "quix")
        ],
        matrix=matrix(),
        latency=[latency(1_000), latency(2_000)],
        floor=[latency(1_000), latency(2_000)],
        restart=Restart(100_000, 300_000, 103_000, [RestartRun(3.5, 0.4, 120_000_000)]),
    )

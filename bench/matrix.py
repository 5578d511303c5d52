"""What workers take, use and need while one thing after the other differs from a base case.

Every case has a backlog of as many events; cases with the same events read the same. The cases take turns,
run after run: what slows the machine slows them alike. Each run finds an empty Redis, and topics of its own
to write to.

Several workers do not become ready at once, and the first of them would be through much of a backlog before
the last has joined. So they get it when all are ready, on topics of their own, and in such an order that no
event comes late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from bench.case_runs import CaseRuns
from bench.cases import Case, Load, all_cases
from bench.event_sizes import resized
from bench.kafka import make_topics, preproduce, topic_settings
from bench.plan import Plan
from bench.rule_sets import RuleSet, rule_sets
from bench.servers import Servers
from bench.traffic import Record, encoded_traffic, mean_bytes
from bench.worker_runs import Expected, WorkerRun, expected_of, run_worker_anew
from detector.config import Settings

_HOURS = 2.0
_APART = Settings().state.allowed_lateness / 2
"""What is sent to workers that run already must not be late: one topic would be hours ahead of the others."""


class _Prepared(NamedTuple):
    """A case that can be run; `backlog` is what the topics of its inputs begin with.

    `sent_late` is what is not on them yet.
    """

    runs: CaseRuns
    rule_set: RuleSet
    expected: Expected
    backlog: str
    sent_late: Sequence[Record]


def measure_matrix(servers: Servers, plan: Plan) -> list[CaseRuns]:
    """All cases in turn, as often as the plan has repeats; the base case is the first.

    Raises:
        BenchFailed: a worker's standing alerts are not those of a backtest.
    """
    with rule_sets(plan.rules_dir) as sets:
        named = {rule_set.name: rule_set for rule_set in sets}
        prepared = list(_prepared(servers, plan, all_cases(plan.users), named))
        for run in range(plan.repeats):
            for number, case in enumerate(prepared):
                case.runs.runs.append(_run(servers, f"{servers.prefix}.case-{number}-{run}", case))
    return [case.runs for case in prepared]


def _prepared(
    servers: Servers, plan: Plan, cases: Sequence[Case], sets: Mapping[str, RuleSet]
) -> Iterator[_Prepared]:
    """The cases, whose events lie in Kafka then; no more than one load at a time is held in memory."""
    loads = list(dict.fromkeys(case.load for case in cases))
    by_load = sorted(cases, key=lambda case: loads.index(case.load))
    for load, sharing in groupby(by_load, key=lambda case: case.load):
        records = _records(plan, load)
        backlog = f"{servers.prefix}.load-{loads.index(load)}"
        make_topics(servers.bootstrap, topic_settings(backlog), [])
        preproduce(servers.bootstrap, backlog, records)
        for case in sharing:
            yield _prepared_case(case, sets[case.rules], backlog, records)


def _records(plan: Plan, load: Load) -> list[Record]:
    records = encoded_traffic(
        plan.matrix_events, load.users, plan.fraud, _HOURS, plan.without_password, skew=load.skew
    )
    return resized(records, load.size)


def _prepared_case(case: Case, rule_set: RuleSet, backlog: str, records: Sequence[Record]) -> _Prepared:
    expected = expected_of(records, rule_set.rules)
    runs = CaseRuns(case, len(rule_set.rules), len(records), mean_bytes(records), len(expected.alerts))
    return _Prepared(runs, rule_set, expected, backlog, records if case.workers > 1 else ())


def _run(servers: Servers, own: str, case: _Prepared) -> WorkerRun:
    return run_worker_anew(
        servers,
        topic_settings(own if case.sent_late else case.backlog),
        own,
        case.expected,
        case.rule_set.directory,
        case.runs.case.workers,
        partial(preproduce, servers.bootstrap, own, case.sent_late, _APART) if case.sent_late else None,
    )

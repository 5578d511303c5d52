"""The command itself: read, run, answer."""

from __future__ import annotations

import signal
from contextlib import ExitStack, nullcontext

import typer

from detector.cli.backtest.asking import Wanted, questions, rulebooks
from detector.cli.backtest.options import (
    Against,
    AlertsOut,
    AsJson,
    FailOnChange,
    LabelFile,
    ListDirectory,
    MoreFiles,
    Quiet,
    ReportFile,
    SpillDirectory,
    Strict,
    Sweeps,
    Workers,
)
from detector.cli.backtest.output import alerts_target, refuse_to_overwrite, tell, write_alerts
from detector.cli.backtest.page import page_at
from detector.cli.backtest.progress import shown
from detector.cli.backtest.summary_text import print_summary
from detector.cli.on import On, executor_on
from detector.cli.options import BootstrapServers, ConfigFile, NoCatalogue, RuleDirectories, settings_from
from detector.cli.recorded import EventFiles, FromKafka, Since, Until, recorded
from detector.replay.run.backtest import Means, run
from detector.replay.run.result import Result
from detector.replay.run.rule_set import RuleSet
from detector.replay.what_if import CANDIDATE, Ran, answer


def backtest(
    events: EventFiles = None,
    more: MoreFiles = None,
    from_kafka: FromKafka = False,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
    lists: ListDirectory = None,
    strict: Strict = False,
    against: Against = None,
    fail_on_change: FailOnChange = False,
    labels: LabelFile = None,
    sweep: Sweeps = None,
    report: ReportFile = None,
    as_json: AsJson = False,
    alerts_out: AlertsOut = None,
    workers: Workers = None,
    spill_dir: SpillDirectory = None,
    on: On = None,
    quiet: Quiet = False,
) -> None:
    """Run the live engine over recorded events, in their order: what would the rules have raised?

    Prints the alerts as NDJSON; asked to compare, to judge or to sweep, it prints what it found out instead.
    """
    if fail_on_change and against is None:
        raise typer.BadParameter("it goes with --against", param_hint="'--fail-on-change'")
    # SIGTERM stops it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = settings_from(
        config, bootstrap_servers=bootstrap_servers, rules=rules, no_catalogue=no_catalogue
    )
    wanted = Wanted(against, labels, tuple(sweep or ()), report, as_json)
    books = rulebooks(settings, against, lists)
    asked = questions(wanted, books, settings)
    means = Means(workers, spill_dir, executor_on(on, workers, spill_dir))
    files = [*(events or ()), *(more or ())]
    refuse_to_overwrite(
        files if labels is None else [*files, labels], [("--alerts-out", alerts_out), ("--report", report)]
    )
    with ExitStack() as stack:
        out = alerts_target(stack, alerts_out, by_default=not wanted.is_more_than_alerts)
        page = page_at(report, files, books.in_force) if report else None
        source = stack.enter_context(recorded(settings, files, from_kafka, since, until))
        with nullcontext() if quiet else shown() as watch:
            running = run(
                source,
                [RuleSet(*one) for one in asked.rule_sets(books.in_force).items()],
                settings.state,
                books.lists,
                watched=asked.watched,
                watch=watch,
                means=means,
            )
            result = stack.enter_context(running)
        if out is not None:
            write_alerts(result.lines(CANDIDATE), out)
        print_summary(result.summary)
        answers = answer(asked, _ran(result)) if wanted.is_more_than_alerts else None
        if answers is not None:
            tell(result, answers, page, as_json=as_json)
    differs = answers is not None and answers.against is not None and not answers.against.comparison.is_empty
    if result.summary.interruption or (strict and result.summary.refused) or (fail_on_change and differs):
        raise typer.Exit(1)


def _ran(result: Result) -> Ran:
    summary = result.summary
    period = (summary.first_event_time or 0, summary.last_event_time or 0)
    return Ran(result.alerts, result.facts, summary.users, period)

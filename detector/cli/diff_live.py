"""`detector rules diff-live`: a rule in shadow against the live one that it may replace."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from detector.cli.diff_live_text import Trial, document, print_overview, print_trial
from detector.cli.kafka import answered
from detector.cli.moments import moment_of_option
from detector.cli.options import (
    BootstrapServers,
    ConfigFile,
    NoCatalogue,
    RuleDirectories,
    rules_from,
    settings_from,
)
from detector.cli.pairs import Pair, found_pair, pair_of
from detector.config import Settings
from detector.core.rule import Mode, Rule
from detector.replay.side_by_side import Said, reach_back, side_by_side

if TYPE_CHECKING:
    from detector.stream.published import Publications


def diff_live(
    shadow_rule: Annotated[
        str | None,
        typer.Argument(help="The rule in shadow; without it, each in a line.", metavar="SHADOW_RULE"),
    ] = None,
    live_rule: Annotated[
        str | None,
        typer.Argument(help="The live rule; may be left out where one alone fits.", metavar="LIVE_RULE"),
    ] = None,
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
    since: Annotated[
        str,
        typer.Option(help="Alerts published since then: 3h, 7d, 2026-03-01T08:00.", metavar="TIME"),
    ] = "24h",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Set a rule in shadow against the live rule that it may replace.

    Both are judged by the alerts that they have published: those that only the rule in shadow raised are
    'added', those that only the live one did 'removed'. Give the rules as the workers have them.
    """
    settings = settings_from(
        config, bootstrap_servers=bootstrap_servers, rules=rules, no_catalogue=no_catalogue
    )
    until = int(time.time() * 1000)
    begin = moment_of_option(since, until, "--since")
    in_force = {rule.id: rule for rule in rules_from(settings)}
    if shadow_rule is None:
        pairs = [found_pair(in_force, rule) for rule in in_force.values() if rule.mode is Mode.SHADOW]
    else:
        pairs = [pair_of(in_force, shadow_rule, live_rule)]
    trials = _trials(settings, pairs, begin, until)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(document(trials)) + b"\n")
    elif shadow_rule is None:
        print_overview(trials)
    else:
        print_trial(trials[0])


def _trials(settings: Settings, pairs: list[Pair], since: int, until: int) -> list[Trial]:
    wanted = [rule for pair in pairs for rule in (pair.shadow, pair.live) if rule is not None]
    if not wanted:
        return []
    begin = reach_back(wanted, since, until)
    read = _read(settings, begin, wanted)
    said: list[Said] = [
        (one.alert, one.at) for publications in read.values() for one in publications.published
    ]
    lost = [topic for topic, publications in read.items() if not publications.is_whole]
    return [
        Trial(pair, since, until, begin, lost, side_by_side(pair.shadow, pair.live, said, since))
        for pair in pairs
    ]


def _read(settings: Settings, begin: int, wanted: Iterable[Rule]) -> dict[str, Publications]:
    """What both topics of alerts hold of these rules, by topic."""
    rule_ids = {rule.id for rule in wanted}

    async def read() -> dict[str, Publications]:
        from detector.stream.published import publications

        return {
            topic: await publications(settings, topic, begin, rule_ids)
            for topic in (settings.topics.alerts, settings.topics.alerts_shadow)
        }

    return answered(settings.kafka, read)

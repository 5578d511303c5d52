"""`detector alerts explain`: why an alert was raised, at the event that raised it."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from detector.cli.alert_text import print_alert
from detector.cli.archived_text import alert_of, print_evidence
from detector.cli.console import fail
from detector.cli.explaining import (
    Events,
    KeyHistory,
    Lang,
    Language,
    ListsDirectory,
    NoHistoryError,
    Wanted,
    explanation_of,
    key_history,
    language_of,
)
from detector.cli.inspection_text import explained_data
from detector.cli.options import ConfigFile, NoCatalogue, RuleDirectories, rule_files_from, settings_from
from detector.cli.postgresql import asked
from detector.core.alert import Alert, Status
from detector.core.explain.explanation import Explanation
from detector.core.explain.text import told
from detector.core.explain.words import Words
from detector.core.rule import Rule
from detector.rules.reader import RuleFile

if TYPE_CHECKING:
    from psycopg import AsyncConnection


def explain(  # noqa: PLR0913, PLR0917 - each is an option
    alert_id: Annotated[str, typer.Argument(metavar="ALERT_ID")],
    more: Annotated[
        list[str] | None, typer.Argument(help="With --events: more files.", metavar="FILE...")
    ] = None,
    alerts: Annotated[
        Path | None,
        typer.Option(
            "--alerts", help="Look for it in NDJSON of a backtest, not in the archive.", metavar="FILE"
        ),
    ] = None,
    events: Events = None,
    config: ConfigFile = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
    lists: ListsDirectory = None,
    lang: Lang = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print an alert, and how its rule stood at the event that raised it."""
    if more and not events:
        raise typer.BadParameter("files go with --events", param_hint="'FILE...'")
    alert = _archived(config, alert_id) if alerts is None else _recorded(alerts, alert_id)
    settings = settings_from(config, rules=rules, no_catalogue=no_catalogue)
    files = rule_files_from(settings)
    rule = _rule_of(alert, files)
    scope, at = rule.by[0], (alert.event_time, alert.anchor.event_id)
    wanted = Wanted(scope, alert.entity[scope], [*(events or []), *(more or [])], lists, at)
    try:
        found = key_history(settings, files, wanted)
    except NoHistoryError as error:
        _show(alert, None, [str(error)], lang, json)
        return
    explanation = _explanation(alert, rule, found)
    words = Words(language_of(lang))
    doubts = [words.say(name, **values) for name, values in _doubts(alert, rule, found, explanation)]
    _show(alert, explanation, doubts, lang, json)


def _rule_of(alert: Alert, files: Iterable[RuleFile]) -> Rule:
    rule = next((file.rule for file in files if file.rule.id == alert.rule_id), None)
    which = f"alert {alert.alert_id} is of rule {alert.rule_id}, which"
    if rule is None:
        fail(f"{which} is not among the rules: name its directory with --rules")
    if rule.by[0] not in alert.entity:
        fail(f"{which} went by {', '.join(alert.entity)} then and goes by {', '.join(rule.by)} now")
    return rule


def _explanation(alert: Alert, rule: Rule, found: KeyHistory) -> Explanation | None:
    """The rule at the event that raised the alert; None where that is gone."""
    if not found.history.knows(alert.anchor.event_id):
        return None
    return explanation_of(rule, found, alert.alert_id)


def _archived(config: Path | None, alert_id: str) -> Alert:
    async def row(connection: AsyncConnection) -> dict[str, Any]:
        from detector.archive.dispositions import archived

        return await archived(connection, alert_id)

    return alert_of(asked(config, row))


def _recorded(path: Path, alert_id: str) -> Alert:
    """The last that was published of an alert."""
    wanted = alert_id.encode()
    decoder = msgspec.json.Decoder(Alert)
    last: Alert | None = None
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if wanted in line:
                    found = _decoded(decoder, line, f"{path}:{number}")
                    last = found if found.alert_id == alert_id else last
    except OSError as error:
        fail(f"{path}: cannot be read: {error.strerror}")
    if last is None:
        fail(f"{path} has no alert {alert_id}")
    return last


def _decoded(decoder: msgspec.json.Decoder[Alert], line: bytes, place: str) -> Alert:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        fail(f"{place}: not an alert")


def _doubts(
    alert: Alert, rule: Rule, found: KeyHistory, explanation: Explanation | None
) -> Iterator[tuple[str, dict[str, object]]]:
    """What the explanation cannot vouch for: names of sentences, with their values."""
    if rule.version != alert.rule_version:
        yield "other_version", {"now": rule.version, "then": alert.rule_version}
    gone = [event for event in alert.evidence if not found.history.knows(event.event_id)]
    if explanation is None:
        yield "anchor_gone", {}
    elif gone:
        yield "evidence_gone", {"gone": len(gone), "all": len(alert.evidence)}
    if alert.status is Status.WITHDRAWN:
        yield "is_withdrawn", {}
    elif explanation is not None and alert.alert_id not in {held.alert_id for held in explanation.held}:
        yield "no_longer", {}


def _show(
    alert: Alert, explanation: Explanation | None, doubts: list[str], lang: Language | None, as_json: bool
) -> None:
    if as_json:
        explained = None if explanation is None else explained_data(explanation)
        data = {"alert": msgspec.to_builtins(alert), "doubts": doubts, "explanation": explained}
        print(json_text.dumps(data, ensure_ascii=False))
        return
    print_alert(alert)
    print_evidence(alert)
    lines = [] if explanation is None else told(explanation, language_of(lang))
    print("\n".join(["", *doubts, *lines]))

"""`detector inspect`: a key's history, and why rules hold for it or do not."""

from __future__ import annotations

import json as json_text
import sys
from enum import StrEnum
from typing import Annotated

import typer

from detector.cli.console import fail
from detector.cli.explaining import (
    Events,
    KeyHistory,
    Lang,
    ListsDirectory,
    NoHistoryError,
    Wanted,
    explanation_of,
    key_history,
    language_of,
)
from detector.cli.inspection_text import explained_data, inspection_data, print_inspection
from detector.cli.options import ConfigFile, NoCatalogue, RuleDirectories, rule_files_from, settings_from
from detector.core.explain.text import told
from detector.core.rule import Mode
from detector.rules.faults import nearest
from detector.rules.reader import RuleFile

_MAY_LACK = (
    "Redis keeps events only as long as rules can still need them: of what the past rested on, "
    "some may be gone; recorded events (--events) have it all"
)


class By(StrEnum):
    """What a key can name."""

    USER = "user_id"
    MERCHANT = "merchant_id"


def inspect(  # noqa: PLR0913, PLR0917 - each is an option
    key: Annotated[str, typer.Argument(help="A user, or a merchant.", metavar="KEY")],
    more: Annotated[
        list[str] | None, typer.Argument(help="With --events: more files.", metavar="FILE...")
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", help="Explain this rule, in full.", metavar="RULE")
    ] = None,
    by: Annotated[
        By | None, typer.Option("--by", help="What KEY is.", show_default="what the rule goes by, or user_id")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", help="Look no further than this event, or this time in UTC.", metavar="EVENT_ID|TIME"
        ),
    ] = None,
    events: Events = None,
    config: ConfigFile = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
    lists: ListsDirectory = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many events to show.", metavar="N")] = 20,
    lang: Lang = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what is known of a user or a merchant, which rules hold, and by how much the others miss."""
    if more and not events:
        raise typer.BadParameter("files go with --events", param_hint="'FILE...'")
    settings = settings_from(config, rules=rules, no_catalogue=no_catalogue)
    files = rule_files_from(settings)
    chosen = None if explain is None else _rule_file(files, explain)
    scope = _scope(by, chosen)
    try:
        found = key_history(settings, files, Wanted(scope, key, [*(events or []), *(more or [])], lists, at))
    except NoHistoryError as error:
        fail(f"{error}{_hint(by, chosen)}")
    if found.may_lack_events:
        print(_MAY_LACK, file=sys.stderr)
    if chosen is not None:
        _print_explanation(chosen, found, language_of(lang), json)
        return
    of_key = [file.rule for file in files if file.rule.by[0] == scope and file.rule.mode is not Mode.OFF]
    explanations = [explanation_of(rule, found) for rule in of_key]
    if json:
        print(json_text.dumps(inspection_data(scope, key, found, explanations, limit), ensure_ascii=False))
    else:
        print_inspection(scope, key, found, explanations, limit, language_of(lang))


def _rule_file(files: list[RuleFile], rule_id: str) -> RuleFile:
    known = {file.rule.id: file for file in files}
    if rule_id not in known:
        raise typer.BadParameter(f"no rule '{rule_id}'; {nearest(rule_id, known)}", param_hint="'--explain'")
    return known[rule_id]


def _scope(by: By | None, chosen: RuleFile | None) -> str:
    if chosen is None:
        return (by or By.USER).value
    own = chosen.rule.by[0]
    if by is not None and by != own:
        raise typer.BadParameter(f"rule {chosen.rule.id} goes by {own}", param_hint="'--by'")
    return own


def _hint(by: By | None, chosen: RuleFile | None) -> str:
    return "; of a merchant: --by merchant_id" if by is None and chosen is None else ""


def _print_explanation(chosen: RuleFile, found: KeyHistory, language: str, as_json: bool) -> None:
    explanation = explanation_of(chosen.rule, found)
    if as_json:
        print(json_text.dumps(explained_data(explanation), ensure_ascii=False))
    else:
        print("\n".join(told(explanation, language)))

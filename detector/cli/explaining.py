"""What `detector inspect` and `detector alerts explain` share: their options, and the history of a key."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from detector.cli.console import fail
from detector.cli.event_lines import event_lines
from detector.cli.moments import time_named
from detector.config import Settings
from detector.core.events import Event, Position
from detector.core.explain.explainer import Explainer
from detector.core.explain.explanation import Explanation
from detector.core.history import History
from detector.core.lists import Lists, Members
from detector.core.rule import Rule, lists_of
from detector.replay.one_key import OneKey
from detector.rules.faults import RuleFaultsError
from detector.rules.list_files import SUFFIX, lists_in
from detector.rules.reader import RuleFile
from detector.rules.rule_set import missing_lists

_LAST_ID = "\U0010ffff"


class Language(StrEnum):
    """A language that explanations are written in."""

    EN = "en"
    ZH = "zh"


Events = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        help="Look at recorded events, as a backtest reads them, not at Redis; '-' is standard input.",
        metavar="FILE",
    ),
]
ListsDirectory = Annotated[
    Path | None,
    typer.Option(
        "--lists", help="With --events: a directory of lists, each in a file NAME.txt.", metavar="DIR"
    ),
]
Lang = Annotated[
    Language | None,
    typer.Option("--lang", help="The language.", show_default="zh where LANG says so, else en"),
]


class NoHistoryError(Exception):
    """There is nothing to look at; the text is one line for whoever asked."""


class KeyHistory(NamedTuple):
    """The history of a key, the index of the last event to look at, and what its rules look up.

    It may lack events of the past where it was kept for the present, and that event is of the past.
    """

    history: History
    upto: int
    lists: Lists
    may_lack_events: bool = False


class Wanted(NamedTuple):
    """Whose history is wanted, from which files of events (none: from Redis), and up to what.

    `at` is an event's place, or a text that names an event or a time; None: all.
    """

    scope: str
    key: str
    events: Sequence[str]
    lists: Path | None
    at: str | Position | None


def language_of(chosen: Language | None) -> str:
    """The language that an option chose, else the one of the environment."""
    if chosen is not None:
        return chosen.value
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return Language.ZH.value if named.lower().startswith("zh") else Language.EN.value


def key_history(settings: Settings, files: Sequence[RuleFile], wanted: Wanted) -> KeyHistory:
    """What is to be looked at.

    Raises:
        NoHistoryError: there is nothing.
        RuleFaultsError: the rules need lists that are not there.
    """
    if wanted.events:
        return _recorded(settings, files, wanted)
    if wanted.lists is not None:
        raise typer.BadParameter("lists of a directory go with --events", param_hint="'--lists'")
    return _stored(settings, files, wanted)


def explanation_of(rule: Rule, found: KeyHistory, alert_id: str | None = None) -> Explanation:
    """The rule's explanation, of one alert where it is named; what a rule in mode off looks up may lack."""
    lists = dict.fromkeys(lists_of(rule), frozenset[str]()) | dict(found.lists)
    return Explainer(rule, lists).explain(found.history, found.upto, alert_id)


def _recorded(settings: Settings, files: Sequence[RuleFile], wanted: Wanted) -> KeyHistory:
    members = _members(files, wanted.lists)
    state = settings.state
    one = OneKey(
        [file.rule for file in files],
        state.allowed_lateness,
        state.history_cap,
        members,
        wanted.scope,
        wanted.key,
        keeps_taken=wanted.at is not None,
    )
    one.run(event_lines(wanted.events))
    history = one.history
    if not len(history):
        raise NoHistoryError(f"the events have none of {wanted.scope} {wanted.key}")
    if wanted.at is not None:
        history = one.as_of(_position(wanted, one.taken))
    lists = {name: frozenset(found) for name, found in members.items()}
    return _upto(wanted, history, len(history) - 1, lists)


def _members(files: Sequence[RuleFile], directory: Path | None) -> dict[str, Members]:
    known = lists_in(directory) if directory else {}
    if missing := missing_lists(files, known, lambda name: f"put it into {name}{SUFFIX} of --lists DIR"):
        raise RuleFaultsError(missing)
    return known


def _stored(settings: Settings, files: Sequence[RuleFile], wanted: Wanted) -> KeyHistory:
    from detector.state.errors import StateError
    from detector.stream.stored import stored_history

    try:
        stored = asyncio.run(stored_history(settings, files, wanted.scope, wanted.key))
    except StateError as error:
        fail(str(error))
    history = stored.history
    if history is None or not len(history):
        raise NoHistoryError(f"Redis has no history of {wanted.scope} {wanted.key}")
    upto = len(history) - 1
    if wanted.at is not None:
        upto = _last_at(history, _position(wanted, (entry.event for entry in history.entries)))
    found = _upto(wanted, history, upto, stored.lists)
    is_past = history.times[upto] < history.newest - settings.state.allowed_lateness
    return found._replace(may_lack_events=is_past)


def _upto(wanted: Wanted, history: History, upto: int, lists: Lists) -> KeyHistory:
    if upto < 0:
        raise NoHistoryError(f"{wanted.scope} {wanted.key} has no event up to then")
    return KeyHistory(history, upto, lists)


def _last_at(history: History, position: Position) -> int:
    """The index of the last event not after a position."""
    at = history.place(position)
    return at if at < len(history) and history.position(at) == position else at - 1


def _position(wanted: Wanted, events: Iterable[Event]) -> Position:
    """What `--at` names: an event's place, or the last that a time can have."""
    if not isinstance(wanted.at, str):
        assert wanted.at is not None
        return wanted.at
    named = next((event for event in events if event.event_id == wanted.at), None)
    if named is not None:
        return named.event_time, named.event_id
    try:
        return time_named(wanted.at), _LAST_ID
    except ValueError:
        fail(
            f"'{wanted.at}' is neither the id of an event that {wanted.scope} {wanted.key} has "
            f"nor a time such as 2026-03-01T08:00"
        )

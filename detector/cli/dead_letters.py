"""`detector dead-letters`: look at what was refused, and put it back."""

from __future__ import annotations

import json as to_json
import time
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.console import stderr
from detector.cli.kafka import answered
from detector.cli.moments import moment_of_option
from detector.cli.options import BootstrapServers, ConfigFile, settings_from
from detector.core.events import Reason
from detector.core.texts import printable
from detector.stream.places import described_place

if TYPE_CHECKING:
    from detector.stream.dead_letters import FoundLetter

app = typer.Typer(help="Look at dead letters, and put them back.", no_args_is_help=True)


Since = Annotated[
    str | None,
    typer.Option("--since", help="Only those put aside since then: 7d, 2026-03-01T08:00.", metavar="TIME"),
]


@app.command("show")
def show(
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    since: Since = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Only those of this topic.")] = None,
    reason: Annotated[Reason | None, typer.Option("--reason", help="Only those of this reason.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="No more than so many.", min=1)] = None,
    values: Annotated[
        bool, typer.Option("--values", help="Print keys and values, too: they may hold personal data.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print the dead letters that are there: when, from where, and why they were refused."""
    from detector.stream.replay import Selection, found_letters

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)
    selection = Selection(topic, reason, _since(since))

    async def print_all() -> Counter[Reason]:
        shown: Counter[Reason] = Counter()
        async with aclosing(found_letters(settings, selection)) as letters:
            async for letter in letters:
                print(_as_json(letter, values) if json else _as_text(letter, values))
                shown[letter.refusal.reason] += 1
                if shown.total() == limit:
                    break
        return shown

    shown = answered(settings.kafka, print_all)
    reasons = "".join(f", {number:,} {name}" for name, number in shown.most_common())
    stderr.print(f"{_letters(shown.total())}{reasons}")


@app.command("replay")
def replay(
    topic: Annotated[str, typer.Option("--topic", help="The topic that they came from and go back to.")],
    reason: Annotated[Reason, typer.Option("--reason", help="What they were refused for.")],
    config: ConfigFile = None,
    bootstrap_servers: BootstrapServers = None,
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are.")] = False,
) -> None:
    """Put dead letters back where they came from, as they were; those that are there now, and no others.

    What is refused again comes back as a new dead letter. Put back twice, an event still counts once.
    """
    from detector.stream.replay import Replayed, Selection, found_letters, put_back

    settings = settings_from(config, bootstrap_servers=bootstrap_servers)
    if topic not in settings.topics.inputs:
        inputs = ", ".join(settings.topics.inputs)
        raise typer.BadParameter(f"'{topic}' is no input topic; there are {inputs}", param_hint="'--topic'")
    selection = Selection(topic, reason, _since(since))

    async def count() -> Replayed:
        whole = Counter([letter.whole async for letter in found_letters(settings, selection)])
        return Replayed(whole[True], whole[False])

    ask = count if dry_run else partial(put_back, settings, selection)
    sent, left_out = answered(settings.kafka, ask)
    done = "would be put" if dry_run else "put"
    stderr.print(f"{topic}, {reason}: {_letters(sent)} {done} back{_left_out(left_out)}")


def _since(text: str | None) -> int | None:
    """The time (ms) from which on dead letters count; None for all."""
    return None if text is None else moment_of_option(text, int(time.time() * 1000), "--since")


def _as_json(letter: FoundLetter, values: bool) -> str:
    shown: dict[str, object] = {
        "put_aside_at": letter.put_aside_at,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": letter.refusal.reason,
        "message": letter.refusal.message,
        "whole": letter.whole,
    }
    if values:
        shown |= {"key": _text(letter.key), "value": _text(letter.value)}
    return to_json.dumps(shown)


def _as_text(letter: FoundLetter, values: bool) -> str:
    at = datetime.fromtimestamp(letter.put_aside_at / 1000, UTC)
    place = described_place(letter.topic, letter.partition, letter.offset)
    line = f"{at:%Y-%m-%d %H:%M:%S} UTC  {place}  {letter.refusal.reason}: {letter.refusal.message}"
    if not letter.whole:
        line += " (too large to be kept whole)"
    if values:
        line += f"\n  key    {_printable(_text(letter.key))}\n  value  {_printable(_text(letter.value))}"
    return line


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="backslashreplace")


def _printable(text: str | None) -> str:
    return "null" if text is None else printable(text)


def _letters(number: int) -> str:
    return "1 dead letter" if number == 1 else f"{number:,} dead letters"


def _left_out(number: int) -> str:
    return f", {number:,} left out, for they were too large to be kept whole" if number else ""

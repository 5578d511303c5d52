"""A page of documentation for each rule, in Markdown, made from its file alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from detector.core.rule import Override, Rule, Sequence, Texts, Window
from detector.core.texts import LANGUAGES
from detector.rules.examples import Example
from detector.rules.reader import RuleFile
from detector.rules.wording import (
    code,
    duration,
    step_in_words,
    watch_in_words,
    when_in_words,
    where_in_words,
)

INDEX = "README.md"
_MADE = "<!-- Made by `detector rules docs`: change the rule's file, not this page. -->\n"
_FEN = "Amounts are in fen: 100 fen are 1 yuan.\n"
_LEGEND = (
    "Each page is made from the rule's file: what the rule sees and why it is fraud, its parameters, what\n"
    "an alert says, and the tests that the rule carries. One key gets at most one alert of a severity in a\n"
    "period of the cooldown.\n"
)
_Rows = Iterator[tuple[str, str]]


def pages(files: Iterable[RuleFile]) -> dict[str, str]:
    """The text of each page by its file's name, with an index of all rules."""
    by_id = sorted(files, key=lambda file: file.rule.id)
    return {INDEX: _index(by_id)} | {f"{file.rule.id}.md": _page(file) for file in by_id}


def _index(files: list[RuleFile]) -> str:
    head = ("rule", "sees", "所见", "by", "severity", "advised action")
    rows = [
        (
            f"[{rule.id}]({rule.id}.md)",
            *(rule.title[language] for language in LANGUAGES),
            code(rule.by),
            ", ".join(_severities(rule)),
            code([rule.action]),
        )
        for rule in (file.rule for file in files)
    ]
    return "\n".join((_MADE, "# The rules\n", _LEGEND, _table(head, rows)))


def _page(file: RuleFile) -> str:
    rule = file.rule
    parameters = _table(("parameter", "value"), _parameters(rule))
    parts = [
        _MADE,
        f"# {rule.id}\n",
        f"**{rule.title['en']}** · {rule.title['zh']}\n",
        *(f"{paragraph}\n" for paragraph in _leading_comment(file)),
        "## Parameters\n",
        parameters,
        *([_FEN] if "amount" in parameters else []),
        "## What an alert says\n",
        *_explanations(rule),
        *(["## Examples\n", _examples(file.examples)] if file.examples else []),
        f"[All rules]({INDEX})\n",
    ]
    return "\n".join(parts)


def _leading_comment(file: RuleFile) -> list[str]:
    """The paragraphs of the comment that a file begins with."""
    lines = file.path.read_text(encoding="utf-8").splitlines()
    comment = [line.lstrip("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines)]
    return [paragraph.strip() for paragraph in "\n".join(comment).split("\n\n") if paragraph.strip()]


def _parameters(rule: Rule) -> _Rows:
    yield "by", code(rule.by)
    yield from _window(rule.body) if isinstance(rule.body, Window) else _sequence(rule.body)
    for override in rule.overrides:
        yield f"where {where_in_words(override.where)}", _replaced(override)
    yield "cooldown", duration(rule.cooldown) if rule.cooldown else "none: every anchor alerts"
    yield "severity", ", ".join(_severities(rule))
    yield "action", code([rule.action])
    yield "mode", rule.mode


def _window(window: Window) -> _Rows:
    for name, watch in window.watches.items():
        yield f"events `{name}`" if name else "events", watch_in_words(watch)
    yield "fires when", when_in_words(window.when)


def _sequence(sequence: Sequence) -> _Rows:
    for number, step in enumerate(sequence.steps, start=1):
        alert = f"; alerts as {step.alert}" if step.alert is not None else ""
        yield f"step {number}, `{step.name}`", step_in_words(step) + alert
    if sequence.within is not None:
        yield "from first to last", f"within {duration(sequence.within)}"
    if sequence.same:
        yield "all steps agree on", code(sequence.same)


def _replaced(override: Override) -> str:
    parts = [
        f"fires when {when_in_words(override.when)}" if override.when else "",
        f"severity {override.severity}" if override.severity else "",
        f"action `{override.action}`" if override.action else "",
        "its own explanation" if override.explanation else "",
    ]
    return "; ".join(part for part in parts if part)


def _severities(rule: Rule) -> list[str]:
    """The severities that a rule can alert with, the usual one first."""
    steps = () if isinstance(rule.body, Window) else rule.body.steps
    usual = [step.alert for step in steps if step.alert is not None] or [rule.severity]
    return list(dict.fromkeys([*usual, *(item.severity for item in rule.overrides if item.severity)]))


def _explanations(rule: Rule) -> Iterator[str]:
    yield _quoted(rule.explanation)
    for override in rule.overrides:
        if override.explanation is not None:
            yield f"Where {where_in_words(override.where)}:\n"
            yield _quoted(override.explanation)


def _quoted(texts: Texts) -> str:
    return "".join(f"> {texts[language]}\n>\n" for language in LANGUAGES).removesuffix(">\n")


def _examples(examples: list[Example]) -> str:
    # In the order of the file: a name may lean on the one before it.
    return _table(
        ("outcome", "example"),
        [(_outcome(example), example.name) for example in examples],
    )


def _outcome(example: Example) -> str:
    if not example.expected:
        return "stays quiet"
    severities = [expected.named["severity"] for expected in example.expected if "severity" in expected.named]
    return f"fires: {', '.join(dict.fromkeys(severities))}" if severities else "fires"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")

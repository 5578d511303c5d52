"""The texts of an alert: templates whose `{names}` are measures, fields and durations.

A number may carry a format: `{sum(amount):yuan}` shows fen as yuan, `{count(a) / count(b):percent}` a share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from detector.core.durations import in_words
from detector.core.rule import Texts

FORMATS: dict[str, Callable[[Decimal], str]] = {
    "yuan": lambda fen: f"{fen / 100:,.2f}",
    "percent": lambda share: f"{share:.1%}",
}
# What follows a colon and is no format belongs to the name: no rule knows such a name, so lint says so.
_PLACEHOLDER = re.compile(r"\{(?P<name>[^{}]+?)(?::(?P<format>" + "|".join(FORMATS) + r"))?\}")
LANGUAGES = ("en", "zh")

WITHDRAWN: Texts = {
    "en": "Withdrawn: an event that arrived late shows that the conditions did not hold.",
    "zh": "已撤回：后到的事件表明，触发条件并不成立。",
}

_WIDE_SPACE = "\u3000"
_ABSENT: Texts = {"en": "unknown", "zh": "未知"}


def printable(text: str) -> str:
    """A text without what a terminal would take for commands; the space of Chinese texts is none."""
    return "".join(sign if sign.isprintable() or sign == _WIDE_SPACE else repr(sign)[1:-1] for sign in text)


def printable_lines(text: str) -> str:
    """The same of a text that may have several lines."""
    return "\n".join(map(printable, text.split("\n")))


def placeholders(template: str) -> list[str]:
    """The names between braces, as written, without their formats."""
    return [found["name"] for found in _PLACEHOLDER.finditer(template)]


def fill(templates: Texts, values: Mapping[str, Any], durations: Mapping[str, int]) -> Texts:
    """Each language's text with its names replaced; `durations` (ms) are written in words."""

    def shown(name: str, form: str | None, language: str) -> str:
        if name in durations:
            return in_words(durations[name], language)
        value = values.get(name)
        return _ABSENT[language] if value is None else _written(value, form)

    def replaced(template: str, language: str) -> str:
        return _PLACEHOLDER.sub(lambda found: shown(found["name"], found["format"], language), template)

    return {language: replaced(template, language) for language, template in templates.items()}


def _written(value: Any, form: str | None) -> str:
    if form is not None and isinstance(value, (int, float)):
        return FORMATS[form](Decimal(value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)

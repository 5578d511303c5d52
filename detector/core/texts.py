"""The texts of an alert: templates whose `{names}` are measures, fields and durations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from detector.core.durations import in_words
from detector.core.rule import Texts

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
LANGUAGES = ("en", "zh")

WITHDRAWN: Texts = {
    "en": "Withdrawn: an event that arrived late shows that the conditions did not hold.",
    "zh": "已撤回：后到的事件表明，触发条件并不成立。",
}

_ABSENT: Texts = {"en": "unknown", "zh": "未知"}


def placeholders(template: str) -> list[str]:
    """The names between braces, as written."""
    return PLACEHOLDER.findall(template)


def fill(templates: Texts, values: Mapping[str, Any], durations: Mapping[str, int]) -> Texts:
    """Each language's text with its names replaced; `durations` (ms) are written in words."""

    def replaced(template: str, language: str) -> str:
        return PLACEHOLDER.sub(lambda found: _shown(found[1], language, values, durations), template)

    return {language: replaced(template, language) for language, template in templates.items()}


def _shown(name: str, language: str, values: Mapping[str, Any], durations: Mapping[str, int]) -> str:
    if name in durations:
        return in_words(durations[name], language)
    value = values.get(name)
    if value is None:
        return _ABSENT[language]
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""Reading of titles and explanations in both languages, and of the names that they call."""

from __future__ import annotations

import re
from collections.abc import Collection

from detector.core.rule import MeasureKind, Sequence, Texts, Window
from detector.core.texts import FORMATS, LANGUAGES, placeholders
from detector.rules.faults import nearest, quoted
from detector.rules.located import Located
from detector.rules.reading import Reading, shown

_IN_BRACES = re.compile(r"\{[^{}]+\}")


def read_texts(reading: Reading, node: Located, name: str) -> Texts:
    """A text in every language."""
    if isinstance(node.value, str):
        message = f"'{name}' must be a text in each language, as in {{en: ..., zh: ...}}, found {shown(node)}"
        reading.fault(node.mark, message)
        return {}
    entries = reading.mapping(node, LANGUAGES, f"'{name}'", required=LANGUAGES)
    return {language: reading.text(entry.node, f"'{name}'") for language, entry in entries.items()}


def check_names(reading: Reading, node: Located, known: Collection[str]) -> None:
    """Fault every name between braces that the rule does not know."""
    if not isinstance(node.value, dict):
        return
    for entry in node.value.values():
        text = entry.node.value if isinstance(entry.node.value, str) else ""
        for name in placeholders(text):
            if name not in known:
                reading.fault(entry.node.mark, f"the text names {quoted(name)}, {_why_unknown(name, known)}")
        if any(brace in _IN_BRACES.sub("", text) for brace in "{}"):
            message = "a brace in the text encloses no name: a name stands between two, as in {within}"
            reading.fault(entry.node.mark, message)


def _why_unknown(name: str, known: Collection[str]) -> str:
    if not known:
        return "but a title can name nothing: say it in the explanation"
    if name.partition("(")[0].strip() in list(MeasureKind):
        return "which 'when' does not compare: compare it there, or leave it out of the text"
    if ":" in name:
        return f"but {quoted(name.rpartition(':')[2])} is no format; known here: {', '.join(FORMATS)}"
    return f"which is no measure that 'when' compares and no field here; {nearest(name, known)}"


def default_explanation(body: Window | Sequence) -> Texts:
    """What a rule without an explanation says: its measures, or its steps."""
    if isinstance(body, Sequence):
        steps = " → ".join(step.name for step in body.steps)
        return {"en": f"One after the other, each in time: {steps}", "zh": f"依次在限定时间内发生：{steps}"}
    names = dict.fromkeys(condition.name for group in body.when for condition in group)
    listed = ", ".join(f"{name} = {{{name}}}" for name in names)
    return {"en": f"Within {{within}}: {listed}", "zh": f"{{within}}内：{listed}"}

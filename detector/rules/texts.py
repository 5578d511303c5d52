"""Reading of titles and explanations in both languages, and of the names that they call."""

from __future__ import annotations

from collections.abc import Collection

from detector.core.rule import Sequence, Texts, Window
from detector.core.texts import LANGUAGES, placeholders
from detector.rules.faults import nearest
from detector.rules.located import Located
from detector.rules.reading import Reading


def read_texts(reading: Reading, node: Located, name: str) -> Texts:
    """A text in every language."""
    entries = reading.mapping(node, LANGUAGES, f"'{name}'", required=LANGUAGES)
    return {language: reading.text(entry.node, f"'{name}'") for language, entry in entries.items()}


def check_names(reading: Reading, node: Located, known: Collection[str]) -> None:
    """Fault every name between braces that the rule does not know."""
    if not isinstance(node.value, dict):
        return
    for entry in node.value.values():
        text = entry.node.value
        for name in placeholders(text) if isinstance(text, str) else ():
            if name not in known:
                hint = nearest(name, known) if known else "a title can name nothing"
                message = f"the text names '{name}', which is no measure or field here; {hint}"
                reading.fault(entry.node.mark, message)


def default_explanation(body: Window | Sequence) -> Texts:
    """What a rule without an explanation says: its measures, or its steps."""
    if isinstance(body, Sequence):
        steps = " → ".join(step.name for step in body.steps)
        return {"en": f"One after the other, each in time: {steps}", "zh": f"依次在限定时间内发生：{steps}"}
    names = dict.fromkeys(condition.name for group in body.when for condition in group)
    listed = ", ".join(f"{name} = {{{name}}}" for name in names)
    return {"en": f"Within {{within}}: {listed}", "zh": f"{{within}}内：{listed}"}

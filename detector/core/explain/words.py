"""Times, durations, amounts and values in the words of one language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from detector.core.alert import EvidenceEvent
from detector.core.explain.explanation import Unit
from detector.core.explain.sentences import SENTENCES
from detector.core.explain.windows import AMOUNTS
from detector.core.rule import Operator
from detector.core.texts import FORMATS, printable

_PARTS = (
    (86_400_000, {"en": " d", "zh": "天"}),
    (3_600_000, {"en": " h", "zh": "小时"}),
    (60_000, {"en": " min", "zh": "分"}),
    (1_000, {"en": " s", "zh": "秒"}),
    (1, {"en": " ms", "zh": "毫秒"}),
)
_PARTS_SHOWN = 2
_SYMBOLS = {
    Operator.EQ: "=",
    Operator.NE: "≠",
    Operator.IN: "=",
    Operator.GT: ">",
    Operator.GTE: "≥",
    Operator.LT: "<",
    Operator.LTE: "≤",
}


def amount(fen: float) -> str:
    """An amount in yuan, without the unit: '1,000.00'."""
    return FORMATS["yuan"](Decimal(fen))


class Words:
    """What is said in one language, `en` or `zh`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, name: str, /, **values: object) -> str:
        """The sentence of a name, with these values."""
        return SENTENCES[name][self.language].format(**values)

    def joined(self, parts: Iterable[str], by: str) -> str:
        """Parts joined by the word of a name."""
        return SENTENCES[by][self.language].join(parts)

    def time(self, milliseconds: int) -> str:
        """A time in UTC, with milliseconds where it has some."""
        seconds, rest = divmod(milliseconds, 1000)
        try:
            shown = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
        except (ValueError, OverflowError):
            return f"{milliseconds} ms"
        return f"{shown}.{rest:03}" if rest else shown

    def duration(self, milliseconds: int) -> str:
        """A duration in its two largest units: '12 min 5 s'."""
        parts: list[str] = []
        rest = milliseconds
        for size, unit in _PARTS:
            count, rest = divmod(rest, size)
            if count or (size == 1 and not parts):
                parts.append(f"{count}{unit[self.language]}")
        return ("" if self.language == "zh" else " ").join(parts[:_PARTS_SHOWN])

    def event(self, event: EvidenceEvent) -> str:
        """An event by type, id and time."""
        return self.say(
            "event", type=event.type, id=printable(event.event_id), time=self.time(event.event_time)
        )

    def value(self, value: Any, unit: Unit = Unit.PLAIN) -> str:
        """A value in its unit; several in a row."""
        if value is None:
            return self.say("absent")
        if isinstance(value, (tuple, list)):
            return " / ".join(self.value(one, unit) for one in value)
        if isinstance(value, bool):
            return str(value).lower()
        if unit is Unit.MILLISECONDS and isinstance(value, int):
            return self.duration(value)
        if unit is Unit.FEN and isinstance(value, (int, float)):
            return self.say("yuan", amount=amount(value))
        return f"{value:.4g}" if isinstance(value, float) else printable(str(value))

    def field(self, name: str, value: Any) -> str:
        """The value of a field of an event: `step.field` too."""
        return self.value(value, Unit.FEN if name.rpartition(".")[2] in AMOUNTS else Unit.PLAIN)

    def bound(self, operator: Operator, value: str) -> str:
        """What an operator asks for: '≥ 5'."""
        match operator:
            case Operator.EXISTS:
                return self.say("present" if value == "true" else "absent")
            case Operator.IN_LIST | Operator.NOT_IN_LIST:
                return self.say(operator.value, name=value)
            case other:
                return f"{_SYMBOLS[other]} {value}"

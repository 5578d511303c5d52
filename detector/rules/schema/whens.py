"""The part of the schema that says what `when` may compare."""

from __future__ import annotations

from detector.core.events import FIELDS, FieldKind
from detector.core.measures import WITHOUT_FIELD
from detector.core.rule import MeasureKind
from detector.rules.conditions import fields_of
from detector.rules.reading import LARGEST
from detector.rules.schema import words
from detector.rules.schema.parts import (
    DURATION_TEXT,
    Schema,
    condition,
    one_or_more,
    reference,
    value_of,
)
from detector.rules.whens import OF_NUMBERS, OPERATORS

_SELECTOR = r"[^\s()./]+"
_WHOLE: Schema = {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
_NUMBER: Schema = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
_ANY: Schema = {"type": ["string", "integer", "boolean"]}


def _single(kind: MeasureKind, in_ratio: bool = False) -> str:
    """The pattern of a measure's name; with a field that it can be of."""
    if kind in WITHOUT_FIELD:
        return rf"\s*{kind}\s*(?:\(\s*(?:{_SELECTOR})?\s*\))?\s*"
    needs_number = kind in OF_NUMBERS or (in_ratio and kind is MeasureKind.LAST)
    fields = [
        name
        for name, field in fields_of(FIELDS).items()
        if not needs_number or field.kind is FieldKind.NUMBER
    ]
    return rf"\s*{kind}\s*\(\s*(?:{_SELECTOR}\.)?(?:{'|'.join(fields)})\s*\)\s*"


def _compared(kind: MeasureKind) -> str:
    return {MeasureKind.SPAN: "compared-duration", MeasureKind.LAST: "compared-value"}.get(
        kind, "compared-whole"
    )


def when_definitions() -> dict[str, Schema]:
    """What `when` may say: alternatives, each of one condition or more."""
    either = "|".join(_single(kind, in_ratio=True) for kind in MeasureKind)
    ratio = rf"^(?:{either})/(?:{either})$"
    by_name = {rf"^{_single(kind)}$": reference(_compared(kind)) for kind in MeasureKind}
    group: Schema = {
        "type": "object",
        "minProperties": 1,
        "properties": _usual_measures(),
        "patternProperties": by_name | {ratio: reference("compared-number")},
        "additionalProperties": False,
    }
    return {
        "when": one_or_more(reference("group")),
        "group": group,
        "compared-whole": condition(_WHOLE, OPERATORS),
        "compared-number": condition(_NUMBER, OPERATORS),
        "compared-duration": condition(DURATION_TEXT, OPERATORS),
        "compared-value": condition(_ANY, OPERATORS),
    }


def _usual_measures() -> dict[str, Schema]:
    """The measures of a window with one selector by name, for an editor to offer."""
    found: dict[str, Schema] = {}
    for kind in MeasureKind:
        described = {"description": words.MEASURES[kind]}
        if kind in WITHOUT_FIELD:
            found[kind] = described
            continue
        for name, field in fields_of(FIELDS).items():
            if kind not in OF_NUMBERS or field.kind is FieldKind.NUMBER:
                of_last = (
                    {"allOf": [condition(value_of(field), OPERATORS)]} if kind is MeasureKind.LAST else {}
                )
                found[f"{kind}({name})"] = described | of_last
    return found

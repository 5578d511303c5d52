"""Reading of `overrides`: what replaces parts of a rule for some triggers."""

from __future__ import annotations

from collections.abc import Mapping

from detector.core.events import Field
from detector.core.rule import Override, Sequence, Window
from detector.rules.conditions import fields_of, read_where
from detector.rules.located import Located
from detector.rules.reading import Reading
from detector.rules.sequences import step_fields
from detector.rules.texts import read_texts
from detector.rules.whens import read_when
from detector.rules.windows import selectors_by_name

OVERRIDE_KEYS = ("where", "when", "severity", "action", "explanation")


def read_overrides(reading: Reading, node: Located, body: Window | Sequence) -> tuple[Override, ...]:
    """The overrides of a rule, in the order in which they are tried."""
    fields = nameable_fields(body)
    return tuple(_read_override(reading, item, body, fields) for item in reading.items(node, "'overrides'"))


def nameable_fields(body: Window | Sequence) -> dict[str, Field]:
    """The fields that overrides and texts may name: those of the trigger, or of a sequence's steps."""
    if isinstance(body, Sequence):
        return step_fields(body.steps)
    return fields_of([event for watch in body.watches.values() for event in watch.selector.events])


def _read_override(
    reading: Reading, node: Located, body: Window | Sequence, fields: Mapping[str, Field]
) -> Override:
    entries = reading.mapping(node, OVERRIDE_KEYS, "an override", required=("where",))
    where = reading.optional(
        entries, "where", lambda n: read_where(reading, n, fields, "the rule's events"), {}
    )
    when = None
    if "when" in entries and isinstance(body, Window):
        when = read_when(reading, entries["when"].node, selectors_by_name(body.watches))
    elif "when" in entries:
        reading.fault(entries["when"].mark, "'when' belongs to a window; a sequence holds by its steps")
    return Override(
        where=where,
        when=when,
        severity=reading.optional_severity(entries, "severity", None),
        action=reading.optional_text(entries, "action", None),
        explanation=reading.optional(
            entries, "explanation", lambda n: read_texts(reading, n, "explanation"), None
        ),
    )

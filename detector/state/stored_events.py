"""Events as they are stored: texts that come again as numbers, and nothing for what is absent at the end.

A word that a field is limited to has a number for good. Another text that is likely to come again in a
history stands in it once, before the first event that has it, and gets the next number. For each type of
event two functions are compiled, for they run for every event.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from inspect import signature
from typing import Annotated, Any, NamedTuple

import msgspec

from detector.core.events import EVENT_TYPES, FIELDS, Event, Field, FieldKind

# Stored histories name types and words by these numbers, and an event's fields by their order: new ones go
# to the end.
TYPE_TAGS = {event_type: number for number, event_type in enumerate(EVENT_TYPES)}
WORDS = (
    *("none", "password", "face", "fingerprint", "otp"),
    *("standard", "elderly", "minor"),
    *("A", "B", "C"),
    *("passed", "failed"),
    *("explicit", "default"),
    *("opened", "upheld", "rejected", "withdrawn"),
)
"""The values of the fields that allow no others."""
_WORD_NUMBERS = {word: number for number, word in enumerate(WORDS)}

PLACED_FIELDS = ("event_id", "event_time")
_RATHER_UNIQUE = ("agreement_id", "complaint_id", "refunded_event_id")
_SELDOM_AGAIN = {
    "user_id": (*_RATHER_UNIQUE, "merchant_id", "terminal_id", "payee_id", "session_id"),
    "merchant_id": (*_RATHER_UNIQUE, "user_id", "device_id", "ip", "card_id"),
}
"""By scope, the fields whose texts seldom come again in a history; they are stored as they are."""
_OFTEN_PRESENT = ("device_id", "channel", "user_tier", "city", "country", "ip")
"""They stand before the other optional fields, for what is absent at the end takes no space."""

Number = Annotated[int, msgspec.Meta(ge=0)]


class EventForm(NamedTuple):
    """How the events of one type are stored in histories of one scope.

    Attributes:
        stored: the class of what is decoded. Its first fields are the codec's: `id`; `elapsed`, the ms since
            the event before; `origin`, its topic's number; `ahead`, how far its offset moved on.
        pack: gives what is encoded, from an event, those four, and the numbers of the history's texts.
        unpack: gives the event from what was decoded, the texts by number, the event_id, event_time and key.
        most_texts: how many texts of an event may be new at most.
    """

    stored: type[Any]
    pack: Callable[[Event, str | bytes, int, int, int, dict[str, int]], list[Any]]
    unpack: Callable[[Any, dict[int, str], str, int, str], Event]
    most_texts: int


def event_form(event_type: str, scope: str) -> EventForm:
    """How events of a type are stored in histories by the field `scope`, which is left out of them."""
    apart = (*PLACED_FIELDS, scope)
    fields = {name: field for name, field in FIELDS[event_type].items() if name not in apart}
    required = {name: field for name, field in fields.items() if not field.optional}
    first = {name: fields[name] for name in _OFTEN_PRESENT if name in fields}
    ordered = required | first | fields
    return EventForm(
        stored=_stored_class(event_type, ordered, scope),
        pack=_compile(_pack_source(event_type, ordered, scope), _WORD_NUMBERS),
        unpack=_compile(_unpack_source(event_type, ordered, scope), WORDS),
        most_texts=sum(_form_of(name, field, scope) is _Form.TEXT for name, field in fields.items()),
    )


class _Form(Enum):
    """What a field's value is stored as: itself, the number of a word, or the number of a history's text."""

    ITSELF = ""
    WORD = "words"
    TEXT = "texts"


def _form_of(name: str, field: Field, scope: str) -> _Form:
    if field.choices:
        return _Form.WORD
    is_text = field.kind is FieldKind.STRING and name not in _SELDOM_AGAIN[scope]
    return _Form.TEXT if is_text else _Form.ITSELF


def _stored_class(event_type: str, fields: dict[str, Field], scope: str) -> type[Any]:
    # An id is a text or bytes, which msgspec allows no type to be.
    members: list[Any] = [("id", Any), ("elapsed", int), ("origin", Number), ("ahead", int)]
    for name, field in fields.items():
        is_itself = _form_of(name, field, scope) is _Form.ITSELF
        hint: Any = _TYPES[field.kind] if is_itself else Number
        members.append((name, hint | None, None) if field.optional else (name, hint))
    name, tag = f"Stored{EVENT_TYPES[event_type].__name__}", TYPE_TAGS[event_type]
    return msgspec.defstruct(name, members, array_like=True, tag=tag, gc=False, frozen=True)


_TYPES: dict[FieldKind, Any] = {FieldKind.BOOLEAN: bool, FieldKind.NUMBER: Number, FieldKind.STRING: str}


def _pack_source(event_type: str, fields: dict[str, Field], scope: str) -> str:
    values = [_converted("e", name, field, scope) for name, field in fields.items()]
    return (
        f"def compiled(e, id, elapsed, origin, ahead, texts):\n"
        f" f = [{TYPE_TAGS[event_type]}, id, elapsed, origin, ahead, {', '.join(values)}]\n"
        f" if f[-1] is None:\n"
        f"  n = {4 + len(fields)}\n"
        f"  while f[n - 1] is None: n -= 1\n"
        f"  del f[n:]\n"
        f" return f\n"
    )


def _unpack_source(event_type: str, fields: dict[str, Field], scope: str) -> str:
    values = {name: _converted("s", name, field, scope) for name, field in fields.items()}
    values |= {name: name for name in PLACED_FIELDS} | {scope: "key"}
    # A class takes some of its arguments by name alone; the others cost less by their place.
    given = [
        f"{name}={values[name]}" if parameter.kind is parameter.KEYWORD_ONLY else values[name]
        for name, parameter in signature(EVENT_TYPES[event_type]).parameters.items()
    ]
    return f"def compiled(s, texts, event_id, event_time, key):\n return {event_type}({', '.join(given)})\n"


def _converted(owner: str, name: str, field: Field, scope: str) -> str:
    """Source that reads a field of `owner` and looks it up as its form asks."""
    form = _form_of(name, field, scope)
    if form is _Form.ITSELF:
        return f"{owner}.{name}"
    looked_up = f"{form.value}[{owner}.{name}]"
    return f"None if {owner}.{name} is None else {looked_up}" if field.optional else looked_up


def _compile(source: str, words: Any) -> Any:
    """The function `compiled`; only names of known fields and types enter its source."""
    namespace: dict[str, Any] = {"words": words, **EVENT_TYPES}
    exec(compile(source, "<stored events>", "exec"), namespace)
    return namespace["compiled"]

"""Events as they are stored: known words as numbers, and nothing for what the last event had or none has.

What an append needs of the past is read from memory that has gone cold since, so there is little of it: a
few fields as the last event had them. For each type of event two functions are compiled, for they run for
every event.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
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
    *("CNY", "HKD", "USD", "EUR", "CN", "HK"),
    *("app", "web", "mini_program", "h5", "pos", "atm"),
    *("login", "limit", "profile", "instalment", "sms"),
)
"""The values that fields are limited to, and some that others often have."""
_NUMBERS = {word: number for number, word in enumerate(WORDS)}
_OFTEN_WORDS = ("currency", "country", "channel", "method", "purpose")

REPEATED = {"user_id": ("device_id", "card_id", "ip", "city"), "merchant_id": ("terminal_id",)}
"""By scope, the fields that are likely to be the same in the next event of a history."""
_PLACED = ("event_id", "event_time")
_OFTEN_PRESENT = ("device_id", "channel", "user_tier", "city", "country", "ip")
"""They stand before the other optional fields, for what is absent at the end takes no space."""

_ID_HEAD_TAG = 102
_Number = Annotated[int, msgspec.Meta(ge=0)]
_Same = Annotated[int, msgspec.Meta(ge=0, le=0)]


class IdHead(msgspec.Struct, array_like=True, tag=_ID_HEAD_TAG, frozen=True):
    """What the event_ids begin with from here on."""

    head: str


class EventForm(NamedTuple):
    """How the events of one type are stored in histories of one scope.

    Attributes:
        stored: the class of what is decoded. Its first fields are the codec's: `id`; `elapsed`, the ms since
            the event before; `origin` and `offset`, its source.
        pack: gives what is encoded, from an event, those four, and an object with the repeated fields as the
            last event that had them had them; it brings that up to date.
        unpack: gives the event, from what was decoded, its event_id and event_time, the key and that object.
    """

    stored: type[Any]
    pack: Callable[[Event, str | bytes, int, int, int, Any], list[Any]]
    unpack: Callable[[Any, str, int, str, Any], Event]


def event_form(event_type: str, scope: str) -> EventForm:
    """How events of a type are stored in histories by the field `scope`, which is left out of them."""
    fields = {name: field for name, field in FIELDS[event_type].items() if name not in (*_PLACED, scope)}
    required = {name: field for name, field in fields.items() if not field.optional}
    first = {name: fields[name] for name in _OFTEN_PRESENT if name in fields}
    ordered = {
        name: _Stored(name, _form_of(name, field, scope), field)
        for name, field in (required | first | fields).items()
    }
    return EventForm(
        stored=_stored_class(event_type, ordered),
        pack=_compile(_pack_source(event_type, ordered)),
        unpack=_compile(_unpack_source(event_type, ordered, scope)),
    )


class _Form(Enum):
    """What a field's value is stored as."""

    ITSELF = auto()
    WORD = auto()
    WORD_OR_ITSELF = auto()
    SAME_OR_ITSELF = auto()


class _Stored(NamedTuple):
    name: str
    form: _Form
    field: Field

    def packed(self) -> str:
        """Source of what is encoded; `SAME_OR_ITSELF` stands ready under the field's name."""
        value = f"e.{self.name}"
        match self.form:
            case _Form.ITSELF:
                return value
            case _Form.SAME_OR_ITSELF:
                return self.name
            case _Form.WORD:
                return self._if_present(value, f"numbers[{value}]")
            case _Form.WORD_OR_ITSELF:
                return self._if_present(value, f"number_of({value}, {value})")

    def unpacked(self) -> str:
        """Source of the event's value; `SAME_OR_ITSELF` stands ready under the field's name."""
        value = f"s.{self.name}"
        match self.form:
            case _Form.ITSELF:
                return value
            case _Form.SAME_OR_ITSELF:
                return self.name
            case _Form.WORD:
                return self._if_present(value, f"words[{value}]")
            case _Form.WORD_OR_ITSELF:
                return f"words[{value}] if {value}.__class__ is int else {value}"

    def _if_present(self, value: str, converted: str) -> str:
        return f"None if {value} is None else {converted}" if self.field.optional else converted


def _form_of(name: str, field: Field, scope: str) -> _Form:
    if field.choices:
        return _Form.WORD
    if name in REPEATED[scope]:
        return _Form.SAME_OR_ITSELF
    return _Form.WORD_OR_ITSELF if name in _OFTEN_WORDS else _Form.ITSELF


_HINTS: dict[_Form, Any] = {
    _Form.WORD: _Number,
    _Form.WORD_OR_ITSELF: _Number | str,
    _Form.SAME_OR_ITSELF: _Same | str,
}
_HINTS_OF_ITSELF: dict[FieldKind, Any] = {
    FieldKind.BOOLEAN: bool,
    FieldKind.NUMBER: _Number,
    FieldKind.STRING: str,
}


def _stored_class(event_type: str, fields: dict[str, _Stored]) -> type[Any]:
    # An id is a text or bytes, which msgspec allows no type to be.
    members: list[Any] = [("id", Any), ("elapsed", int), ("origin", _Number), ("offset", _Number)]
    for name, (_, form, field) in fields.items():
        hint = _HINTS_OF_ITSELF[field.kind] if form is _Form.ITSELF else _HINTS[form]
        members.append((name, hint | None, None) if field.optional else (name, hint))
    name, tag = f"Stored{EVENT_TYPES[event_type].__name__}", TYPE_TAGS[event_type]
    return msgspec.defstruct(name, members, array_like=True, tag=tag, gc=False, frozen=True)


def _pack_source(event_type: str, fields: dict[str, _Stored]) -> str:
    lines = ["def compiled(e, id, elapsed, origin, offset, last):"]
    for name, stored in fields.items():
        if stored.form is _Form.SAME_OR_ITSELF:
            lines += [
                f" {name} = e.{name}",
                f" if {name} is not None:",
                f"  if {name} == last.{name}: {name} = 0",
                f"  else: last.{name} = {name}",
            ]
    values = ", ".join(stored.packed() for stored in fields.values())
    lines += [
        f" f = [{TYPE_TAGS[event_type]}, id, elapsed, origin, offset, {values}]",
        " if f[-1] is None:",
        f"  n = {4 + len(fields)}",
        "  while f[n - 1] is None: n -= 1",
        "  del f[n:]",
        " return f",
    ]
    return "\n".join(lines)


def _unpack_source(event_type: str, fields: dict[str, _Stored], scope: str) -> str:
    lines = ["def compiled(s, event_id, event_time, key, last):"]
    for name, stored in fields.items():
        if stored.form is _Form.SAME_OR_ITSELF:
            lines += [
                f" {name} = s.{name}",
                f" if {name} == 0: {name} = last.{name}",
                f" elif {name} is not None: last.{name} = {name}",
            ]
    values = {name: stored.unpacked() for name, stored in fields.items()}
    values |= {name: name for name in _PLACED} | {scope: "key"}
    # A class takes some of its arguments by name alone; the others cost less by their place.
    given = [
        f"{name}={values[name]}" if parameter.kind is parameter.KEYWORD_ONLY else values[name]
        for name, parameter in signature(EVENT_TYPES[event_type]).parameters.items()
    ]
    lines.append(f" return {event_type}({', '.join(given)})")
    return "\n".join(lines)


def _compile(source: str) -> Any:
    """The function `compiled`; only names of known fields and types enter its source."""
    namespace: dict[str, Any] = {
        "numbers": _NUMBERS,
        "number_of": _NUMBERS.get,
        "words": WORDS,
        **EVENT_TYPES,
    }
    exec(compile(source, "<stored events>", "exec"), namespace)
    return namespace["compiled"]

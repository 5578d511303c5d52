"""The events that the detector reads, typed, and the decoding that refuses what is not one of them."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

import msgspec

MAX_VALUE_BYTES = 64 * 1024
MAX_FUTURE_MS = 10 * 60 * 1000
# JSON numbers beyond 2^53 do not survive every reader of an alert.
_LARGEST = 2**53 - 1

# A history keeps texts of thousands of events of one key: none may be as long as a whole event may be.
_LONGEST_TEXT = 256
_TEXT_HASH_BYTES = 16
_NEVER_CUT = frozenset({"event_id", "user_id"})

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_TEXT)]
Text = Annotated[str, msgspec.Meta(max_length=_LONGEST_TEXT)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
AuthMethod = Literal["none", "password", "face", "fingerprint", "otp"]

Position = tuple[int, str]
"""An event's place in a key's order: (event_time, event_id)."""


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """What every event carries: who, when (milliseconds since 1970 UTC), and an id that is unique."""

    type: ClassVar[str]

    event_id: Id
    event_time: Milliseconds
    user_id: Id


class _Circumstances(Event, frozen=True, gc=False, kw_only=True):
    """Fields that an event of any type may carry; they stand last in the order of fields."""

    user_tier: Literal["standard", "elderly", "minor"] | None = None
    device_id: Text | None = None
    ip: Text | None = None
    city: Text | None = None
    country: Text | None = None
    channel: Text | None = None


class Debit(_Circumstances, frozen=True, gc=False, tag="debit"):
    """A merchant draws money from the user."""

    type: ClassVar[str] = "debit"

    amount: Amount
    currency: Text
    merchant_id: Text
    auth_method: AuthMethod
    card_id: Text | None = None
    agreement_id: Text | None = None
    merchant_tier: Literal["A", "B", "C"] | None = None
    terminal_id: Text | None = None
    terminal_certified: bool | None = None


class Transfer(_Circumstances, frozen=True, gc=False, tag="transfer"):
    """The user sends money to a payee."""

    type: ClassVar[str] = "transfer"

    amount: Amount
    currency: Text
    payee_id: Text
    auth_method: AuthMethod
    card_id: Text | None = None


class Instalment(_Circumstances, frozen=True, gc=False, tag="instalment"):
    """A purchase on instalment credit."""

    type: ClassVar[str] = "instalment"

    amount: Amount
    currency: Text
    merchant_id: Text
    auth_method: AuthMethod
    instalments: Count


class Refund(_Circumstances, frozen=True, gc=False, tag="refund"):
    """A merchant gives money back for an earlier event."""

    type: ClassVar[str] = "refund"

    amount: Amount
    currency: Text
    merchant_id: Text
    refunded_event_id: Text


class Login(_Circumstances, frozen=True, gc=False, tag="login"):
    """The user, or someone with the user's credentials, logs in."""

    type: ClassVar[str] = "login"

    new_device: bool
    method: Text | None = None


class FaceVerification(_Circumstances, frozen=True, gc=False, tag="face_verification"):
    """A face was held before the camera and passed or failed."""

    type: ClassVar[str] = "face_verification"

    result: Literal["passed", "failed"]
    purpose: Text | None = None


class RemoteSessionStarted(_Circumstances, frozen=True, gc=False, tag="remote_session_started"):
    """A screen-sharing or remote-control session began on the user's device."""

    type: ClassVar[str] = "remote_session_started"

    session_id: Text
    app: Text | None = None


class RemoteSessionEnded(_Circumstances, frozen=True, gc=False, tag="remote_session_ended"):
    """A screen-sharing or remote-control session ended."""

    type: ClassVar[str] = "remote_session_ended"

    session_id: Text
    app: Text | None = None


class SmsSyncEnabled(_Circumstances, frozen=True, gc=False, tag="sms_sync_enabled"):
    """Text messages are copied to a cloud account from now on."""

    type: ClassVar[str] = "sms_sync_enabled"


class PasswordReset(_Circumstances, frozen=True, gc=False, tag="password_reset"):
    """The payment or account password was set anew."""

    type: ClassVar[str] = "password_reset"


class DeviceBound(_Circumstances, frozen=True, gc=False, tag="device_bound"):
    """A device was bound to the account."""

    type: ClassVar[str] = "device_bound"


class DeviceReportedLost(_Circumstances, frozen=True, gc=False, tag="device_reported_lost"):
    """The user reported a device as lost."""

    type: ClassVar[str] = "device_reported_lost"


class AgreementActivated(_Circumstances, frozen=True, gc=False, tag="agreement_activated"):
    """A standing agreement lets a merchant debit without a password from now on."""

    type: ClassVar[str] = "agreement_activated"

    agreement_id: Text
    merchant_id: Text
    consent: Literal["explicit", "default"]
    new_device: bool | None = None


class CreditLimitRaised(_Circumstances, frozen=True, gc=False, tag="credit_limit_raised"):
    """The user's instalment credit limit went up."""

    type: ClassVar[str] = "credit_limit_raised"

    new_limit: Amount


class Complaint(_Circumstances, frozen=True, gc=False, tag="complaint"):
    """A complaint about a merchant was opened or decided."""

    type: ClassVar[str] = "complaint"

    complaint_id: Text
    merchant_id: Text
    status: Literal["opened", "upheld", "rejected", "withdrawn"]


AnyEvent = (
    Debit
    | Transfer
    | Instalment
    | Refund
    | Login
    | FaceVerification
    | RemoteSessionStarted
    | RemoteSessionEnded
    | SmsSyncEnabled
    | PasswordReset
    | DeviceBound
    | DeviceReportedLost
    | AgreementActivated
    | CreditLimitRaised
    | Complaint
)

EVENT_TYPES: dict[str, type[Event]] = {cls.type: cls for cls in get_args(AnyEvent)}


class FieldKind(StrEnum):
    """What a field holds, as far as a condition on it must know."""

    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"


class Field(msgspec.Struct, frozen=True):
    """A field of an event type: its kind, whether it may be absent, and its only values if named."""

    kind: FieldKind
    optional: bool
    choices: tuple[str, ...] = ()


def _field(hint: Any) -> Field:
    variants = get_args(hint)
    optional = type(None) in variants
    if optional:
        hint = next(variant for variant in variants if variant is not type(None))
    if hint in (bool, int, str):
        return Field(_KINDS[hint], optional)
    return Field(FieldKind.STRING, optional, get_args(hint))


_KINDS = {bool: FieldKind.BOOLEAN, int: FieldKind.NUMBER, str: FieldKind.STRING}


def _fields_of(cls: type[Event]) -> dict[str, Field]:
    hints = get_type_hints(cls)
    return {name: _field(hints[name]) for name in cls.__struct_fields__}


FIELDS: dict[str, dict[str, Field]] = {name: _fields_of(cls) for name, cls in EVENT_TYPES.items()}


class Reason(StrEnum):
    """Why an event is refused: the short code that a dead letter carries."""

    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    BAD_FIELD = "bad_field"
    UNKNOWN_TYPE = "unknown_type"
    EVENT_TIME_IN_FUTURE = "event_time_in_future"
    TOO_LARGE = "too_large"
    KEY_MISMATCH = "key_mismatch"
    NULL_VALUE = "null_value"
    TOO_LATE = "too_late"


class Refusal(msgspec.Struct, frozen=True):
    """An event that was refused; `message` says what is wrong and quotes nothing of the event's values."""

    reason: Reason
    message: str


_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_QUOTED_VALUE = re.compile(r"^Invalid (?:enum )?value .* - at (`\$[^`]*`)$", re.DOTALL)


def decode(value: bytes | None) -> Event | Refusal:
    """One JSON event from its bytes, or why it is refused.

    Texts of more than 256 characters are cut, so that whoever can make one long, such as the name of an app,
    does not take an event out of the rules' sight by it. The end of what is left is a hash of the whole:
    equal texts stay equal, and others different. Ids of events and users are never cut.
    """
    if value is None:
        return Refusal(Reason.NULL_VALUE, "the value is null")
    if len(value) > MAX_VALUE_BYTES:
        return Refusal(Reason.TOO_LARGE, f"the value has {len(value)} bytes, over {MAX_VALUE_BYTES}")
    try:
        return _decoder.decode(value)
    except _UNREADABLE as error:
        return _with_texts_cut(value) if _has_long_text(error) else _why_refused(value, error)


def decode_record(key: bytes | None, value: bytes | None, timestamp: int) -> Event | Refusal:
    """An event from a Kafka record: keyed by its user_id, and not far ahead of the `timestamp` (ms)."""
    event = decode(value)
    if isinstance(event, Refusal):
        return event
    if key != event.user_id.encode():
        return Refusal(Reason.KEY_MISMATCH, "the record's key is not the event's user_id")
    if event.event_time > timestamp + MAX_FUTURE_MS:
        ahead = (event.event_time - timestamp) // 1000
        message = f"event_time is {ahead} s ahead of the record's timestamp"
        return Refusal(Reason.EVENT_TIME_IN_FUTURE, message)
    return event


def _has_long_text(error: Exception) -> bool:
    return f"length <= {_LONGEST_TEXT}" in str(error)


def _with_texts_cut(value: bytes) -> Event | Refusal:
    try:
        # Behind the first text that is too long, nothing of the value has been read yet.
        cut = {name: _cut(name, text) for name, text in msgspec.json.decode(value).items()}
        value = msgspec.json.encode(cut)
        return _decoder.decode(value)
    except _UNREADABLE as error:
        return _why_refused(value, error)


def _cut(name: str, text: Any) -> Any:
    if name in _NEVER_CUT or not isinstance(text, str) or len(text) <= _LONGEST_TEXT:
        return text
    digest = hashlib.blake2b(text.encode(), digest_size=_TEXT_HASH_BYTES).hexdigest()
    return text[: _LONGEST_TEXT - len(digest)] + digest


def _why_refused(value: bytes, error: Exception) -> Refusal:
    try:
        found = msgspec.json.decode(value)
    except _UNREADABLE:
        return Refusal(Reason.NOT_JSON, "the value is not JSON")
    if not isinstance(found, dict):
        return Refusal(Reason.NOT_OBJECT, f"the value is JSON, but {_JSON_NAMES[type(found)]}, not an object")
    kind = found.get("type")
    if isinstance(kind, str) and kind not in EVENT_TYPES:
        return Refusal(Reason.UNKNOWN_TYPE, "`type` is not one of the event types")
    return Refusal(Reason.BAD_FIELD, _QUOTED_VALUE.sub(r"Not one of the allowed values - at \1", str(error)))


_JSON_NAMES = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}

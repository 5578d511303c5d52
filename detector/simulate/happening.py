"""An act becomes an event."""

from __future__ import annotations

from typing import NamedTuple

from detector.simulate.draw import Draw
from detector.simulate.event import Fields, encode
from detector.simulate.label import Label
from detector.simulate.story import Act

_ACCOUNT_TOPIC = "logins"
_TOPICS = {
    "debit": "payments",
    "transfer": "payments",
    "instalment": "payments",
    "refund": "payments",
    "complaint": "complaints",
}


class Simulated(NamedTuple):
    """An event, the default name of its topic, its label if it is part of a fraud, else its look-alike."""

    event: Fields
    topic: str
    label: Label | None
    look_alike: str = ""


def id_prefix(seed: int, start: int) -> str:
    """What the ids of all events of a stream begin with.

    Traffic of another seed or start may meet this one at a detector, which drops events of a known id.
    """
    return f"{Draw(f'ids {seed} {start}').between(0, 2**32 - 1):08x}"


def happen(act: Act, event_id: str, draw: Draw) -> Simulated:
    """What a sender makes of an act."""
    if act.type == "debit" and act.fields["auth_method"] != "none":
        act.person.refundable = _refund_of(act.fields, event_id)
    label = act.mark and Label(event_id, act.person.user_id, *act.mark)
    topic = _TOPICS.get(act.type, _ACCOUNT_TOPIC)
    return Simulated(_event(act, event_id, draw), topic, label, act.look_alike)


def look_alike_label(simulated: Simulated) -> bytes:
    """What says that an event is of a look-alike, as compact JSON: event_id, user_id, look_alike."""
    event = simulated.event
    return encode(
        {"event_id": event["event_id"], "user_id": event["user_id"], "look_alike": simulated.look_alike}
    )


def _event(act: Act, event_id: str, draw: Draw) -> Fields:
    person = act.person
    event: Fields = {
        "event_id": event_id,
        "type": act.type,
        "event_time": act.at,
        "user_id": person.user_id,
        "device_id": person.device_id,
    }
    # Not every sender knows all circumstances.
    if draw.chance(0.5):
        event["user_tier"] = person.tier
    if draw.chance(0.3):
        event["ip"] = person.ip
    if draw.chance(0.4):
        event["city"] = person.city
        event["country"] = "CN"
    event.update(act.fields)
    return event


def _refund_of(debit: Fields, event_id: str) -> Fields:
    kept = ("amount", "currency", "merchant_id")
    return {name: debit[name] for name in kept} | {"refunded_event_id": event_id}

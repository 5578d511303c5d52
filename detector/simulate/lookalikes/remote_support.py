"""Remote support that is genuine: a relative or a shop mends the phone, and life goes on."""

from __future__ import annotations

from detector.simulate.account import REMOTE_APPS
from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.lookalikes.acts import by_day, debit, face, login, transfer
from detector.simulate.people import People, Person
from detector.simulate.spans import HOUR, MINUTE
from detector.simulate.story import Act

# What follows the session: mostly no face for days, else one of another day. A few users were helped with
# just what needs a face, and nothing that the platform sees tells them from victims.
_FACE_LATER, _FACE_SOON = 0.25, 0.05


def help_over_the_net(draw: Draw, people: People, person: Person, midnight: int) -> list[Act]:
    """A session of some minutes to an hour, then the user's own business."""
    now = by_day(draw, midnight)
    end = now + draw.between(5 * MINUTE, 50 * MINUTE)
    session: Fields = {"session_id": f"s{person.index:06d}-{now}", "app": draw.pick(REMOTE_APPS)}
    return [
        Act(now, person, "remote_session_started", session),
        Act(end, person, "remote_session_ended", session),
        login(draw, person, end + draw.between(MINUTE, 30 * MINUTE)),
        debit(person, people.merchant(), end + draw.between(5 * MINUTE, 3 * HOUR), draw.between(500, 30_000)),
        *_face(draw, people, person, now, end),
    ]


def _face(draw: Draw, people: People, person: Person, begin: int, end: int) -> list[Act]:
    fraction = draw.fraction()
    if fraction < _FACE_SOON:
        at = draw.between(begin + 2 * MINUTE, end + 8 * MINUTE)
        tax = transfer(person, "tax-office", at + draw.between(3 * MINUTE, 15 * MINUTE), 20_000)
        return [face(person, at, purpose="profile"), *([tax] if draw.chance(0.4) else [])]
    if fraction < _FACE_SOON + _FACE_LATER:
        return [face(person, end + draw.between(2 * HOUR, 40 * HOUR), purpose="login")]
    return []

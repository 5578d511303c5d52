"""What users do with their accounts and devices when nothing is wrong."""

from __future__ import annotations

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.people import CITIES, People, Person
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.spending import agreement_id, instalment, instalment_fields
from detector.simulate.story import Act

# No one logs in from two cities within a shorter time.
_JOURNEY = 3 * HOUR
REMOTE_APPS = ("ToDesk", "Sunlogin", "TeamViewer", "AnyDesk")
# A face that passes later than this after the end of a genuine session is none of the session's business.
_REMOTE_SESSION_AFTERMATH = 15 * MINUTE


def login(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A login on the phone in use, now and then after a journey."""
    if draw.chance(0.03) and not person.is_resting("journey", now):
        person.city = draw.pick(CITIES)
    return [_login(draw, person, now, new_device=False)]


def face_verification(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A face held before the camera, mostly with success."""
    result = "passed" if draw.chance(0.9) else "failed"
    return [_face(person, now, result, draw.pick(("login", "limit", "profile")))]


def instalment_by_face(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A purchase on credit that a face verification released a moment before, or a password."""
    if person.is_resting("face_verification", now):
        return instalment(draw, people, person, now)
    fields = instalment_fields(draw, people.merchant(), "face")
    return [
        _face(person, now, "passed", "instalment"),
        Act(now + draw.between(5 * SECOND, 60 * SECOND), person, "instalment", fields),
    ]


def remote_session(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """Genuine remote help, over well before the user's face is verified again."""
    end = now + draw.between(3 * MINUTE, 10 * MINUTE)
    person.rest("face_verification", end + _REMOTE_SESSION_AFTERMATH)
    fields: Fields = {"session_id": f"s{person.index:06d}-{now}", "app": draw.pick(REMOTE_APPS)}
    return [
        Act(now, person, "remote_session_started", fields),
        Act(end, person, "remote_session_ended", fields),
    ]


def agreement(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A standing agreement for no-password debits, mostly with explicit consent."""
    merchant = people.next_haunt(person)
    fields: Fields = {
        "agreement_id": agreement_id(person, merchant),
        "merchant_id": merchant.merchant_id,
        "consent": "explicit" if draw.chance(0.95) else "default",
        "new_device": False,
    }
    return [Act(now, person, "agreement_activated", fields)]


def credit_limit(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """More credit for purchases by instalment, which a genuine user does not spend at once."""
    person.rest("instalment", now + 25 * HOUR)
    return [Act(now, person, "credit_limit_raised", {"new_limit": 100_000 * draw.between(10, 50)})]


def password_reset(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A forgotten password."""
    return [Act(now, person, "password_reset", {"channel": "app"})]


def sms_sync(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """Text messages copied to the cloud."""
    return [Act(now, person, "sms_sync_enabled", {"channel": "app"})]


def new_phone(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """Another phone in use: the user logs in on it and binds it."""
    person.change_phone()
    return [
        _login(draw, person, now, new_device=True),
        Act(now + draw.between(10 * SECOND, 2 * MINUTE), person, "device_bound", {"channel": "app"}),
    ]


def lost_phone(draw: Draw, people: People, person: Person, now: int) -> list[Act]:
    """A phone reported lost, and another one in use soon."""
    report: Fields = {"device_id": person.device_id, "channel": "web"}
    return [
        Act(now, person, "device_reported_lost", report),
        *new_phone(draw, people, person, now + draw.between(2 * MINUTE, 10 * MINUTE)),
    ]


def _login(draw: Draw, person: Person, at: int, *, new_device: bool) -> Act:
    person.rest("journey", at + _JOURNEY)
    method = draw.pick(("password", "fingerprint", "face", "sms"))
    fields: Fields = {"city": person.city, "channel": "app", "new_device": new_device, "method": method}
    return Act(at, person, "login", fields)


def _face(person: Person, at: int, result: str, purpose: str) -> Act:
    return Act(at, person, "face_verification", {"channel": "app", "result": result, "purpose": purpose})

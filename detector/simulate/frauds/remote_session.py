"""The remote-session scam: "payment security" sees the victim's screen, and the card is emptied.

The roles are `session`, `face`, `money` and, where the session ends before the set does, `session-end`.
"""

from __future__ import annotations

from detector.simulate.account import REMOTE_APPS
from detector.simulate.case import Case, Kind
from detector.simulate.event import Fields
from detector.simulate.paces import moments
from detector.simulate.people import Person
from detector.simulate.scene import Scene
from detector.simulate.spans import HOUR, MINUTE, SECOND
from detector.simulate.spending import debit_fields, instalment_fields
from detector.simulate.story import Act
from detector.simulate.thief import transfer_fields

# From the session's begin to the face, and from there from payment to payment.
_PERSUASION = {
    "plain": (3 * MINUTE, 25 * MINUTE),
    "slow": (15 * MINUTE, 45 * MINUTE),
    "fast": (40 * SECOND, 3 * MINUTE),
}
_GAPS = {
    "plain": (30 * SECOND, 8 * MINUTE),
    "slow": (8 * MINUTE, 40 * MINUTE),
    "fast": (8 * SECOND, 40 * SECOND),
}
_SCREEN_GOES_DARK = 0.7


def _story(case: Case, scene: Scene) -> list[Act]:
    draw = scene.draw
    person = scene.people.person(case.user)
    session: Fields = {"session_id": f"s{person.index:06d}-{case.begin}", "app": draw.pick(REMOTE_APPS)}
    face = case.begin + draw.between(*_PERSUASION[case.pace])
    _, *money = moments(face, draw.between(2, 9), _GAPS[case.pace], draw)
    acts = [
        Act(case.begin, person, "remote_session_started", session, case.mark("session")),
        _face(face, person, case),
        *(_money(at, person, case, scene) for at in money),
    ]
    # A large sum asks for the face again.
    if draw.chance(0.4):
        acts.append(_face(draw.pick(money) - draw.between(3 * SECOND, 8 * SECOND), person, case))
    if not draw.chance(_SCREEN_GOES_DARK):
        end = money[-1] + draw.between(1 * MINUTE, 8 * MINUTE)
        acts.append(Act(end, person, "remote_session_ended", session, case.mark("session-end")))
    return acts


def _face(at: int, person: Person, case: Case) -> Act:
    fields: Fields = {"channel": "app", "result": "passed", "purpose": "payment"}
    return Act(at, person, "face_verification", fields, case.mark("face"))


def _money(at: int, person: Person, case: Case, scene: Scene) -> Act:
    draw = scene.draw
    kind = draw.pick(("transfer", "transfer", "transfer", "debit", "instalment"))
    return Act(at, person, kind, _FIELDS[kind](person, scene) | {"channel": "app"}, case.mark("money"))


def _transfer_fields(person: Person, scene: Scene) -> Fields:
    draw = scene.draw
    auth_method = draw.pick(("face", "otp", "password"))
    return transfer_fields(draw, person.main_card, draw.between(500_000, 5_000_000), auth_method)


def _debit_fields(person: Person, scene: Scene) -> Fields:
    fields = debit_fields(scene.people.merchant(), scene.draw.between(200_000, 2_000_000), "face")
    return fields | {"card_id": person.main_card}


def _instalment_fields(person: Person, scene: Scene) -> Fields:
    return instalment_fields(scene.draw, scene.people.merchant(), "face")


_FIELDS = {"transfer": _transfer_fields, "debit": _debit_fields, "instalment": _instalment_fields}

# The callers keep office hours.
REMOTE_SESSION = Kind("remote-session", _story, longest=8 * HOUR, hours=(9, 17))

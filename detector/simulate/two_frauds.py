"""The two frauds of plain traffic, and their places in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import accumulate
from typing import NamedTuple

from detector.simulate.account import REMOTE_APPS
from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.label import Mark
from detector.simulate.people import People, Person
from detector.simulate.spans import MINUTE, SECOND
from detector.simulate.spending import debit_fields, instalment_fields, no_password_fields
from detector.simulate.story import Act
from detector.simulate.traffic import LONGEST_FRAUD, Traffic

_LONGEST_BURST = 8 * MINUTE
# A face of the victim's own life would tell the scam too early, so none is shown meanwhile and shortly after.
_NO_FACE = LONGEST_FRAUD + 30 * MINUTE


class Fraud(NamedTuple):
    """A fraud that begins at an event time and strikes the user of number `victim`."""

    begin: int
    victim: int
    kind: str


def planned(traffic: Traffic, draw: Draw) -> Iterator[Fraud]:
    """All frauds in the order of their beginning: as many of each kind, each kind spread evenly."""
    victims = list(range(traffic.users))
    draw.shuffle(victims)
    bursts = victims[: traffic.victims : 2]
    remote_sessions = victims[1 : traffic.victims : 2]
    return merge(
        _spread("no-password-burst", bursts, traffic, _LONGEST_BURST, draw),
        _spread("remote-session", remote_sessions, traffic, LONGEST_FRAUD, draw),
    )


def story(fraud: Fraud, people: People, draw: Draw) -> list[Act]:
    """What happens in a fraud, each act marked."""
    person = people.person(fraud.victim)
    person.rest("face_verification", fraud.begin + _NO_FACE)
    person.rest("remote_session", fraud.begin + _NO_FACE)
    return _STORIES[fraud.kind](fraud, person, people, draw)


def _spread(kind: str, victims: list[int], traffic: Traffic, longest: int, draw: Draw) -> Iterator[Fraud]:
    # The end is left free: acts that wait for each other there would fall off the stream.
    room = int(traffic.span * 0.98) - longest
    # Little jitter, so that the first fraud is over early, however few there are.
    jitter = min(0.5 / max(1, len(victims)), 0.05)
    for number, victim in enumerate(victims):
        place = number / len(victims) + jitter * draw.fraction()
        yield Fraud(traffic.start + int(room * place), victim, kind)


def _burst(fraud: Fraud, person: Person, people: People, draw: Draw) -> list[Act]:
    count = draw.between(6, 12)
    gap = draw.between(2 * MINUTE, _LONGEST_BURST) // count
    merchants = [people.merchant() for _ in range(draw.between(1, 2))]
    amounts = draw.pick(((90_000, 99_900), (500, 9_900)))
    mark = _mark(fraud, person, "debit")
    acts = []
    for number in range(count):
        fields = no_password_fields(person, draw.pick(merchants), draw.between(*amounts))
        fields["channel"] = "app"
        at = fraud.begin + number * gap + draw.between(1, gap)
        acts.append(Act(at, person, "debit", fields, mark))
    return acts


def _remote_session(fraud: Fraud, person: Person, people: People, draw: Draw) -> list[Act]:
    session: Fields = {"session_id": f"s{person.index:06d}-{fraud.begin}", "app": draw.pick(REMOTE_APPS)}
    face: Fields = {"channel": "app", "result": "passed", "purpose": "payment"}
    passed = fraud.begin + draw.between(2 * MINUTE, 20 * MINUTE)
    money = _money_times(passed, draw)
    acts = [
        Act(fraud.begin, person, "remote_session_started", session, _mark(fraud, person, "session")),
        Act(passed, person, "face_verification", face, _mark(fraud, person, "face")),
        *(_money(at, fraud, person, people, draw) for at in money),
    ]
    if draw.chance(0.5):
        end = money[-1] + draw.between(1 * MINUTE, 8 * MINUTE)
        acts.append(Act(end, person, "remote_session_ended", session, _mark(fraud, person, "session-end")))
    return acts


def _money_times(passed: int, draw: Draw) -> list[int]:
    count = draw.between(1, 4)
    gaps = [draw.between(30 * SECOND, 5 * MINUTE) for _ in range(count)]
    first = passed + 2 * MINUTE - gaps[0]
    return list(accumulate(gaps, initial=first))[1:]


def _money(at: int, fraud: Fraud, person: Person, people: People, draw: Draw) -> Act:
    kind = draw.pick(("transfer", "transfer", "debit", "instalment"))
    return Act(at, person, kind, _MONEY[kind](person, people, draw), _mark(fraud, person, "money"))


def _transfer_fields(person: Person, people: People, draw: Draw) -> Fields:
    return {
        "channel": "app",
        "amount": draw.between(500_000, 5_000_000),
        "currency": "CNY",
        "payee_id": f"x{draw.between(0, 9_999_999):07d}",
        "auth_method": "face",
        "card_id": person.main_card,
    }


def _debit_fields(person: Person, people: People, draw: Draw) -> Fields:
    fields = debit_fields(people.merchant(), draw.between(200_000, 2_000_000), "face")
    return fields | {"channel": "app", "card_id": person.main_card}


def _instalment_fields(person: Person, people: People, draw: Draw) -> Fields:
    return instalment_fields(draw, people.merchant(), "face")


def _mark(fraud: Fraud, person: Person, role: str) -> Mark:
    return Mark(f"f-{person.user_id}", fraud.kind, role)


_MONEY: dict[str, Callable[[Person, People, Draw], Fields]] = {
    "transfer": _transfer_fields,
    "debit": _debit_fields,
    "instalment": _instalment_fields,
}
_STORIES: dict[str, Callable[[Fraud, Person, People, Draw], list[Act]]] = {
    "no-password-burst": _burst,
    "remote-session": _remote_session,
}

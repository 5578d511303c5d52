"""Quality against a naive twin, written from the definitions in docs/backtest.md."""

from statistics import median_low

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.core.alert import Alert, EvidenceEvent
from detector.core.rule import Mode
from detector.replay.fact import Fact
from detector.replay.labels import Labelled
from detector.replay.quality import Observed, quality

from ..core.given import MINUTE
from .given import alert

MONEY = ("debit", "transfer", "instalment")

_facts = st.builds(
    lambda number, user, minute, kind, merchant: Fact(
        f"e{number:02}", user, kind, minute * MINUTE, 10 + number, merchant, None, None
    ),
    st.integers(0, 15),
    st.sampled_from(["u1", "u2", "u3"]),
    st.integers(0, 9),
    st.sampled_from([*MONEY, "login", "complaint", "refund"]),
    st.sampled_from(["m1", "m2", None]),
)
_worlds = st.lists(_facts, min_size=1, max_size=10, unique_by=lambda fact: fact.event_id)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[list[Fact], list[Labelled], list[Alert]]:
    facts = draw(_worlds)
    labels = [
        Labelled(fact.event_id, draw(st.sampled_from(["f", "g", ""])), "k")
        for fact in facts
        if draw(st.booleans())
    ]
    alerts = [_alert(draw, number, facts) for number in range(draw(st.integers(0, 5)))]
    return facts, labels, alerts


def _alert(draw: st.DrawFn, number: int, facts: list[Fact]) -> Alert:
    chosen = draw(st.lists(st.sampled_from(facts), min_size=1, max_size=4, unique=True))
    chosen.sort(key=place)
    anchor = chosen[-1]
    entities = ({"user_id": anchor.user_id}, {"user_id": anchor.user_id, "merchant_id": "m1"})
    return alert(
        f"a{number}",
        anchor.event_time // MINUTE,
        anchor={"event_id": anchor.event_id, "type": anchor.type},
        entity=draw(st.sampled_from((*entities, {"merchant_id": "m1"}))),
        mode=draw(st.sampled_from([Mode.LIVE, Mode.LIVE, Mode.SHADOW])),
        evidence=[
            EvidenceEvent(event_id=one.event_id, type=one.type, event_time=one.event_time) for one in chosen
        ],
        evidence_total=len(chosen) + draw(st.sampled_from([0, 0, 3])),
    )


def place(fact: Fact) -> tuple[int, str]:
    return fact.event_time, fact.event_id


def frauds_in(facts: list[Fact], labels: list[Labelled]) -> list[list[Fact]]:
    """The events of each fraud; without an id all of one user are one."""
    by_id = {fact.event_id: fact for fact in facts}
    told = {(label.fraud_id or "user " + by_id[label.event_id].user_id, label.event_id) for label in labels}
    return [
        sorted((by_id[event_id] for of, event_id in told if of == name), key=place)
        for name in {of for of, _ in told}
    ]


def is_merchants(fraud: list[Fact]) -> bool:
    return len({one.user_id for one in fraud}) > 1 and len({one.merchant_id for one in fraud} - {None}) == 1


def touches(found: Alert, fraud: list[Fact]) -> bool:
    listed = {found.anchor.event_id} | {one.event_id for one in found.evidence}
    if listed & {one.event_id for one in fraud}:
        return True
    has_part = all(any(getattr(one, name) == value for one in fraud) for name, value in found.entity.items())
    begin = min(one.event_time for one in found.evidence)
    times = [one.event_time for one in fraud]
    meets = min(times) <= found.event_time and begin <= max(times)
    return found.evidence_total > len(found.evidence) and has_part and meets


def is_about(found: Alert, fraud: list[Fact], labelled: set[str]) -> bool:
    if not touches(found, fraud):
        return False
    listed = [one.event_id for one in found.evidence]
    mostly = sum(one in labelled for one in listed) >= len(listed) / 2
    return "user_id" in found.entity or is_merchants(fraud) or mostly


def catches(found: Alert, fraud: list[Fact], labelled: set[str]) -> bool:
    alone = "user_id" not in found.entity
    return is_about(found, fraud, labelled) and (alone or not is_merchants(fraud))


@given(_cases())
@settings(max_examples=400, deadline=None)
def test_quality_is_what_the_definitions_say(case):
    facts, labels, alerts = case
    labelled = {label.event_id for label in labels}
    frauds = frauds_in(facts, labels)
    live = sorted(
        (one for one in alerts if one.mode is Mode.LIVE),
        key=lambda one: (one.event_time, one.anchor.event_id),
    )

    found = quality(alerts, labels, {fact.event_id: fact for fact in facts}, Observed(3, MINUTE))

    right = [one for one in live if any(is_about(one, fraud, labelled) for fraud in frauds)]
    firsts = [next((one for one in live if catches(one, fraud, labelled)), None) for fraud in frauds]
    assert found.precision == (len(right), len(live))
    assert found.all.recall == (sum(one is not None for one in firsts), len(frauds))

    payments = [[one for one in fraud if one.type in MONEY] for fraud in frauds]
    moved = [
        sum(one.amount for one in paid if place(one) < (first.event_time, first.anchor.event_id))
        for paid, first in zip(payments, firsts, strict=True)
        if first is not None
    ]
    seconds = [
        (first.event_time - fraud[0].event_time) / 1000
        for fraud, first in zip(frauds, firsts, strict=True)
        if first is not None
    ]
    assert (found.all.moved and found.all.moved.total) == (sum(moved) if moved else None)
    assert (found.all.seconds and found.all.seconds.median) == (median_low(seconds) if seconds else None)
    missed = [paid for paid, first in zip(payments, firsts, strict=True) if first is None]
    assert found.all.missed_amount == sum(one.amount for paid in missed for one in paid)

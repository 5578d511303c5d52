"""Which events complete which steps; spans are inclusive, and of several chains the latest counts."""

import pytest

from detector.core.selection import Selections
from detector.core.sequence import SequenceEvaluator

from .given import MINUTE, debits, ev, history_of, sequence


def step(name, event, **options):
    return {"name": name, "event": event, **options}


LOGIN = step("login", "login")
PAY = step("pay", "debit", within="10m")
FACE = step("face", "face_verification", within="10m")


def login(event_id, minute, **fields):
    return ev(event_id, minute, "login", **fields)


def face(event_id, minute, **fields):
    return ev(event_id, minute, "face_verification", **fields)


def started(event_id, minute, **fields):
    return ev(event_id, minute, "remote_session_started", **fields)


def ended(event_id, minute, **fields):
    return ev(event_id, minute, "remote_session_ended", **fields)


def chains(rule, events):
    """For each anchor its evidence: `ab` is the anchor b whose chain began with a."""
    history, evaluator = history_of(*events), SequenceEvaluator(rule, Selections())
    found = []
    for index in range(len(history)):
        for anchor in evaluator.anchors_at(history, index):
            evidence = evaluator.findings(history, anchor).evidence
            assert anchor.first == history.position(evidence[0].at)
            found.append("".join(history.ids[item.at] for item in evidence))
    return " ".join(found)


SPANS = [
    ("a span is inclusive", sequence(LOGIN, PAY), [login("a", 0), ev("b", 10)], "ab"),
    ("1 ms more is outside", sequence(LOGIN, PAY), [login("a", 0), ev("b", 10, ms=1)], ""),
    ("steps come in their order", sequence(LOGIN, PAY), [ev("a", 0), login("b", 1)], ""),
    ("a tie goes by the id", sequence(LOGIN, PAY), [login("a", 5), ev("b", 5)], "ab"),
    ("a tie against the order is none", sequence(LOGIN, PAY), [ev("y", 5), login("z", 5)], ""),
    (
        "every completing event is an anchor",
        sequence(LOGIN, PAY),
        [login("a", 0), ev("b", 1), ev("c", 2)],
        "ab ac",
    ),
    ("the latest chain counts", sequence(LOGIN, PAY), [login("a", 0), login("b", 1), ev("c", 2)], "bc"),
    # 0a 9b 18c: each step in 10m of the one before, 18m in all
    (
        "a step's within is from step to step",
        sequence(LOGIN, FACE, PAY),
        [login("a", 0), face("b", 9), ev("c", 18)],
        "abc",
    ),
    (
        "the sequence's within is from first to last, inclusive",
        sequence(LOGIN, step("face", "face_verification"), step("pay", "debit"), within="12m"),
        [login("a", 0), face("b", 9), ev("c", 12), ev("d", 12, ms=1)],
        "abc",
    ),
    (
        "where of a step",
        sequence(LOGIN, FACE | {"where": {"result": "passed"}}),
        [login("a", 0), face("b", 1, result="failed"), face("c", 2)],
        "ac",
    ),
    # both steps are debits: b alone cannot be both
    ("an event serves one step", sequence(step("one", "debit"), PAY), debits(0, 1), "ab"),
    # backwards from d: the latest face is c, but 11m after the login; b still reaches it
    (
        "what leads nowhere is passed over for an earlier event",
        sequence(LOGIN, FACE, PAY),
        [login("a", 0), face("b", 10), face("c", 11), ev("d", 12)],
        "abd",
    ),
]

COUNTS = [
    # 0a login, 1b 2c 3d debits: from the second on
    (
        "at_least: every event from the n-th on, with all since the step before as evidence",
        sequence(LOGIN, PAY | {"at_least": 2}),
        [login("a", 0), ev("b", 1), ev("c", 2), ev("d", 3)],
        "abc abcd",
    ),
    # the second login takes the count back to zero unless the first is used: b c are both after a
    (
        "at_least counts what came after the step before",
        sequence(LOGIN, PAY | {"at_least": 2}),
        [login("a", 0), ev("b", 1), login("c", 2), ev("d", 3)],
        "abd",
    ),
    (
        "at_least on the first step",
        sequence(PAY | {"at_least": 2}, FACE),
        [*debits(0, 1), face("x", 2)],
        "abx",
    ),
    # 0a 10b: the first step's own within bounds its events
    (
        "the first step's within is inclusive",
        sequence(PAY | {"at_least": 2}, FACE),
        [*debits(0, 10), face("x", 11)],
        "abx",
    ),
    (
        "1 ms more is outside",
        sequence(PAY | {"at_least": 2}, FACE),
        [ev("a", 0), ev("b", 10, ms=1), face("x", 11)],
        "",
    ),
    (
        "distinct values",
        sequence(LOGIN, PAY | {"at_least": 2, "distinct": "card_id"}),
        [
            login("a", 0),
            ev("b", 1, card_id="k1"),
            ev("c", 2, card_id="k1"),
            ev("d", 3),
            ev("e", 4, card_id="k2"),
        ],
        "abcde",
    ),
    (
        "same: the events of the step agree",
        sequence(LOGIN, PAY | {"at_least": 2, "same": "card_id"}),
        [
            login("a", 0),
            ev("b", 1, card_id="k1"),
            ev("c", 2, card_id="k2"),
            ev("d", 3),
            ev("e", 4, card_id="k1"),
        ],
        "abe",
    ),
    (
        "same on the sequence: the steps agree, and what lacks the field does not",
        sequence(LOGIN, PAY, same=["device_id"]),
        [
            login("a", 0, device_id="d1"),
            login("b", 1),
            ev("c", 2, device_id="d1"),
            ev("d", 3, device_id="d2"),
            ev("e", 4),
        ],
        "ac",
    ),
]

START = step("start", "remote_session_started")


def cancelled_by(**options):
    return sequence(START, FACE | {"unless": {"event": "remote_session_ended", **options}})


CANCELS = [
    ("an unless event between cancels", cancelled_by(), [started("a", 0), ended("b", 1), face("c", 2)], ""),
    (
        "one before the step before does not",
        cancelled_by(),
        [ended("a", 0), started("b", 1), face("c", 2)],
        "bc",
    ),
    (
        "one after the completing event does not",
        cancelled_by(),
        [started("a", 0), face("b", 1), ended("c", 2)],
        "ab",
    ),
    # ties at 5m: a b c in this order
    ("a tie between cancels", cancelled_by(), [started("a", 5), ended("b", 5), face("c", 5)], ""),
    ("a tie before does not", cancelled_by(), [ended("a", 5), started("b", 5), face("c", 5)], "bc"),
    ("a tie after does not", cancelled_by(), [started("a", 5), face("b", 5), ended("c", 5)], "ab"),
    (
        "a new start after it begins anew",
        cancelled_by(),
        [started("a", 0), ended("b", 1), started("c", 2), face("d", 3)],
        "cd",
    ),
    (
        "exactly `before` earlier cancels",
        cancelled_by(before="2m"),
        [started("a", 0), ended("b", 1), face("c", 3)],
        "",
    ),
    (
        "1 ms less does not",
        cancelled_by(before="2m"),
        [started("a", 0), ended("b", 1, ms=1), face("c", 3)],
        "ac",
    ),
    (
        "same: an event of another session does not cancel",
        cancelled_by(same="session_id"),
        [started("a", 0, session_id="s1"), ended("b", 1, session_id="s2"), face("c", 2)],
        "ac",
    ),
    # the end of s2 cancels b alone: the chain from a still stands
    (
        "same: what is cancelled is passed over for an earlier event",
        cancelled_by(same="session_id"),
        [
            started("a", 0, session_id="s1"),
            started("b", 1, session_id="s2"),
            ended("c", 2, session_id="s2"),
            face("d", 3),
        ],
        "ad",
    ),
    (
        "same with before",
        cancelled_by(same="session_id", before="2m"),
        [started("a", 0), ended("b", 1), face("c", 2), face("d", 3)],
        "ac",
    ),
    # an event may serve a step and cancel it: c cancels d, but not itself
    (
        "an event does not cancel itself",
        sequence(LOGIN, PAY | {"unless": {"event": "debit"}}),
        [login("a", 0), ev("b", 1), ev("c", 2)],
        "ab",
    ),
    (
        "another where does not cancel",
        sequence(LOGIN, PAY | {"unless": {"event": "face_verification", "where": {"result": "passed"}}}),
        [login("a", 0), face("b", 1, result="failed"), ev("c", 2)],
        "ac",
    ),
]


@pytest.mark.parametrize(
    ("rule", "events", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SPANS + COUNTS + CANCELS]
)
def test_a_sequence_finds(rule, events, expected):
    assert chains(rule, events) == expected


def test_each_key_has_its_own_chains():
    rule = sequence(step("one", "debit"), PAY, rule={"by": ["user_id", "merchant_id"]})
    events = [ev("a", 0, merchant_id="m1"), ev("b", 1, merchant_id="m2"), ev("c", 2, merchant_id="m1")]
    assert chains(rule, events) == "ac"


def test_an_unless_event_of_another_key_does_not_cancel():
    rule = sequence(
        step("one", "debit"), PAY | {"unless": {"event": "refund"}}, rule={"by": ["user_id", "merchant_id"]}
    )
    events = [ev("a", 0), ev("b", 1, "refund", merchant_id="m2"), ev("c", 2)]
    assert chains(rule, events) == "ac"
    assert chains(rule, [*events[:1], ev("b", 1, "refund"), *events[2:]]) == ""


def anchors(rule, events):
    history, evaluator = history_of(*events), SequenceEvaluator(rule, Selections())
    return [
        (anchor.position[1], str(anchor.severity))
        for index in range(len(history))
        for anchor in evaluator.anchors_at(history, index)
    ]


THREE = [login("a", 0), face("b", 1), ev("c", 2)]


def test_without_an_alerting_step_the_last_alerts_with_the_severity_of_the_rule():
    assert anchors(sequence(LOGIN, FACE, PAY, rule={"severity": "low"}), THREE) == [("c", "low")]


def test_alerting_steps_alert_each_with_its_own_severity_and_no_other_does():
    rule = sequence(LOGIN | {"alert": "info"}, FACE | {"alert": "high"}, PAY, rule={"severity": "low"})
    assert anchors(rule, THREE) == [("a", "info"), ("b", "high")]


def test_an_override_reads_fields_of_steps_and_of_the_anchor_and_replaces_the_severity_of_the_step():
    rule = sequence(
        LOGIN | {"alert": "info"},
        PAY | {"alert": "high"},
        rule={
            "overrides": [
                {"where": {"login.new_device": True, "pay.amount": {"gte": 5}}, "severity": "critical"},
                {"where": {"pay.amount": {"exists": False}}, "severity": "low"},
                {"where": {"amount": 2}, "severity": "medium"},
            ]
        },
    )
    events = [
        login("a", 0, new_device=True),
        ev("b", 1, amount=5),
        ev("c", 2, amount=2),
        ev("d", 3, amount=4),
    ]
    assert anchors(rule, events) == [("a", "low"), ("b", "critical"), ("c", "medium"), ("d", "high")]


def test_findings_tell_how_long_each_step_took_and_what_its_last_event_held():
    rule = sequence(LOGIN, FACE, PAY | {"at_least": 2})
    history = history_of(login("a", 0), face("b", 1), ev("c", 2, amount=7), ev("d", 5, amount=8))
    evaluator = SequenceEvaluator(rule, Selections())
    (anchor,) = evaluator.anchors_at(history, 3)
    findings = evaluator.findings(history, anchor)
    assert findings.measures == {"face.elapsed": MINUTE, "pay.elapsed": 4 * MINUTE}
    assert findings.thresholds == {"face.within": 10 * MINUTE, "pay.within": 10 * MINUTE}
    assert findings.values["pay.amount"] == 8
    assert findings.values["face.result"] == "passed"
    assert [item.step for item in findings.evidence] == ["login", "face", "pay", "pay"]


def test_a_search_among_many_dead_ends_is_quick():
    # Every debit could be each step, and the last step's login is never there: no chain, and no explosion.
    names = "abcdefgh"
    steps = [LOGIN, *(step(name, "debit", within="30m") for name in names)]
    events = [ev(f"e{number:03}", number / 10) for number in range(200)]
    evaluator = SequenceEvaluator(sequence(*steps), Selections())
    assert evaluator.anchors_at(history_of(*events), 199) == []

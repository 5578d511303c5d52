"""Rules from several places, and the shipped catalogue as a whole."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import msgspec
import pytest

from detector.core.alert import Status
from detector.core.engine import Engine
from detector.core.history import Entry, History
from detector.core.rule import Window
from detector.core.texts import LANGUAGES
from detector.rules.faults import RuleFaultsError
from detector.rules.reader import read_rule
from detector.rules.rule_set import CATALOGUE, read_rules, rule_paths, rules_in_force
from detector.rules.trial import ALLOWED_LATENESS, HISTORY_CAP, failures, standing_alerts
from detector.state.codec import Codec, Tail

SHIPPED = rule_paths(CATALOGUE)
RULE = "id: {id}\nby: user_id\nwindow: {{event: debit, within: 10m}}\nwhen: {{count: {{gte: {least}}}}}\n"


def write(folder, rule_id, least=2, suffix="yaml"):
    folder.mkdir(exist_ok=True)
    path = folder / f"{rule_id}.{suffix}"
    path.write_text(RULE.format(id=rule_id, least=least))
    return path


# Rules from several places


def test_a_rule_of_ones_own_replaces_the_shipped_one_of_its_id(tmp_path):
    write(tmp_path, "no-password-burst", least=77)
    write(tmp_path, "mine")
    rules = {rule.id: rule for rule in rules_in_force([tmp_path], with_catalogue=True)}
    assert set(rules) == {path.stem for path in SHIPPED} | {"mine"}
    assert rules["no-password-burst"].version == read_rule(tmp_path / "no-password-burst.yaml").rule.version


def test_a_later_directory_replaces_an_earlier_one(tmp_path):
    write(tmp_path / "a", "one", least=1)
    later = write(tmp_path / "b", "one", least=2)
    (rule,) = rules_in_force([tmp_path / "a", tmp_path / "b"], with_catalogue=False)
    assert rule.version == read_rule(later).rule.version


def test_without_the_catalogue_only_ones_own_rules_are_in_force(tmp_path):
    write(tmp_path, "b")
    write(tmp_path, "a", suffix="yml")
    (tmp_path / "notes.txt").write_text("not a rule")
    assert [rule.id for rule in rules_in_force([tmp_path], with_catalogue=False)] == ["a", "b"]
    assert rules_in_force([], with_catalogue=False) == []


def test_an_id_that_stands_twice_in_what_is_read_is_a_fault_that_names_both_files(tmp_path):
    first, second = write(tmp_path / "a", "one"), write(tmp_path / "b", "one")
    with pytest.raises(RuleFaultsError) as raised:
        read_rules([tmp_path / "a", tmp_path / "b"])
    (fault,) = raised.value.faults
    assert fault.path == second
    assert str(first) in fault.message


def test_one_file_given_twice_is_no_duplicate_and_read_once(tmp_path):
    path = write(tmp_path, "one")
    assert len(read_rules([path, tmp_path])) == 1


def test_the_faults_of_all_files_are_named_at_once(tmp_path):
    write(tmp_path / "a", "x", least="two")
    write(tmp_path / "b", "y", least="two")
    with pytest.raises(RuleFaultsError) as raised:
        rules_in_force([tmp_path / "a", tmp_path / "b"], with_catalogue=True)
    assert [fault.path.name for fault in raised.value.faults] == ["x.yaml", "y.yaml"]


def test_a_directory_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(RuleFaultsError, match="no such file or directory"):
        rules_in_force([tmp_path / "none"], with_catalogue=False)


def test_a_directory_that_cannot_be_read_is_a_fault(tmp_path, monkeypatch):
    def closed(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(RuleFaultsError, match="cannot be read: Permission denied"):
        rules_in_force([tmp_path], with_catalogue=False)


# The shipped catalogue

PROMISED = {
    "agreement-drain": ("user_id", "freeze_agreement"),
    "face-after-remote-session": ("user_id", "hold_and_call"),
    "impossible-travel": ("user_id", "step_up"),
    "instalment-cash-out": ("user_id", "hold_and_review"),
    "limit-raise-cash-out": ("user_id", "hold_and_review"),
    "lost-device-debit": ("user_id", "freeze_agreement"),
    "malicious-complaints": ("user_id", "review_user"),
    "merchant-cash-out": ("merchant_id", "review_merchant"),
    "merchant-complaints": ("merchant_id", "review_merchant"),
    "merchant-surge": ("merchant_id", "review_merchant"),
    "new-device-debits": ("user_id", "step_up"),
    "no-password-burst": ("user_id", "hold_and_notify"),
    "no-password-drip": ("user_id, merchant_id", "notify"),
    "no-password-over-limit": ("user_id, merchant_id", "hold_and_notify"),
    "otp-drain": ("user_id", "freeze_account"),
    "uncertified-terminal": ("merchant_id", "review_merchant"),
}
SECOND = 1_000


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.stem)
def shipped(request):
    return read_rule(request.param)


def test_the_catalogue_holds_the_rules_that_are_promised():
    rules = [file.rule for file in read_rules([CATALOGUE])]
    assert {rule.id: (", ".join(rule.by), rule.action) for rule in rules} == PROMISED
    assert {rule.mode for rule in rules} == {"live"}


def test_a_shipped_rule_has_no_warnings_and_the_name_of_its_file(shipped):
    assert shipped.warnings == []
    assert shipped.rule.id == shipped.path.stem


def test_a_shipped_rule_passes_its_own_tests(shipped):
    assert [
        f"{failure.example.name}: {failure.message}" for failure in failures(shipped.rule, shipped.examples)
    ] == []


def test_a_shipped_rule_speaks_both_languages(shipped):
    for texts in (shipped.rule.title, shipped.rule.explanation):
        assert set(texts) == set(LANGUAGES)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in texts["zh"])
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in texts["en"])


def test_the_alerts_of_a_shipped_rule_name_nothing_that_is_not_known(shipped):
    for example in shipped.examples:
        for alert in standing_alerts(shipped.rule, example):
            for text in alert.explanation.values():
                assert not any(gap in text for gap in ("unknown", "未知", "{", "}")), example.name


# What the tests inside a shipped rule try


def test_a_shipped_rule_has_a_test_that_fires_and_one_that_is_quiet(shipped):
    assert {bool(example.expected) for example in shipped.examples} == {True, False}
    names = [example.name for example in shipped.examples]
    assert len(names) == len(set(names))


def test_a_shipped_rule_is_tried_with_an_event_that_is_delivered_twice(shipped):
    delivered = [Counter(event.event_id for event in example.events) for example in shipped.examples]
    assert any(max(times.values()) > 1 for times in delivered)


def test_a_shipped_rule_is_tried_with_an_event_that_arrives_late(shipped):
    assert any(
        0 < earlier.event_time - later.event_time <= ALLOWED_LATENESS
        for example in shipped.examples
        for earlier, later in pairwise(example.events)
    )


def test_a_shipped_rule_is_tried_with_two_values_of_every_field_that_must_agree(shipped):
    agreed = {*shipped.rule.by}
    if not isinstance(shipped.rule.body, Window):
        agreed |= {*shipped.rule.body.same, *(step.same for step in shipped.rule.body.steps if step.same)}
    for name in agreed:
        assert any(
            len({getattr(event, name, None) for event in example.events} - {None}) > 1
            for example in shipped.examples
        ), name


def spans(body):
    if isinstance(body, Window):
        return {span for watch in body.watches.values() for span in (watch.within, watch.before) if span}
    found = {body.within, *(step.within for step in body.steps)}
    return (found | {step.unless.before for step in body.steps if step.unless}) - {None}


def test_a_shipped_rule_is_tried_at_the_very_edge_of_its_spans_and_a_second_off(shipped):
    times = [{event.event_time for event in example.events} for example in shipped.examples]

    def is_tried(apart):
        return any(time + apart in within for within in times for time in within)

    for span in spans(shipped.rule.body):
        assert is_tried(span)
        assert is_tried(span - SECOND) or is_tried(span + SECOND)


def test_a_shipped_rule_is_tried_over_one_period_of_its_cooldown_and_into_the_next(shipped):
    at_every_anchor = msgspec.structs.replace(shipped.rule, cooldown=0)
    in_one, in_two = False, False
    for example in shipped.examples:
        alerts = standing_alerts(shipped.rule, example)
        in_one |= len(standing_alerts(at_every_anchor, example)) > len(alerts)
        of_one_kind = Counter((alert.severity, *alert.entity.values()) for alert in alerts)
        in_two |= max(of_one_kind.values(), default=0) > 1
    assert in_one
    assert in_two


def test_a_test_of_a_shipped_rule_fails_without_any_one_of_its_overrides(shipped):
    overrides = shipped.rule.overrides
    for number, override in enumerate(overrides):
        if override.when or override.severity or override.action:
            others = (*overrides[:number], *overrides[number + 1 :])
            assert failures(msgspec.structs.replace(shipped.rule, overrides=others), shipped.examples)


# What holds for each rule over the events of its tests

MANY = 200
"""A test with more events than this takes its time: it is tried less often."""


def alerts_of(rule, events, stop_every=None):
    """What is published over a test's events, each history now and then stored and read back."""
    scope = rule.by[0]
    engine = Engine([msgspec.structs.replace(rule, mode="live")], ALLOWED_LATENESS, HISTORY_CAP)
    codec = Codec(["payments"], scope)
    histories: dict[str, History] = {}
    published = []
    for number, event in enumerate(events):
        key = getattr(event, scope, None)
        if key is None:
            continue
        history = histories.setdefault(key, History())
        published += engine.observe(history, Entry(event, None), event.event_time).alerts
        if stop_every and number % stop_every == 0:
            stored = codec.encode(history.contents(), Tail())
            histories[key] = codec.decode(stored, 0, key)
            engine.settle(histories[key])
    return published


def standing(alerts):
    last = {alert.alert_id: alert for alert in alerts}
    return {alert_id for alert_id, alert in last.items() if alert.status is Status.RAISED}


def in_order(example):
    first_of_id = {event.event_id: event for event in reversed(example.events)}
    return sorted(first_of_id.values(), key=lambda event: (event.event_time, event.event_id))


def test_a_shipped_rule_alerts_the_same_when_it_is_stopped_after_any_event_and_resumed(shipped):
    for example in shipped.examples:
        every = 1 if len(example.events) <= MANY else len(example.events) // 50
        stopped = alerts_of(shipped.rule, example.events, stop_every=every)
        assert stopped == alerts_of(shipped.rule, example.events)


def test_a_shipped_rule_alerts_the_same_when_every_event_comes_twice(shipped):
    for example in shipped.examples:
        doubled = [copy for event in example.events for copy in (event, event)]
        assert alerts_of(shipped.rule, doubled) == alerts_of(shipped.rule, example.events)


def test_a_shipped_rule_alerts_the_same_in_any_order_of_arrival_within_the_lateness(shipped):
    rng = Random(1)
    for example in shipped.examples:
        ordered = in_order(example)
        expected = standing(alerts_of(shipped.rule, ordered))
        for _ in range(5 if len(ordered) <= MANY else 1):
            delays = {event.event_id: rng.randint(0, ALLOWED_LATENESS) for event in ordered}
            arrived = sorted(ordered, key=lambda event: event.event_time + delays[event.event_id])
            assert standing(alerts_of(shipped.rule, arrived)) == expected, example.name


def test_a_shipped_rule_alerts_the_same_when_each_ten_minutes_arrive_backwards(shipped):
    for example in shipped.examples:
        ordered = in_order(example)
        backwards = sorted(reversed(ordered), key=lambda event: event.event_time // ALLOWED_LATENESS)
        expected = standing(alerts_of(shipped.rule, ordered))
        assert standing(alerts_of(shipped.rule, backwards)) == expected, example.name


def test_the_state_of_a_shipped_rule_is_bounded(shipped):
    key = {"user_id": "u1", "merchant_id": "m1"}[shipped.rule.by[0]]
    events = [
        event
        for example in shipped.examples
        for event in example.events
        if len(example.events) <= MANY and getattr(event, shipped.rule.by[0], None) == key
    ]
    engine = Engine([msgspec.structs.replace(shipped.rule, mode="live")], ALLOWED_LATENESS, HISTORY_CAP)
    history = History()
    # Whole periods, so that each turn falls into as many as the first.
    apart = 2 * (shipped.rule.span + shipped.rule.cooldown + ALLOWED_LATENESS) + 86_400_000
    turn = (apart // shipped.rule.cooldown + 1) * shipped.rule.cooldown
    sizes = []
    for again in range(5):
        for number, event in enumerate(sorted(events, key=lambda event: event.event_time)):
            moved = msgspec.structs.replace(
                event, event_id=f"{again}-{number}", event_time=event.event_time + again * turn
            )
            engine.observe(history, Entry(moved, None), moved.event_time)
        engine.settle(history)
        sizes.append((len(history), len(history.alerts)))
    assert len(set(sizes)) == 1

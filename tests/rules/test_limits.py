"""Rules that need more history than the settings keep, of more time or of more events."""

import pytest

from detector.config import StateSettings
from detector.core.durations import parse_duration
from detector.rules.faults import RuleFaultsError
from detector.rules.rule_set import files_in_force, lint, rules_in_force

from .contradictions import TESTS, overridden, select, sequence, when, window
from .mistakes import marked


def state(longest="90d", cap=5_000):
    return StateSettings(longest_history=longest, history_cap=cap)


def notes_on(tmp_path, content, settings):
    path = tmp_path / "r.yaml"
    path.write_text(content)
    _, notes = lint([path], settings)
    return [(tuple(note.mark), note.message, note.is_warning) for note in notes]


TOO_LONG = [
    ("a window", window("{event: debit, within: @2d}"), "2d"),
    (
        "one selector of several",
        select("{a: {event: debit, within: @3d}, b: {event: debit}}", "{count(a): {gte: 9}}"),
        "3d",
    ),
    ("a sequence", sequence("{name: a, event: login}", "{name: b, event: debit}", within="@2d"), "2d"),
    (
        "a sequence by its steps",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 13h}",
            "{name: c, event: debit, within: 12h}",
        ).replace("steps:", "@steps:"),
        "25h",
    ),
]


@pytest.mark.parametrize(("text", "span"), [pytest.param(*row[1:], id=row[0]) for row in TOO_LONG])
def test_a_rule_that_looks_back_further_than_history_is_kept_is_a_fault(tmp_path, text, span):
    content, place = marked(text)
    message = (
        f"the rule looks back {span}, and 1d are kept at most: shorten it, or raise state.longest_history"
    )
    assert notes_on(tmp_path, content + TESTS, state("1d")) == [(place, message, False)]
    assert notes_on(tmp_path, content + TESTS, state(span)) == []


def test_a_rule_that_is_off_needs_no_history(tmp_path):
    content = window("{event: debit, within: 2d}") + "mode: off\n" + TESTS
    assert notes_on(tmp_path, content, state("1d")) == []


def test_a_cooldown_longer_than_history_is_kept_is_a_warning(tmp_path):
    content, place = marked(window("{event: debit, within: 5m}") + "cooldown: @2d\n" + TESTS)
    message = (
        "every alert is remembered for its cooldown, here 2d, longer than any event is kept "
        "(state.longest_history: 1d)"
    )
    assert notes_on(tmp_path, content, state("1d")) == [(place, message, True)]
    assert notes_on(tmp_path, content, state("2d")) == []


def test_a_sequence_of_more_events_than_are_kept_of_a_key_is_a_fault(tmp_path):
    content, place = marked(
        sequence("{name: a, event: login}", "{name: b, event: debit, within: 5m, at_least: @10}") + TESTS
    )
    message = (
        "up to here the sequence needs 11 events, and 10 are kept of a key at most: "
        "lower 'at_least', or raise state.history_cap"
    )
    assert notes_on(tmp_path, content, state(cap=10)) == [(place, message, False)]
    assert notes_on(tmp_path, content, state(cap=11)) == []


APPROXIMATE = [
    when("{count: {gte: @11}}"),
    when("{distinct(card_id): {gt: @11}}"),
    when("{@count: [3, 11]}"),
    overridden(window("{event: debit, within: 5m}"), "{where: {city: A}, when: {count: {gte: @11}}}"),
]


@pytest.mark.parametrize("text", APPROXIMATE)
def test_a_count_beyond_what_is_kept_of_a_key_is_a_warning(tmp_path, text):
    content, place = marked(text + TESTS)
    ((found, message, is_warning),) = notes_on(tmp_path, content, state(cap=10))
    assert (found, is_warning) == (place, True)
    assert message.endswith(
        "is approximate beyond 10 events of a key (state.history_cap), so it may not be met to the event"
    )
    assert notes_on(tmp_path, content, state(cap=11)) == []


@pytest.mark.parametrize("condition", ["{sum(amount): {gte: 11}}", "{count / distinct(city): {gte: 11}}"])
def test_a_sum_or_a_ratio_may_be_as_large_as_it_likes(tmp_path, condition):
    assert notes_on(tmp_path, when(condition) + TESTS, state(cap=10)) == []


def test_a_rule_in_force_that_needs_more_history_than_is_kept_is_refused(tmp_path):
    (tmp_path / "r.yaml").write_text(window("{event: debit, within: 2d}"))
    with pytest.raises(RuleFaultsError, match=r"r\.yaml:3:32: the rule looks back 2d"):
        files_in_force([tmp_path], False, state("1d"))
    assert len(files_in_force([tmp_path], False, state("2d"))) == 1


def test_a_shipped_rule_that_needs_too_much_can_be_replaced(tmp_path):
    longest = max(rules_in_force([], with_catalogue=True), key=lambda rule: rule.span)
    kept = state("1d")
    assert longest.span > kept.longest_history
    with pytest.raises(RuleFaultsError) as raised:
        files_in_force([], True, kept)
    for fault in raised.value.faults:
        shorter = window("{event: debit, within: 1h}").replace("id: r", f"id: {fault.path.stem}")
        (tmp_path / fault.path.name).write_text(shorter)
    files_in_force([tmp_path], True, kept)


def test_the_shipped_rules_need_no_more_history_than_is_kept():
    rules = rules_in_force([], with_catalogue=True)
    assert max(rule.span for rule in rules) <= StateSettings().longest_history == parse_duration("90d")

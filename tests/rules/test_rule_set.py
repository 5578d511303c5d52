"""Rules from several places, and the shipped catalogue as a whole."""

from random import Random

import msgspec
import pytest

from detector.core.alert import Status
from detector.core.engine import Engine
from detector.core.history import Entry, History
from detector.core.texts import LANGUAGES
from detector.rules.faults import RuleFaultsError
from detector.rules.reader import read_rule
from detector.rules.rule_set import CATALOGUE, read_rules, rule_paths, rules_in_force
from detector.rules.trial import ALLOWED_LATENESS, HISTORY_CAP, failures
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


def test_one_file_given_twice_is_no_duplicate(tmp_path):
    path = write(tmp_path, "one")
    assert len(read_rules([path, path])) == 2


def test_the_faults_of_all_files_are_named_at_once(tmp_path):
    write(tmp_path / "a", "x", least="two")
    write(tmp_path / "b", "y", least="two")
    with pytest.raises(RuleFaultsError) as raised:
        rules_in_force([tmp_path / "a", tmp_path / "b"], with_catalogue=True)
    assert [fault.path.name for fault in raised.value.faults] == ["x.yaml", "y.yaml"]


def test_a_directory_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(RuleFaultsError, match="no such file or directory"):
        rules_in_force([tmp_path / "none"], with_catalogue=False)


# The shipped catalogue


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.stem)
def shipped(request):
    return read_rule(request.param)


def test_the_catalogue_is_there_and_reads_without_a_fault():
    assert len(read_rules([CATALOGUE])) == len(SHIPPED) > 0


def test_a_shipped_rule_has_no_warnings_and_the_name_of_its_file(shipped):
    assert shipped.warnings == []
    assert shipped.rule.id == shipped.path.stem


def test_a_shipped_rule_passes_its_own_tests(shipped):
    assert [
        f"{failure.example.name}: {failure.message}" for failure in failures(shipped.rule, shipped.examples)
    ] == []


def test_a_shipped_rule_has_a_test_that_fires_and_one_that_is_quiet(shipped):
    assert {bool(example.expected) for example in shipped.examples} == {True, False}
    names = [example.name for example in shipped.examples]
    assert len(names) == len(set(names))


def test_a_shipped_rule_speaks_both_languages(shipped):
    for texts in (shipped.rule.title, shipped.rule.explanation):
        assert set(texts) == set(LANGUAGES)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in texts["zh"])
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in texts["en"])


def alerts_of(rule, events, resume=False):
    """What is published over a test's events, each history now and then stored and read back."""
    scope = rule.by[0]
    engine = Engine([msgspec.structs.replace(rule, mode="live")], ALLOWED_LATENESS, HISTORY_CAP)
    codec = Codec(["payments"], scope)
    histories: dict[str, History] = {}
    published = []
    for event in events:
        key = getattr(event, scope, None)
        if key is None:
            continue
        history = histories.setdefault(key, History())
        published += engine.observe(history, Entry(event, None), event.event_time).alerts
        if resume:
            stored = codec.encode(history.contents(), Tail())
            histories[key] = codec.decode(stored, 0, key)
            engine.settle(histories[key])
    return published


def standing(alerts):
    last = {alert.alert_id: alert for alert in alerts}
    return {alert_id for alert_id, alert in last.items() if alert.status is Status.RAISED}


def test_a_shipped_rule_alerts_the_same_when_it_is_stopped_after_any_event_and_resumed(shipped):
    for example in shipped.examples:
        assert alerts_of(shipped.rule, example.events, resume=True) == alerts_of(shipped.rule, example.events)


def test_a_shipped_rule_alerts_the_same_when_every_event_comes_twice(shipped):
    for example in shipped.examples:
        doubled = [copy for event in example.events for copy in (event, event)]
        assert alerts_of(shipped.rule, doubled) == alerts_of(shipped.rule, example.events)


def test_a_shipped_rule_alerts_the_same_in_any_order_of_arrival_within_the_lateness(shipped):
    rng = Random(1)
    for example in shipped.examples:
        first_of_id = {event.event_id: event for event in reversed(example.events)}
        in_order = sorted(first_of_id.values(), key=lambda event: (event.event_time, event.event_id))
        expected = standing(alerts_of(shipped.rule, in_order))
        for _ in range(5):
            delays = {event.event_id: rng.randint(0, ALLOWED_LATENESS) for event in in_order}
            arrived = sorted(in_order, key=lambda event: event.event_time + delays[event.event_id])
            assert standing(alerts_of(shipped.rule, arrived)) == expected, example.name


def test_the_state_of_a_shipped_rule_is_bounded(shipped):
    events = [event for example in shipped.examples for event in example.events if event.user_id == "u1"]
    engine = Engine([msgspec.structs.replace(shipped.rule, mode="live")], ALLOWED_LATENESS, HISTORY_CAP)
    history = History()
    turn = 2 * (shipped.rule.span + shipped.rule.cooldown + ALLOWED_LATENESS) + 86_400_000
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

"""Variants of a rule run beside each other, and what each raised."""

from functools import cache

import pytest

from detector.config import StateSettings
from detector.core.alert import Alert
from detector.core.rule import Mode, Rule
from detector.replay.around import around
from detector.replay.backtest import Backtest
from detector.replay.fact import Fact
from detector.replay.frauds import Fraud
from detector.replay.standing import standing
from detector.replay.sweep import sweep
from detector.replay.variants import SweepError, SweepSpec, read_sweep, variants
from detector.rules.reader import RuleFile, read_rule
from detector.rules.rule_set import CATALOGUE, files_in_force
from detector.simulate import Traffic, encode, simulate

from .given import alert

STATE = StateSettings()
BURST = "no-password-burst"


@cache
def _catalogue() -> list[RuleFile]:
    return files_in_force([], True)


def swept(text: str):
    return variants(read_sweep(text), _catalogue(), STATE)


def raised(rules: list[Rule] | tuple[Rule, ...]) -> list[Alert]:
    """What stands after simulated traffic with fraud in it."""
    test = Backtest(rules, STATE.allowed_lateness, STATE.history_cap)
    traffic = Traffic(users=60, events=3_000, seed=3, fraud=0.5)
    return list(standing(test.run(encode(one.event) for one in simulate(traffic))).values())


def test_a_sweep_names_rule_path_and_values():
    expected = SweepSpec("merchant-complaints", "when.distinct(a.b) / count(paid).gte", ("0.01", "0.02"))
    assert read_sweep("merchant-complaints:when.distinct(a.b) / count(paid).gte=0.01..0.02") == expected


@pytest.mark.parametrize("text", ["", "r:p", "r=3", ":p=3", "r:=3", "r:p"])
def test_what_is_no_sweep_is_refused_with_an_example(text):
    with pytest.raises(SweepError, match="is no sweep: write RULE:PATH=VALUES"):
        read_sweep(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{BURST}:when.0.count.gte=9..3",
            "the sweep 'no-password-burst:when.0.count.gte=9..3': '9..3' runs",
        ),
        ("no-password-bust:cooldown=1h", "no rule 'no-password-bust' is in force; did you mean"),
        (f"{BURST}:when.0.count.gt=3", "'when.0.count' of rule no-password-burst has no 'gt'"),
        (f"{BURST}:when.0.count.gte=3,many", "when.0.count.gte of rule no-password-burst cannot be 'many'"),
        (f"{BURST}:id=a", "the id of rule no-password-burst is no parameter"),
    ],
)
def test_what_cannot_be_swept_is_said_in_one_line(text, message):
    with pytest.raises(SweepError) as found:
        swept(text)
    assert str(found.value).startswith(message)
    assert "\n" not in str(found.value)


def test_each_variant_has_its_value_and_an_id_of_its_own_and_counts():
    found = swept(f"{BURST}:when.0.count.gte=4..6").variants
    assert [one.rule.id for one in found] == [f"{BURST}~when.0.count.gte={n}" for n in (4, 5, 6)]
    assert [one.rule.body.when[0][0].comparisons[0].value for one in found] == [4, 5, 6]
    assert [one.is_current for one in found] == [False, True, False]


def test_a_rule_in_shadow_or_off_counts_as_if_it_were_live(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(
        "id: r\nby: user_id\nmode: off\nwindow: {event: debit, within: 1h}\nwhen: {count: {gte: 2}}\n"
    )
    found = variants(read_sweep("r:when.count.gte=2,3"), [read_rule(path)], STATE).variants
    assert [(one.rule.mode, one.is_current) for one in found] == [(Mode.LIVE, True), (Mode.LIVE, False)]


def test_the_present_value_raises_what_the_rule_raises():
    both = swept(f"{BURST}:when.0.count.gte=3..6")
    rule = next(file.rule for file in _catalogue() if file.rule.id == BURST)
    found = raised([rule, *both.rules])
    stories = {
        rule_id: {(one.anchor.event_id, one.severity) for one in found if one.rule_id == rule_id}
        for rule_id in (rule.id, *(one.rule.id for one in both.variants))
    }
    current = next(one.rule.id for one in both.variants if one.is_current)
    assert stories[current] == stories[BURST]
    assert len(stories[BURST]) > 10
    assert [point.alerts for point in sweep(both, found, None).points] == [
        len(stories[one.rule.id]) for one in both.variants
    ]


def test_variants_beside_each_other_raise_what_each_raises_alone():
    both = swept(f"{BURST}:when.0.count.gte=2,12")
    together = sweep(both, raised(both.rules), None)
    alone = [sweep(both, raised([rule]), None).points[n].alerts for n, rule in enumerate(both.rules)]
    assert [point.alerts for point in together.points] == alone
    assert alone[0] > alone[1] > 0


def fraud(event_id: str, kind: str) -> Fraud:
    return Fraud(event_id, kind, "", (Fact(event_id, "u1", "debit", 0, 1, None, None, None),))


def test_a_point_has_precision_and_recall_over_the_kinds_that_the_rule_catches_at_all():
    both = swept(f"{BURST}:when.0.count.gte=5,6")
    low, high = (one.rule.id for one in both.variants)
    alerts = [
        alert("a", 9, rule_id=low, events=["x"]),
        alert("b", 9, rule_id=low, events=["y"]),
        alert("c", 9, rule_id=low),
        alert("d", 9, rule_id=high, events=["x"]),
        alert("e", 9, rule_id="another", events=["other"]),
    ]
    frauds = [fraud("x", "burst"), fraud("y", "burst"), fraud("z", "burst"), fraud("other", "other")]
    first, second = sweep(both, alerts, frauds).points
    assert (first.alerts, first.right, first.caught, first.frauds) == (3, 2, 2, 3)
    assert (first.precision, first.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (second.precision, second.recall) == (1.0, pytest.approx(1 / 3))
    assert (first.is_current, second.is_current) == (True, False)


def test_without_labels_nothing_is_known_of_right_and_wrong():
    point = sweep(swept(f"{BURST}:when.0.count.gte=5"), [], None).points[0]
    assert (point.precision, point.recall, point.frauds) == (None, None, None)


def test_a_value_without_alerts_has_no_precision_but_no_recall_is_a_recall():
    both = swept(f"{BURST}:when.0.count.gte=5,6")
    first = alert("a", 9, rule_id=both.variants[0].rule.id, events=["x"])
    point = sweep(both, [first], [fraud("x", "burst")]).points[1]
    assert (point.precision, point.recall) == (None, 0.0)


@pytest.mark.parametrize(
    ("rule_id", "path", "values"),
    [
        (BURST, "when.0.count.gte", ("2", "3", "4", "5", "6", "7", "8", "9", "10")),
        ("impossible-travel", "when.distinct(city).gte", ("2", "3", "4")),
        (
            "no-password-over-limit",
            "when.0.last(amount).gt",
            ("4000", "6000", "8000", "10000", "12000", "14000", "16000", "18000", "20000"),
        ),
    ],
)
def test_values_around_a_threshold_reach_from_two_fifths_to_twice(rule_id, path, values):
    assert around(read_rule(CATALOGUE / f"{rule_id}.yaml")) == SweepSpec(rule_id, path, values)


def test_all_that_is_found_around_thresholds_can_be_swept_and_has_the_present_value():
    found = {file.rule.id: around(file) for file in _catalogue()}
    for spec in filter(None, found.values()):
        assert sum(one.is_current for one in variants(spec, _catalogue(), STATE).variants) == 1
    assert found["otp-drain"] is None


def written(tmp_path, when: str) -> SweepSpec | None:
    path = tmp_path / "r.yaml"
    path.write_text(f"id: r\nby: user_id\nwindow: {{event: debit, within: 1h}}\nwhen: {when}\n")
    return around(read_rule(path))


def test_fractions_and_durations_have_values_around_them_too(tmp_path):
    assert written(tmp_path, "{count / sum(amount): {gte: 0.035}}").values[:3] == ("0.014", "0.021", "0.028")
    assert written(tmp_path, "{span: {gte: 10m}}").values[:4] == ("4m", "6m", "8m", "10m")


def test_the_first_threshold_with_a_size_is_taken(tmp_path):
    assert written(tmp_path, "{count: 5, max(amount): {lt: 10}}").path == "when.max(amount).lt"
    assert written(tmp_path, "{count: [5, 6]}") is None
    assert written(tmp_path, "{count: {gte: 1}}").values == ("1", "2")

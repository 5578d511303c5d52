"""The measured quality: figures that add up, causes that are told, a page that holds what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchFailed
from bench.quality.__main__ import EVENTS, FRAUD, SEED, USERS
from bench.quality.causes import EVERYDAY, Cause, causes_of
from bench.quality.measured import Measured, measure
from bench.quality.page import put_into
from bench.quality.remote_sessions import alerted_at_the_face
from bench.quality.scenario_files import write_scenarios
from bench.quality.tables import figures
from detector.core.alert import Alert, AnchorEvent, EvidenceEvent, Status, Texts
from detector.core.rule import Mode, Severity
from detector.replay.fact import Fact
from detector.replay.labels import Labelled
from detector.replay.share import Share
from detector.simulate import ScenarioSet
from detector.simulate.frauds import KINDS
from detector.simulate.lookalikes import LOOK_ALIKES
from tests.bench.figures import counts_in, number, shares_in, table_under

DOCS = Path(__file__).parents[2] / "docs"
SMALL = ScenarioSet(users=1_500, events=60_000, seed=2, fraud=0.06)
COMMAND = "python -m bench.quality"


def alert(rule_id: str, user_id: str, *event_ids: str, kind: str = "debit", at: int = 0) -> Alert:
    text = Texts(en="", zh="")
    return Alert(
        alert_id=f"{rule_id} {user_id} {event_ids}",
        status=Status.RAISED,
        revision=1,
        case_id="",
        rule_id=rule_id,
        rule_version="",
        mode=Mode.LIVE,
        severity=Severity.HIGH,
        action="",
        anchor=AnchorEvent(event_id=event_ids[-1], type=kind),
        entity={"user_id": user_id},
        event_time=at,
        detected_at=0,
        title=text,
        explanation=text,
        measures={},
        thresholds={},
        evidence=[EvidenceEvent(event_id=one, type="debit", event_time=0) for one in event_ids],
        evidence_total=len(event_ids),
        late=False,
        approximate=False,
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure(write_scenarios(SMALL, tmp_path_factory.mktemp("set")))


def assert_figures_add_up(text: str) -> None:
    """What is shown twice is the same, sums are sums, and ratios are those of their counts."""
    shown = shares_in(text)
    assert shown
    for one in shown:
        share = Share(one.hits, one.of)
        assert one.percent == pytest.approx(100 * one.hits / one.of, abs=0.051)
        assert (one.low, one.high) == tuple(round(100 * bound) for bound in share.interval or ())
    overall = dict(table_under(text, ""))
    [precision] = shares_in(overall["alerts about a fraud (precision)"])
    [recall] = shares_in(overall["frauds caught, all variants (recall)"])
    [plain] = shares_in(overall["frauds caught, plain variant"])
    kinds = table_under(text, "### Caught, by fraud and variant\n")
    assert [row[0] for row in kinds] == sorted(kind.name for kind in KINDS)
    for _, *variants, all_variants in kinds:
        [share] = shares_in(all_variants)
        assert tuple(map(sum, zip(*map(counts_in, variants), strict=True))) == (share.hits, share.of)
    assert sum(counts_in(row[1])[0] for row in kinds) == plain.hits
    assert sum(shares_in(row[-1])[0].of for row in kinds) == recall.of
    assert sum(shares_in(row[-1])[0].hits for row in kinds) == recall.hits
    for heading in ("### Right, by rule\n", "### Right, by severity\n"):
        shares = [shares_in(row[1])[0] for row in table_under(text, heading)]
        assert sum(share.hits for share in shares) == precision.hits
        assert sum(share.of for share in shares) == precision.of
    *causes, total = table_under(text, "### False alerts, by look-alike\n")
    wrong = precision.of - precision.hits
    assert sum(number(row[2]) for row in causes) == number(total[2]) == wrong
    assert {row[0] for row in causes} <= {EVERYDAY, *(one.name for one in LOOK_ALIKES)}


def test_a_small_run_gives_tables_that_add_up(measured: Measured) -> None:
    text = figures(SMALL, measured, COMMAND)
    assert_figures_add_up(text)
    assert f"1,500 users, 60,000 events over 35 days, 90 frauds, seed 2. Made by `{COMMAND}`." in text


def test_every_fraud_and_event_of_the_set_is_looked_at(measured: Measured) -> None:
    assert measured.quality.all.recall.of == SMALL.frauds
    assert measured.quality.absent == 0
    assert measured.at_the_face.of > 0
    assert len(measured.quality.wrong) == sum(cause.alerts for cause in measured.causes)


def test_a_false_alert_is_put_down_to_the_look_alike_that_most_of_its_evidence_is_of(tmp_path: Path) -> None:
    told = {"a": "parent", "b": "player", "c": "player", "e": "parent"}
    path = tmp_path / "told.ndjson"
    path.write_text("".join(f'{{"event_id":"{key}","look_alike":"{name}"}}\n' for key, name in told.items()))
    wrong = [
        alert("burst", "u1", "a", "b", "c"),
        alert("burst", "u1", "b", "x", "y", "z"),
        alert("burst", "u2", "x", "y"),
        alert("drip", "u3", "c", "a"),
    ]
    assert causes_of(wrong, path) == [
        Cause("player", "burst", 2, 1),
        Cause(EVERYDAY, "burst", 1, 1),
        Cause("parent", "drip", 1, 1),
    ]


@pytest.mark.parametrize(
    ("anchor", "kind", "at", "payment_at", "share"),
    [
        ("face", "face_verification", 10, 20, Share(1, 1)),
        ("face", "face_verification", 10, None, Share(1, 1)),
        # A face of the victim's own, which is not labelled, during the session.
        ("own", "face_verification", 8, 20, Share(1, 1)),
        # The alert names the payment, or money had moved before the face.
        ("money", "transfer", 20, 20, Share(0, 1)),
        ("face", "face_verification", 10, 5, Share(0, 1)),
    ],
)
def test_a_remote_session_is_in_time_where_an_alert_names_the_face_before_any_payment(
    anchor: str, kind: str, at: int, payment_at: int | None, share: Share
) -> None:
    times = {"session": 0, "face": 10} | ({} if payment_at is None else {"money": payment_at})
    kinds = {"session": "remote_session_started", "face": "face_verification", "money": "transfer"}
    facts = {role: Fact(role, "u1", kinds[role], at, None, None, None, None) for role, at in times.items()}
    labels = [Labelled(role, "f1", "remote-session", role, "plain") for role in times]
    raised = alert("face-after-remote-session", "u1", "session", anchor, kind=kind, at=at)
    assert alerted_at_the_face([raised], labels, facts) == share


def test_a_remote_session_without_a_verified_face_is_not_counted() -> None:
    facts = {"session": Fact("session", "u1", "remote_session_started", 0, None, None, None, None)}
    labels = [Labelled("session", "f1", "remote-session", "session", "plain")]
    assert alerted_at_the_face([], labels, facts) == Share(0, 0)


def test_figures_take_the_place_of_those_on_the_page_and_of_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text((DOCS / "quality.md").read_text())
    before, after = page.read_text().split("<!-- figures", 1)[0], page.read_text().split("<!-- end", 1)[1]
    put_into(page, "NEW")
    assert page.read_text().startswith(before)
    assert page.read_text().endswith(after)
    assert page.read_text().count("NEW") == 1
    assert "###" not in page.read_text().split("<!-- figures", 1)[1].split("<!-- end", 1)[0]


def test_a_page_without_a_place_for_figures_is_refused_and_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Nothing here.")
    with pytest.raises(BenchFailed, match="needs a line"):
        put_into(page, "NEW")
    assert page.read_text() == "Nothing here."


def test_the_page_shows_what_the_command_measures_by_default_and_its_figures_add_up() -> None:
    page = (DOCS / "quality.md").read_text()
    shown = page.split("<!-- figures", 1)[1].split("<!-- end", 1)[0]
    assert_figures_add_up(shown)
    assert f"{USERS:,} users, {EVENTS:,} events over 35 days" in shown
    options = f"--users {USERS} --events {EVENTS} --seed {SEED} --fraud {FRAUD}"
    assert f"`{COMMAND} {options}`" in shown


def test_the_documented_shares_of_look_alikes_are_those_in_force() -> None:
    rows = table_under((DOCS / "scenarios.md").read_text(), "## Look-alikes\n")
    documented = {row[0].strip("`"): row[1] for row in rows}
    assert documented == {one.name: f"{100 * one.share:.3g} % of {one.of}" for one in LOOK_ALIKES}

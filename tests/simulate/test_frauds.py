"""Each fraud is what it says it is, at every pace: by its own definition, not by a rule's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from detector.simulate.case import VARIANTS, Case, Kind
from detector.simulate.frauds import KINDS
from detector.simulate.people import Merchant
from detector.simulate.scenario_stream import told
from detector.simulate.scene import Scene
from detector.simulate.spans import DAY, HOUR, MINUTE, SECOND
from detector.simulate.story import Act
from tests.simulate.given import BEGIN, KIND_NAMED, case, scene

PACES = ("plain", "slow", "fast")
CASES = 60
LARGE = 100_000


def marked(case: Case, told_in: Scene) -> list[Act]:
    return sorted((act for act in told(case, told_in) if act.mark), key=lambda act: act.at)


def role(acts: list[Act], name: str) -> list[Act]:
    return [act for act in acts if act.mark and act.mark.role == name]


def span(acts: list[Act]) -> int:
    return acts[-1].at - acts[0].at


def paced(acts: list[Act]) -> list[Act]:
    """Those that someone does on purpose: what is decided days later goes at its own pace."""
    return role(acts, "complaint") or acts


def no_password(acts: list[Act]) -> bool:
    return all(act.type == "debit" and act.fields["auth_method"] == "none" for act in acts)


def merchants(acts: list[Act]) -> set[object]:
    return {act.fields["merchant_id"] for act in acts}


def strange_phone(acts: list[Act]) -> str:
    [phone] = {str(act.fields["device_id"]) for act in acts}
    assert phone != acts[0].person.device_id
    return phone


def is_burst(acts: list[Act], _: Merchant) -> None:
    assert no_password(acts)
    assert 5 <= len(acts) <= 30
    assert len(merchants(acts)) <= 3
    assert all(int(act.fields["amount"]) < LARGE for act in acts)


def is_drip(acts: list[Act], _: Merchant) -> None:
    assert no_password(acts)
    assert len(acts) >= 12
    assert len(merchants(acts)) == 1
    assert all(int(act.fields["amount"]) < 10_000 for act in acts)


def is_over_the_limit(acts: list[Act], merchant: Merchant) -> None:
    assert no_password(acts)
    assert merchants(acts) == {merchant.merchant_id}
    single, daily = {"A": (LARGE, 300_000), "B": (50_000, LARGE), "C": (10_000, 30_000)}[merchant.tier]
    amounts = [int(act.fields["amount"]) for act in acts]
    assert min(amounts) > single or (max(amounts) < single and sum(amounts) > daily)


def is_agreement_drained(acts: list[Act], _: Merchant) -> None:
    activation, *debits = acts
    assert activation.type == "agreement_activated"
    assert activation.fields["consent"] == "default" or activation.fields["new_device"] is True
    assert no_password(debits)
    assert {act.fields["agreement_id"] for act in acts} == {activation.fields["agreement_id"]}
    assert merchants(debits) == {activation.fields["merchant_id"]}
    if activation.fields["new_device"]:
        strange_phone(acts)


def is_remote_session(acts: list[Act], _: Merchant) -> None:
    assert acts[0].type == "remote_session_started"
    assert acts[1].type == "face_verification"
    assert acts[1].fields["result"] == "passed"
    money = role(acts, "money")
    assert money
    assert money[0].at > acts[1].at
    assert {act.type for act in money} <= {"transfer", "debit", "instalment"}
    assert all(int(act.fields["amount"]) >= LARGE for act in money)
    for end in role(acts, "session-end"):
        assert end is acts[-1]
        assert end.fields["session_id"] == acts[0].fields["session_id"]


def is_takeover(acts: list[Act], _: Merchant) -> None:
    login, sync, *money = acts
    assert (login.type, login.fields["new_device"], sync.type) == ("login", True, "sms_sync_enabled")
    assert all(act.fields["auth_method"] == "otp" for act in money)
    cards = [act.fields["card_id"] for act in money]
    assert 2 <= len(set(cards)) <= 5
    assert cards == sorted(cards), "card after card"
    strange_phone(acts)


def is_on_a_new_device(acts: list[Act], _: Merchant) -> None:
    login, *debits = acts
    assert (login.type, login.fields["new_device"]) == ("login", True)
    assert no_password(debits)
    assert len(debits) >= 2
    assert login.fields["city"] != login.person.city
    strange_phone(acts)


def is_with_a_lost_phone(acts: list[Act], _: Merchant) -> None:
    [report] = role(acts, "report")
    assert report.type == "device_reported_lost"
    debits = role(acts, "debit")
    assert {act.type for act in debits} == {"debit"}
    assert {act.fields["device_id"] for act in debits} == {report.fields["device_id"]}
    assert any(act.at > report.at for act in debits)
    assert report.person.device_id != report.fields["device_id"], "the user has another one"


def is_impossible_travel(acts: list[Act], _: Merchant) -> None:
    logins = role(acts, "login")
    assert logins
    assert all(act.fields["city"] != act.person.city for act in logins)
    assert {act.type for act in role(acts, "money")} == {"transfer"}
    strange_phone(acts)


def is_cash_out(acts: list[Act], _: Merchant) -> None:
    bought = role(acts, "instalment")
    assert len(bought) >= 3
    assert all(act.fields["auth_method"] == "face" for act in bought)
    assert len(role(acts, "face")) == len(bought)
    for raised in role(acts, "limit-raise"):
        assert raised is acts[0]


def is_cash_out_merchant(acts: list[Act], merchant: Merchant) -> None:
    bought = role(acts, "instalment")
    assert len({act.person.user_id for act in bought}) >= 25
    assert merchants(bought) == {merchant.merchant_id}
    assert span(bought) < DAY


def is_surge(acts: list[Act], merchant: Merchant) -> None:
    assert no_password(acts)
    assert merchants(acts) == {merchant.merchant_id}
    assert len({act.person.user_id for act in acts}) > len(acts) * 0.8
    a_day_of_this = len(acts) / span(acts) * DAY
    assert a_day_of_this > 10 * 150, "ten times as much as its best day"


def is_uncertified(acts: list[Act], merchant: Merchant) -> None:
    assert merchants(acts) == {merchant.merchant_id}
    assert merchant.terminal_id not in {act.fields["terminal_id"] for act in acts}
    assert not any(act.fields.get("terminal_certified") for act in acts)
    assert any(act.fields.get("terminal_certified") is False for act in acts)


def is_complaint_spike(acts: list[Act], merchant: Merchant) -> None:
    complaints = role(acts, "complaint")
    assert merchants(acts) == {merchant.merchant_id}
    assert len({act.fields["complaint_id"] for act in complaints}) == len(complaints) >= 10
    paid = {act.person.user_id: act.at for act in reversed(role(acts, "payment"))}
    assert all(paid[act.person.user_id] < act.at for act in complaints)


def is_malicious(acts: list[Act], _: Merchant) -> None:
    complaints = role(acts, "complaint")
    assert len(complaints) >= 5
    outcomes = Counter(act.fields["status"] for act in role(acts, "outcome"))
    assert outcomes.total() == len(complaints)
    assert {act.fields["status"] for act in complaints} == {"opened"}
    assert outcomes["upheld"] <= 1


DEFINITIONS: dict[str, Callable[[list[Act], Merchant], None]] = {
    "no-password-burst": is_burst,
    "slow-drip": is_drip,
    "over-limit": is_over_the_limit,
    "agreement-drain": is_agreement_drained,
    "remote-session": is_remote_session,
    "sms-sync-takeover": is_takeover,
    "new-device-debits": is_on_a_new_device,
    "lost-phone": is_with_a_lost_phone,
    "impossible-travel": is_impossible_travel,
    "instalment-cash-out": is_cash_out,
    "cash-out-merchant": is_cash_out_merchant,
    "merchant-surge": is_surge,
    "uncertified-terminals": is_uncertified,
    "complaint-spike": is_complaint_spike,
    "malicious-complaints": is_malicious,
}


def test_the_fifteen_frauds_of_the_product_are_all_there_in_their_order() -> None:
    assert [kind.name for kind in KINDS] == list(DEFINITIONS)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_story_is_what_its_fraud_is(name: str, pace: str) -> None:
    told_in = scene()
    for number in range(CASES):
        acts = marked(case(KIND_NAMED[name], pace, number), told_in)
        DEFINITIONS[name](acts, told_in.people.merchants[number])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_act_of_a_story_bears_its_mark_and_lies_in_its_time(kind: Kind, variant: str) -> None:
    told_in = scene()
    for number in range(CASES):
        acts = marked(case(kind, variant, number), told_in)
        assert {act.mark[:2] + act.mark[3:] for act in acts} == {(f"f{number}", kind.name, variant)}
        assert acts[0].at >= BEGIN - MINUTE
        assert acts[-1].at <= BEGIN + kind.longest + MINUTE


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_slow_story_takes_longer_and_a_fast_one_is_over_sooner(kind: Kind) -> None:
    told_in = scene()
    usual, slow, fast = (
        sum(span(paced(marked(case(kind, pace, number), told_in))) for number in range(CASES))
        for pace in PACES
    )
    assert slow > 1.3 * usual
    assert fast < 0.8 * usual


def test_roles_are_those_that_the_modules_name() -> None:
    told_in = scene()
    for kind in KINDS:
        said = __import__(kind.story.__module__, fromlist=["_"]).__doc__ or ""
        roles = {
            act.mark.role for number in range(CASES) for act in marked(case(kind, "plain", number), told_in)
        }
        assert roles
        assert all(f"`{name}`" in said for name in roles), kind.name


def test_the_victim_of_a_fraud_by_user_is_one_and_a_merchants_fraud_takes_many() -> None:
    of_merchants = {"cash-out-merchant", "merchant-surge", "uncertified-terminals", "complaint-spike"}
    told_in = scene()
    for kind in KINDS:
        for number in range(CASES):
            people = {act.person.index for act in marked(case(kind, "plain", number), told_in)}
            assert (people == {number}) != (kind.name in of_merchants)


def test_both_forms_of_cash_out_and_of_a_drained_agreement_occur() -> None:
    told_in = scene()
    raised, strange = Counter[bool](), Counter[bool]()
    for number in range(CASES):
        raised[
            bool(
                role(marked(case(KIND_NAMED["instalment-cash-out"], "plain", number), told_in), "limit-raise")
            )
        ] += 1
        [activation] = role(
            marked(case(KIND_NAMED["agreement-drain"], "plain", number), told_in), "activation"
        )
        strange[activation.fields["new_device"] is True] += 1
    assert min(raised[True], raised[False], strange[True], strange[False]) > CASES / 5


def test_a_fast_burst_is_a_matter_of_seconds_from_debit_to_debit() -> None:
    for number in range(CASES):
        acts = marked(case(KIND_NAMED["no-password-burst"], "fast", number), scene(str(number)))
        assert all(SECOND <= later.at - act.at <= 10 * SECOND for act, later in pairwise(acts))


def test_a_surge_follows_a_day_of_the_merchants_own_business() -> None:
    told_in = scene()
    for number in range(CASES):
        surge = case(KIND_NAMED["merchant-surge"], "plain", number)
        usual = [act.at for act in told(surge, told_in) if act.mark is None]
        assert len(usual) >= 30
        assert max(usual) - min(usual) > 12 * HOUR
        assert max(usual) <= BEGIN + DAY


def test_the_page_of_the_frauds_names_each_of_them_with_its_roles() -> None:
    page = (Path(__file__).parents[2] / "docs" / "frauds.md").read_text(encoding="utf-8")
    lines = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    told_in = scene()
    for kind in KINDS:
        named = set(lines[kind.name].split("|")[5].replace("`", "").replace(" ", "").split(","))
        cases = [marked(case(kind, "plain", number), told_in) for number in range(CASES)]
        assert {act.mark.role for acts in cases for act in acts} == named, kind.name

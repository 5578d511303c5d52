"""Which rules `detector rules diff-live` sets against each other, and what it says where it cannot tell."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

BURST = """\
id: {id}
mode: {mode}
by: {by}
window: {{event: {event}, within: 10m}}
when: {{count: {{gte: 3}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def add(folder: Path, rule_id: str, mode: str = "shadow", by: str = "user_id", event: str = "debit") -> None:
    (folder / f"{rule_id}.yaml").write_text(BURST.format(id=rule_id, mode=mode, by=by, event=event))


def error_of(detector: Run, folder: Path, *arguments: str) -> str:
    done = detector("rules", "diff-live", "--rules", str(folder), *arguments)
    assert (done.code, done.out) == (2, "")
    # Typer folds what is long.
    return " ".join(done.err.partition("Error: ")[2].split())


def test_a_rule_that_is_not_there_is_guessed_among_those_in_shadow(detector: Run, folder: Path) -> None:
    add(folder, "no-password-burst-2")
    assert error_of(detector, folder, "no-password-burst-3") == (
        "Invalid value for 'SHADOW_RULE': there is no rule 'no-password-burst-3'; "
        "did you mean 'no-password-burst-2'?"
    )
    assert "did you mean 'otp-drain'?" in error_of(detector, folder, "no-password-burst-2", "otp-drains")


def test_where_nothing_is_in_shadow_it_says_where_to_look(detector: Run, folder: Path) -> None:
    assert error_of(detector, folder, "burst-2") == (
        "Invalid value for 'SHADOW_RULE': there is no rule 'burst-2', none is in shadow: "
        "name the workers' directories with --rules"
    )
    done = detector("rules", "diff-live", "--rules", str(folder))
    assert (done.code, done.out, done.err) == (0, "", "no rule is in shadow\n")


def test_each_rule_must_be_of_its_mode(detector: Run, folder: Path) -> None:
    add(folder, "burst-2")
    add(folder, "burst-3")
    assert error_of(detector, folder, "otp-drain") == (
        "Invalid value for 'SHADOW_RULE': rule otp-drain is not in shadow, its mode is live"
    )
    assert error_of(detector, folder, "burst-2", "burst-3") == (
        "Invalid value for 'LIVE_RULE': rule burst-3 is not live, its mode is shadow"
    )


def test_where_several_fit_or_none_it_asks_for_the_live_rule(detector: Run, folder: Path) -> None:
    add(folder, "a", mode="live", event="transfer")
    add(folder, "b", mode="live", event="transfer")
    add(folder, "c", event="transfer")
    add(folder, "d", event="refund")
    assert error_of(detector, folder, "--no-catalogue", "c") == (
        "Invalid value for 'LIVE_RULE': name the live rule that c may replace: "
        "a, b watch the same events by the same key"
    )
    assert error_of(detector, folder, "--no-catalogue", "d") == (
        "Invalid value for 'LIVE_RULE': name the live rule that d may replace: "
        "none watches the same events by the same key; live are a, b"
    )


def test_the_time_must_be_one(detector: Run, folder: Path) -> None:
    assert error_of(detector, folder, "--since", "yesterday") == (
        "Invalid value for '--since': 'yesterday' is neither a duration such as 7d nor a time such as "
        "2026-03-01T08:00"
    )

"""What a run says beside its alerts: facts, how far it is, and how far it came when it was stopped."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest

from detector.config import StateSettings
from detector.core.events import Reason
from detector.replay.fact import Fact
from detector.replay.recorded.batch import Batch, Recorded
from detector.replay.run.backtest import Means, run
from detector.replay.run.errors import StoppedWhileReadingError
from detector.replay.run.progress import Progress, Stage
from detector.replay.run.rule_set import RuleSet

from ...core.given import MINUTE, window
from .given import TINY, Shuffled, as_stream, debit, in_parts, serial

RULES = (
    window({"count": {"gte": 2}}, within="1h", by="user_id"),
    window({"count": {"gte": 3}}, within="1h", by="merchant_id", id="of-merchants"),
)
SETS = [RuleSet("candidate", RULES)]
LINES = [debit(f"e{n}", n * MINUTE, user_id=f"u{n % 7}", merchant_id=f"m{n % 3}") for n in range(60)]
STATE = StateSettings()


def _means(seed: int = 0) -> Means:
    return Means(executor=nullcontext(Shuffled(Random(seed))), limits=TINY)


def _stop_at(stage: Stage, share: float) -> Callable[[Progress], None]:
    """Interrupts a run as Ctrl-C does."""

    def watch(far: Progress) -> None:
        if far.stage is stage and (far.share is None or far.share > share):
            raise KeyboardInterrupt

    return watch


def test_facts_are_of_the_events_that_are_watched_for_with_their_tiers():
    lists = {"user_tier": {"u1": "elderly"}, "merchant_tier": {"m0": "C"}}
    lines = [
        debit("e0", 0, user_id="u1", merchant_id="m0", amount=5),
        debit("e0", MINUTE, user_id="u2", amount=7),
        debit("e1", 0),
        b'{"event_id":"e3","type":"login","event_time":2,"user_id":"u3","new_device":false}',
    ]
    watched = frozenset({"e0", "e3", "e9"})
    with run(in_parts(Random(1), lines), SETS, STATE, lists, watched=watched, means=_means()) as result:
        assert result.facts == {
            "e0": Fact("e0", "u1", "debit", 0, 5, "m0", "elderly", "C"),
            "e3": Fact("e3", "u3", "login", 2, None, None, None, None),
        }


def test_what_the_source_refuses_counts_as_refused():
    batch = Batch([debit("e0", 0)], 100, [Reason.TOO_LARGE, Reason.NULL_VALUE])
    with run(Recorded((), [batch], None), SETS, STATE, {}) as result:
        assert result.summary.events == 3
        assert result.summary.refused == {Reason.TOO_LARGE: 1, Reason.NULL_VALUE: 1}


def test_progress_goes_up_to_all_of_it():
    told: list[Progress] = []
    with run(in_parts(Random(3), LINES), SETS, STATE, {}, watch=told.append, means=_means()):
        shares = [far.share for far in told]
        assert shares == sorted(shares)
        assert [far.events for far in told] == sorted(far.events for far in told)
        assert told[-1] == Progress(Stage.MERCHANTS, 1.0, 60, 60)
        assert len({far.stage for far in told}) == 3


def test_how_far_the_reading_of_a_stream_is_cannot_be_told():
    told: list[Progress] = []
    with run(as_stream(LINES), SETS, STATE, {}, watch=told.append, means=_means()):
        reading = [far for far in told if far.stage is Stage.READING]
        assert {far.share for far in reading} == {None}
        assert reading[-1].read == 60


def test_a_run_that_is_stopped_while_it_reads_has_nothing_to_give(tmp_path: Path):
    means = _means()._replace(spill_dir=tmp_path)
    with (
        pytest.raises(StoppedWhileReadingError, match="there are no alerts"),
        run(in_parts(Random(3), LINES), SETS, STATE, {}, watch=_stop_at(Stage.READING, 0.01), means=means),
    ):
        pytest.fail("there is no result")
    assert not list(tmp_path.iterdir())


def test_a_stream_that_is_stopped_before_it_gave_anything_has_nothing_to_give():
    def stopped():
        raise KeyboardInterrupt
        yield

    with (
        pytest.raises(StoppedWhileReadingError),
        run(Recorded((), stopped(), None), SETS, STATE, {}),
    ):
        pytest.fail("there is no result")


def test_a_run_that_is_stopped_at_its_users_gives_what_is_said_of_some_of_them():
    whole, summary = serial(RULES, LINES, STATE, {})
    with run(
        in_parts(Random(3), LINES), SETS, STATE, {}, watch=_stop_at(Stage.USERS, 0.3), means=_means()
    ) as result:
        alerts = list(result.lines("candidate"))
        stopped = result.summary.interruption
    assert stopped is not None
    assert not stopped.by_merchant
    assert 0 < stopped.share < 1
    assert 0 < result.summary.users < summary.users
    assert 0 < len(alerts) < len(whole)
    assert alerts == [alert for alert in whole if alert in set(alerts)]


def test_a_run_that_is_stopped_at_its_merchants_gives_all_that_is_said_of_users():
    whole, summary = serial(RULES, LINES, STATE, {})
    with run(
        in_parts(Random(3), LINES), SETS, STATE, {}, watch=_stop_at(Stage.MERCHANTS, 0.76), means=_means()
    ) as result:
        alerts = list(result.lines("candidate"))
        stopped = result.summary.interruption
    assert stopped is not None
    assert stopped.by_merchant
    assert 0 < stopped.share < 1
    assert result.summary.users == summary.users
    of_users = [alert for alert in whole if b'"of-merchants"' not in alert]
    assert [alert for alert in alerts if b'"of-merchants"' not in alert] == of_users
    assert len(of_users) < len(alerts) < len(whole)

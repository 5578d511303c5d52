"""An explanation's reasons against the engine's verdict, over random rules and streams.

Where all reasons say that a rule holds, the engine has an anchor, and the reverse; nothing that is explained
changes what the engine finds.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random

from detector.core.active_rule import ActiveRule
from detector.core.engine import Engine
from detector.core.explain.attempts import Attempts
from detector.core.explain.explainer import Explainer
from detector.core.explain.explanation import Explanation, StepState
from detector.core.explain.reasons import Cancelled, Reason, TooEarly, TooFew, TooLate
from detector.core.folding import Folds
from detector.core.history import Entry, History
from detector.core.rule import Rule, Step
from detector.core.selection import Selections
from detector.core.sequence import SequenceEvaluator

from .engine_runs import LATENESS, Detector, decoded, read_rules
from .random_rules import kinds_of, random_rules
from .streams import SHAPES, random_arrival, random_events
from .vocabulary import LISTS

SEEDS = range(200)


def draws(seeds: range, n: int) -> Iterator[tuple[Rule, History]]:
    """A rule with the history of each of its keys."""
    for seed in seeds:
        rng = Random(seed)
        drawn = random_rules(rng)
        events = random_events(rng, n, rng.choice(SHAPES), kinds_of(drawn))
        for rule in read_rules(drawn):
            histories: dict[str, History] = {}
            for event in map(decoded, events):
                key = getattr(event, rule.by[0], None)
                history = histories.setdefault(key, History()) if key else History()
                if not history.knows(event.event_id):
                    history.insert(Entry(event, None))
            yield from ((rule, history) for history in histories.values())


@cache
def _active(rule_id: int) -> ActiveRule:
    return ActiveRule(_RULES[rule_id], Selections(LISTS), Folds(0))


_RULES: dict[int, Rule] = {}


def active(rule: Rule) -> ActiveRule:
    """The rule compiled, once for the same object."""
    _RULES[id(rule)] = rule
    return _active(id(rule))


def anchors(rule: Rule, history: History, at: int) -> set[tuple[str, str]]:
    history.selections.clear()
    found = active(rule).anchors_at(history, at)
    history.selections.clear()
    return {(history.ids[anchor.at], anchor.severity) for anchor in found}


def alert_ids(rule: Rule, history: History, at: int) -> set[str]:
    history.selections.clear()
    found = active(rule).anchors_at(history, at)
    history.selections.clear()
    return {active(rule).alert_id(history, anchor) for anchor in found}


def check_window(found: Explanation, rule: Rule, history: History, upto: int, seen: Counter[str]) -> None:
    assert found.window is not None
    latest = found.window.latest
    triggers = [at for at in range(upto + 1) if active(rule).evaluator.is_trigger(history.entries[at].event)]
    assert (latest is None) == (not triggers)
    if latest is None:
        return
    assert latest.event.event_id == history.ids[triggers[-1]]
    assert any(one.holds for one in latest.alternatives) == latest.holds == found.holds
    assert {(one.event.event_id, one.severity) for one in found.held} == anchors(rule, history, triggers[-1])
    another = found.window.another
    assert another is not None
    assert any(one.holds for one in another.alternatives) == another.holds
    seen["window holds" if latest.holds else "window does not"] += 1
    seen["would hold"] += another.holds and not latest.holds


def check_sequence(found: Explanation, rule: Rule, history: History, upto: int, seen: Counter[str]) -> None:
    assert found.sequence is not None
    steps = found.sequence.steps
    done = [step for step in steps if step.state is StepState.COMPLETED]
    assert len(done) == found.sequence.completed
    alerting = [step.events[-1].event_id for step in done if step.alert is not None]
    assert {one.event.event_id for one in found.held} == set(alerting)
    for held in found.held:
        at = history.ids.index(held.event.event_id)
        assert (held.event.event_id, held.severity) in anchors(rule, history, at)
    if not found.holds:
        recent = history.times[upto] - rule.span
        within_reach = (at for at in range(upto + 1) if history.times[at] >= recent)
        assert not any(anchors(rule, history, at) for at in within_reach)
    for step in steps[len(done) : len(done) + 1]:
        assert all(attempt.reasons for attempt in step.attempts)
    seen["sequence holds" if found.holds else "sequence does not"] += 1


def test_what_is_told_of_each_rule_is_what_the_engine_finds():
    seen: Counter[str] = Counter()
    for rule, history in draws(SEEDS, 40):
        for upto in {len(history) - 1, len(history) // 2}:
            found = Explainer(rule, LISTS).explain(history, upto)
            check = check_window if found.window is not None else check_sequence
            check(found, rule, history, upto, seen)
    print(seen)
    assert min(seen.values()) > 20


def is_true(reason: Reason, step: Step) -> bool:
    """Whether the figures of a reason are ones that keep an event from completing the step."""
    match reason:
        case TooLate(by=by, elapsed=elapsed, within=within):
            return by == elapsed - within > 0
        case TooFew(found=found, needed=needed):
            return found < needed == step.at_least
        case Cancelled(before=before):
            return step.unless is not None and before >= step.unless.before
        case TooEarly(by=by):
            return by is None or by >= 0
        case _:
            return True


def test_an_event_has_reasons_not_to_complete_a_step_where_the_engine_says_that_it_does_not():
    seen: Counter[str] = Counter()
    for rule, history in draws(SEEDS, 40):
        history.selections.clear()
        evaluator = active(rule).evaluator
        if not isinstance(evaluator, SequenceEvaluator):
            continue
        attempts = Attempts(rule, evaluator, history, len(history) - 1)
        for number, step in enumerate(evaluator.steps):
            for at, entry in enumerate(history.entries):
                if entry.event.type not in step.selector.events:
                    continue
                found = attempts.attempt(number, at)
                assert bool(found.reasons) == (attempts.chain(number, at) is None)
                assert all(is_true(reason, step) for reason in found.reasons)
                seen.update({type(reason).__name__ for reason in found.reasons} or {"completed"})
        history.selections.clear()
    print(seen)
    assert len(seen) == 8
    assert min(seen.values()) > 20


def test_an_alert_that_stands_is_explained_at_its_anchor_however_its_events_arrived():
    explained = 0
    for seed in SEEDS:
        rng = Random(seed)
        drawn = random_rules(rng)
        rules = {rule.id: rule for rule in read_rules(drawn)}
        happened = random_events(rng, rng.choice([40, 120]), rng.choice(SHAPES), kinds_of(drawn))
        kept: dict[tuple[str, int], History] = {}

        def keep(
            scope: str, engine: Engine, history: History, kept: dict[tuple[str, int], History] = kept
        ) -> History:
            kept[scope, id(history)] = history
            return history

        arrived = map(decoded, random_arrival(rng, happened, LATENESS))
        Detector(list(rules.values())).run(arrived, keep)
        for history in kept.values():
            for record in history.alerts.values():
                at = history.place(record.anchor)
                if not record.standing or at == len(history) or history.position(at) != record.anchor:
                    continue
                if record.alert_id not in alert_ids(rules[record.rule_id], history, at):
                    continue  # What it rests on is forgotten, or has changed and was said before.
                found = Explainer(rules[record.rule_id], LISTS).explain(history, at, record.alert_id)
                mine = [held for held in found.held if held.alert_id == record.alert_id]
                assert all(held.said is not None and held.said.stands for held in mine)
                assert record.anchor[1] in {held.event.event_id for held in mine}
                explained += 1
    assert explained > 200

"""A sequence rule as a person reads it: each step, and why what came for it was in vain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from detector.core.explain.explanation import Attempt, SequenceSeen, StepSeen, StepState
from detector.core.explain.reasons import (
    Cancelled,
    Differs,
    Lacks,
    Mismatch,
    Reason,
    TooEarly,
    TooFew,
    TooLate,
)
from detector.core.explain.words import Words
from detector.core.rule import Operator
from detector.core.texts import printable

_MARKS = {
    StepState.COMPLETED: "✓",
    StepState.OPEN: "…",
    StepState.MISSED: "✗",
    StepState.NOT_REACHED: "·",
}


def sequence_told(words: Words, sequence: SequenceSeen) -> Iterator[str]:
    """How many steps are completed, and each of them."""
    yield words.say("steps", done=sequence.completed, all=len(sequence.steps))
    for step in sequence.steps:
        yield f"  {_MARKS[step.state]} {step_told(words, step)}"
        for attempt in step.attempts:
            yield f"      {attempt_told(words, attempt)}"


def step_told(words: Words, step: StepSeen) -> str:
    """A step: what completed it, or until when it can be."""
    alerts = words.say("alerts", severity=step.alert) if step.alert is not None else ""
    types = ", ".join(step.types)
    return words.say("step", name=step.name, types=types, alerts=alerts, state=_state(words, step))


def attempt_told(words: Words, attempt: Attempt) -> str:
    """An event that came in vain, with the reasons."""
    return words.say("attempt", event=words.event(attempt.event), reasons=reasons_told(words, attempt))


def reasons_told(words: Words, attempt: Attempt) -> str:
    """Why an event came in vain."""
    return words.joined((_TOLD[type(reason)](words, reason) for reason in attempt.reasons), "and")


def nearest_attempt(sequence: SequenceSeen) -> Attempt | None:
    """The newest event that came in vain, rather one that the step would have selected."""
    attempts = [attempt for step in sequence.steps for attempt in step.attempts]
    fitting = [one for one in attempts if not any(isinstance(r, (Mismatch, Lacks)) for r in one.reasons)]
    found = fitting or attempts
    return found[-1] if found else None


def _state(words: Words, step: StepSeen) -> str:
    match step.state:
        case StepState.COMPLETED:
            event = words.event(step.events[-1])
            so_far = f"{_so_far(words, step)}, " if step.found > 1 else ""
            if step.elapsed is None:
                return so_far + event
            return so_far + words.say("completed_after", event=event, elapsed=words.duration(step.elapsed))
        case StepState.NOT_REACHED:
            return words.say("not_reached")
        case state:
            so_far = f"{_so_far(words, step)}, " if step.at_least > 1 else ""
            if step.until is None:
                return so_far + words.say("open")
            if step.cancelling is not None:
                cancelled = words.event(step.cancelling)
                return so_far + words.say("ends", event=cancelled, time=words.time(step.until + 1))
            name = "open_until" if state is StepState.OPEN else "missed"
            return so_far + words.say(name, time=words.time(step.until))


def _so_far(words: Words, step: StepSeen) -> str:
    if step.distinct is not None:
        return words.say("so_far_distinct", found=step.found, needed=step.at_least, field=step.distinct)
    return words.say("so_far", found=step.found, needed=step.at_least)


def _mismatch(words: Words, reason: Mismatch) -> str:
    value = words.field(reason.field, reason.value)
    if reason.found is None and reason.operator is not Operator.EXISTS:
        return words.say("lacks", field=reason.field)
    found = words.field(reason.field, reason.found)
    if reason.operator in (Operator.EQ, Operator.IN):
        return words.say("mismatch", field=reason.field, found=found, value=value)
    bound = words.bound(reason.operator, value)
    return words.say("out_of_bound", field=reason.field, found=found, bound=bound)


def _lacks(words: Words, reason: Lacks) -> str:
    return words.say("lacks", field=reason.field)


def _differs(words: Words, reason: Differs) -> str:
    found, wanted = words.value(reason.found), words.value(reason.wanted)
    return words.say("differs", field=reason.field, found=found, wanted=wanted)


def _too_early(words: Words, reason: TooEarly) -> str:
    if reason.by is None:
        return words.say("none_before", step=reason.step)
    return words.say("too_early", step=reason.step, by=words.duration(reason.by))


def _too_late(words: Words, reason: TooLate) -> str:
    return words.say(
        "too_late_sequence" if reason.of_sequence else "too_late",
        by=words.duration(reason.by),
        elapsed=words.duration(reason.elapsed),
        since=printable(reason.since.event_id),
        within=words.duration(reason.within),
    )


def _cancelled(words: Words, reason: Cancelled) -> str:
    return words.say("cancelled", event=words.event(reason.event), before=words.duration(reason.before))


def _too_few(words: Words, reason: TooFew) -> str:
    name = "too_few" if reason.distinct is None else "too_few_distinct"
    return words.say(name, found=reason.found, needed=reason.needed, field=reason.distinct)


_TOLD: dict[type[Reason], Callable[[Words, Any], str]] = {
    Mismatch: _mismatch,
    Lacks: _lacks,
    Differs: _differs,
    TooEarly: _too_early,
    TooLate: _too_late,
    Cancelled: _cancelled,
    TooFew: _too_few,
}

"""The engine: keeps the standing alerts of one key true to its events, one event at a time.

The standing alerts are a function of the set of events. An event that comes in order can only make
itself an anchor. One that comes late takes its place, and every event after it within a rule's span is
looked at again: periods gain or lose their anchors, alerts are raised, named anew or withdrawn.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from detector.core.active_rule import ActiveRule
from detector.core.alert import Alert
from detector.core.alert_record import AlertRecord
from detector.core.anchor import Anchor
from detector.core.announcer import Announcer
from detector.core.dispatch import Dispatch
from detector.core.events import Event, Position
from detector.core.folded import Folded
from detector.core.folding import Folds
from detector.core.history import SHORT, Entry, History
from detector.core.lists import NO_LISTS, Lists
from detector.core.predicates import Constants, compile_function, compile_selector, where_source
from detector.core.rule import Mode, Rule, Selector, regardless_of_lists, selectors_of
from detector.core.selection import Selections, identity

_FOLDED_AT_ONCE = 4
"""A key that has too many events gives up a fourth of the cap at once: it costs about as much as one."""
_LEAST_TO_FORGET = 16
"""A shorter history is not tidied up on every event: it costs more than it saves."""


class Outcome(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    TOO_LATE = "too_late"


class Observation(NamedTuple):
    """What an event led to; `late` where it came after the allowed lateness."""

    outcome: Outcome
    late: bool
    alerts: Sequence[Alert]


QUIET = Observation(Outcome.ACCEPTED, False, ())
"""What most events lead to: this very object, so that it is told apart at no cost."""


class Engine:
    """All rules of one scope (user_id or merchant_id), evaluated over the history of each of its keys.

    Args:
        rules: those in mode off are left out.
        allowed_lateness: ms that an event may come behind the newest of its key, in event time.
        history_cap: how many events of one key are kept as they are, and how many of its alerts are
            remembered; a fourth more before older ones fold, or are forgotten.
        lists: by name, at least those that the rules name.
    """

    def __init__(
        self, rules: Iterable[Rule], allowed_lateness: int, history_cap: int, lists: Lists = NO_LISTS
    ) -> None:
        self._lateness = allowed_lateness
        self._cap = history_cap
        self._most = history_cap + history_cap // _FOLDED_AT_ONCE
        selections = Selections(lists)
        self._folds = Folds(allowed_lateness)
        active = [ActiveRule(rule, selections, self._folds) for rule in rules if rule.mode is not Mode.OFF]
        self._active = active
        self._by_type: dict[str, list[ActiveRule]] = {}
        for rule in active:
            for event_type in rule.evaluator.event_types:
                self._by_type.setdefault(event_type, []).append(rule)
        self._dispatch = Dispatch(active, selections)
        self._marked_types = self._dispatch.marks.types
        self._notes = self._dispatch.totals.notes()
        self._no_totals = [0] * len(self._dispatch.totals)
        uses = _uses_by_type(active)
        self._keeps_for_by_type = {
            event_type: _compile_keeps_for(event_type, found, allowed_lateness)
            for event_type, found in uses.items()
        }
        self._keeps = {
            rule.rule.id: allowed_lateness
            + max((uses[name][0][0] for name in rule.evaluator.event_types), default=0)
            for rule in active
        }

    def observe(self, history: History, entry: Entry, detected_at: int) -> Observation:
        """Take one more event into a key's history; gives the alerts that are raised or withdrawn by it."""
        event = entry[0]
        event_time = event.event_time
        times = history.times
        newest = times[-1] if times else -1
        keeps_for = self._keeps_for(event)
        late = event_time < newest - self._lateness
        if late:
            if event_time + keeps_for < newest:
                return Observation(Outcome.TOO_LATE, late, [])
            # What is seen of the past must not depend on when it was last tidied up.
            self._forget(history)
        elif len(times) >= history.forget_at:
            self._forget(history)
            history.forget_at = max(_LEAST_TO_FORGET, 2 * len(history))
        ids = history.ids
        if event.event_id in ids if len(ids) <= SHORT else history.knows(event.event_id):
            return Observation(Outcome.DUPLICATE, late, [])
        if history.folded is not None:
            self._folds.note(history.folded, event)
            if history.folds(event):
                alerts = self._observe_stray(history, entry, detected_at)
                self._bound_what_was_said(history)
                return Observation(Outcome.ACCEPTED, late, alerts)
        index = history.add(entry)
        self._note(history, event)
        history.keep_until = max(history.keep_until, event_time + keeps_for)
        alerts = self._evaluate(history, index, late, detected_at)
        if len(times) > self._most:
            self._fold(history)
        if alerts:
            self._bound_what_was_said(history)
        return Observation(Outcome.ACCEPTED, late, alerts) if alerts or late else QUIET

    def evaluations(self) -> dict[str, int]:
        """How often each rule was evaluated since it was last asked, by rule id; those never are left out.

        Most events touch no rule, and a rule costs what it is evaluated.
        """
        found = {rule.rule.id: rule.evaluations for rule in self._active if rule.evaluations}
        for rule in self._active:
            rule.evaluations = 0
        return found

    def _observe_stray(self, history: History, entry: Entry, detected_at: int) -> list[Alert]:
        """Take in an event too old for a place of its own: judged over the buckets, it becomes part of one.

        The events after it are not looked at again.
        """
        assert history.folded is not None
        alone = History()
        alone.folded, alone.keep_until = history.folded, history.keep_until
        alone.alerts, alone.said = history.alerts, history.said
        alone.insert(entry)
        announcer = self._announcer(alone, True, detected_at)
        for rule in self._by_type.get(entry.event.type, ()):
            for anchor in rule.anchors_at(alone, 0):
                announcer.found(rule, anchor)
        self._folds.take(history.folded, [entry.event])
        history.unsaved += [entry, *alone.unsaved]
        history.keep_until = alone.keep_until
        return announcer.alerts

    def settle(self, history: History) -> None:
        """Bring a history up to date that was restored, or that another engine kept.

        What is over is forgotten, its time to live known, and what an engine keeps beside events made anew.
        """
        self.catch_up(history)
        self._forget(history)
        history.forget_at = max(_LEAST_TO_FORGET, 2 * len(history))
        history.keep_until = 0
        for event, _ in history.entries:
            history.keep_until = max(history.keep_until, event.event_time + self._keeps_for(event))
        for record in history.alerts.values():
            history.keep_until = max(history.keep_until, record.until)

    def catch_up(self, history: History) -> None:
        """Take in what a history was restored with and has no place of its own yet; nothing is forgotten."""
        history.selections.clear()
        history.say_again()
        if history.folded is not None:
            self._folds.take(history.folded, [entry.event for entry in history.stray])
            for event, _ in (*history.stray, *history.entries):
                self._folds.note(history.folded, event)
            history.stray.clear()

    def _forget(self, history: History) -> None:
        newest = history.newest
        history.forget(lambda event: event.event_time + self._keeps_for(event) < newest)
        self._note_anew(history)

    def _note(self, history: History, event: Event) -> None:
        """Keep up what dispatch rests on with one more event of the history.

        A new history has its totals by then, for it is tidied up before its first event.
        """
        event_type = event.type
        if event_type in self._marked_types:
            history.marks |= self._dispatch.marks.of(event)
        note = self._notes.get(event_type)
        if note is not None:
            note(history.totals, event)

    def _note_anew(self, history: History) -> None:
        history.marks = 0
        history.totals = self._no_totals.copy()
        for event, _ in history.entries:
            self._note(history, event)

    def _fold(self, history: History) -> None:
        """Fold what a key has too many of into time buckets, the oldest first."""
        self._forget(history)
        if len(history) <= self._most:
            return
        oldest = history.cut(len(history) - self._cap)
        last = oldest[-1].event
        floor = (last.event_time, last.event_id)
        if history.folded is None:
            history.folded = Folded(floor, {}, {})
            for event, _ in (*oldest, *history.entries):
                self._folds.note(history.folded, event)
        history.folded.floor = floor
        self._folds.take(history.folded, [entry.event for entry in oldest])
        self._folds.tidy(history.folded, history.newest)

    def _bound_what_was_said(self, history: History) -> None:
        """Forget what was said of the periods that are over first, where a key has had too many alerts."""
        if len(history.alerts) <= self._most:
            return
        # How many there are must not depend on when the history was last tidied up.
        self._forget(history)
        if len(history.alerts) > self._most:
            history.forget_alerts(len(history.alerts) - self._cap)

    def _keeps_for(self, event: Event) -> int:
        """How long an event is kept: the longest span of a rule that can use it, and the lateness."""
        keeps_for = self._keeps_for_by_type.get(event.type)
        return self._lateness if keeps_for is None else keeps_for(event)

    def _evaluate(self, history: History, index: int, late: bool, detected_at: int) -> list[Alert]:
        if index + 1 < len(history.times):
            announcer = self._announcer(history, late, detected_at)
            for rule in self._dispatch.touched(history, history.entries[index].event):
                self._look_again(announcer, rule, history, index)
            return announcer.alerts
        rules = self._dispatch.candidates(history)
        if not rules:
            return []
        found = [(rule, anchor) for rule in rules for anchor in rule.anchors_at(history, index)]
        if not found:
            return []
        announcer = self._announcer(history, late, detected_at)
        for rule, anchor in found:
            announcer.found(rule, anchor)
        return announcer.alerts

    def _announcer(self, history: History, late: bool, detected_at: int) -> Announcer:
        return Announcer(history, late, detected_at, self._keeps)

    def _look_again(self, announcer: Announcer, rule: ActiveRule, history: History, index: int) -> None:
        """Set right what a rule said of the events from a late one on, as far as its span reaches."""
        end = history.first_after(history.times[index] + rule.span)
        anchors: dict[str, list[Anchor]] = {}
        for at in rule.evaluator.may_hold(history, index, end):
            for anchor in rule.anchors_at(history, at):
                anchors.setdefault(rule.alert_id(history, anchor), []).append(anchor)
        # Of older events, what they rest on may be forgotten or folded: what was said of them stays said.
        certain_from = history.newest - self._lateness
        if history.folded is not None:
            certain_from = max(certain_from, history.folded.floor[0] + rule.span + 1)
        doubted = _Range(max(history.position(index), (certain_from, "")), history.position(end - 1))
        event = history.entries[index].event
        for record in _said_since(history, rule, doubted.low[0]):
            if rule.is_of_another_key(history, record, event):
                continue
            holding = [anchor.position for anchor in anchors.get(record.alert_id, ())]
            _reconsider(announcer, rule, history, record, _Doubt(doubted, holding, end, (certain_from, "")))
        for found in anchors.values():
            announcer.found(rule, found[0])


def _said_since(history: History, rule: ActiveRule, event_time: int) -> list[AlertRecord]:
    """The standing alerts of a rule that may name events from a time on: what was said before cannot."""
    said = history.said.get(rule.rule.id, _NOTHING_SAID)
    found = []
    for said_at, record in reversed(said.values()):
        if said_at < event_time:
            break
        if record.standing:
            found.append(record)
    # What one event leads to is published in the same order in every run.
    return sorted(found, key=lambda record: (record.first, record.alert_id))


_NOTHING_SAID: OrderedDict[str, tuple[int, AlertRecord]] = OrderedDict()


class _Range(NamedTuple):
    """The positions from `low` to `high`, both included."""

    low: Position
    high: Position

    def __contains__(self, position: object) -> bool:
        return isinstance(position, tuple) and self.low <= position <= self.high


class _Doubt(NamedTuple):
    """Which positions were looked at again, which of them hold, and the index after the last of them.

    From `certain` on everything is at hand that an anchor rests on, whenever the history was tidied last.
    """

    looked_at: _Range
    holding: list[Position]
    end: int
    certain: Position

    def spares(self, position: Position) -> bool:
        """Whether an anchor at the position still holds."""
        return position not in self.looked_at or position in self.holding


def _reconsider(
    announcer: Announcer, rule: ActiveRule, history: History, record: AlertRecord, doubt: _Doubt
) -> None:
    """Keep, name anew or withdraw one standing alert."""
    if not doubt.spares(record.first):
        if doubt.holding:
            record.first = doubt.holding[0]
        else:
            later = rule.next_anchor(history, doubt.end, record)
            if later is None:
                announcer.withdraw(rule, record)
                return
            record.first = later.position
        history.record(record)
    if not doubt.spares(record.anchor):
        another = rule.next_anchor(history, history.place(max(record.first, doubt.certain)), record)
        if another is not None:
            announcer.name_anew(rule, record, another)


def _uses_by_type(rules: list[ActiveRule]) -> dict[str, list[tuple[int, Selector]]]:
    """For each event type, what uses its events and for how long (ms), the longest first."""
    spans: dict[bytes, tuple[int, Selector]] = {}
    for rule in rules:
        # Whatever its lists are, so that a list that changes counts for the whole past at once.
        for selector in map(regardless_of_lists, selectors_of(rule.rule)):
            known = identity(selector, ())
            spans[known] = max(spans.get(known, (0, selector)), (rule.span, selector), key=itemgetter(0))
    uses: dict[str, list[tuple[int, Selector]]] = {}
    for span, selector in sorted(spans.values(), key=itemgetter(0), reverse=True):
        for event_type in compile_selector(selector):
            uses.setdefault(event_type, []).append((span, selector))
    return uses


def _compile_keeps_for(
    event_type: str, uses: list[tuple[int, Selector]], lateness: int
) -> Callable[[Event], int]:
    """A function of an event of that type that gives how long it is kept (ms)."""
    constants = Constants()
    lines = [
        f" if {where_source(event_type, selector.where, constants)}: return {span + lateness}"
        for span, selector in uses
    ]
    source = "\n".join(["def compiled(e):", *lines, f" return {lateness}"])
    keeps_for: Callable[[Event], int] = compile_function(source, constants)
    return keeps_for

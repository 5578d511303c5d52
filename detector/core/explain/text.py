"""An explanation as text, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator

from detector.core.explain.explanation import Explanation, Held, Occasion, OverrideSeen, Said, SequenceSeen
from detector.core.explain.sequence_text import nearest_attempt, reasons_told, sequence_told
from detector.core.explain.window_text import MET, NOT_MET, alternatives_told, occasion_told
from detector.core.explain.words import Words
from detector.core.rule import Mode


def told(explanation: Explanation, language: str) -> list[str]:
    """All of an explanation, line by line; `language` is `en` or `zh`."""
    return list(_Telling(explanation, Words(language)).lines())


def told_in_short(explanation: Explanation, language: str) -> str:
    """Whether the rule holds, or how far it is, in one line."""
    return _Telling(explanation, Words(language)).short()


def said_in_short(said: Said, language: str) -> str:
    """An alert on record in one line."""
    words = Words(language)
    return words.say(
        "one_alert",
        time=words.time(said.event_time),
        severity=said.severity,
        state=words.say("stands" if said.stands else "fell"),
        revision=said.revision,
        id=said.alert_id,
    )


class _Telling:
    def __init__(self, explanation: Explanation, words: Words) -> None:
        self._explanation = explanation
        self._words = words

    def lines(self) -> Iterator[str]:
        explanation, words = self._explanation, self._words
        yield words.say("heading", rule=explanation.rule_id, title=explanation.title[words.language])
        if explanation.mode is not Mode.LIVE:
            yield f"  {words.say(explanation.mode.value)}"
        if explanation.key:
            key = ", ".join(f"{name} {words.value(value)}" for name, value in explanation.key.items())
            yield f"  {words.say('key', key=key)}"
        for line in (*self._verdict(), *self._body(), *self._records()):
            yield f"  {line}"

    def short(self) -> str:
        explanation, words = self._explanation, self._words
        mark = MET if explanation.holds else NOT_MET
        if explanation.sequence is not None:
            return f"{mark} {self._short_sequence(explanation.sequence)}"
        occasion = self._latest()
        if occasion is None:
            return f"{mark} {self._passed_over() or words.say('nothing_seen')}"
        conditions, time = alternatives_told(words, occasion), words.time(occasion.event.event_time)
        return f"{mark} {words.say('short_occasion', conditions=conditions, time=time)}"

    def _short_sequence(self, sequence: SequenceSeen) -> str:
        words = self._words
        steps = words.say("steps", done=sequence.completed, all=len(sequence.steps))
        attempt = nearest_attempt(sequence)
        if attempt is None or self._explanation.holds:
            return steps
        reasons = reasons_told(words, attempt)
        return words.say("short_attempt", steps=steps, type=attempt.event.type, reasons=reasons)

    def _latest(self) -> Occasion | None:
        window = self._explanation.window
        return None if window is None else window.latest

    def _verdict(self) -> Iterator[str]:
        words = self._words
        for held in self._explanation.held:
            yield words.say("holds", severity=held.severity, event=words.event(held.event))
            yield from self._alert(held)
        if not self._explanation.held:
            latest = self._latest()
            event = None if latest is None else words.event(latest.event)
            yield words.say("holds_not") if event is None else words.say("holds_not_at", event=event)

    def _alert(self, held: Held) -> Iterator[str]:
        words, said = self._words, held.said
        if said is None:
            yield f"  {words.say('no_record', id=held.alert_id)}"
            return
        by = words.say("raised_by", id=words.value(said.event_id), time=words.time(said.event_time))
        name = "raised" if said.stands else "withdrawn"
        yield f"  {words.say(name, id=said.alert_id, revision=said.revision, event=by)}"
        if said.stands and held.quiet_until is not None:
            yield f"  {words.say('quiet', time=words.time(held.quiet_until), severity=held.severity)}"

    def _body(self) -> Iterator[str]:
        explanation, words = self._explanation, self._words
        if explanation.sequence is not None:
            yield from self._override(explanation.sequence.override)
            yield from sequence_told(words, explanation.sequence)
            if explanation.sequence.approximate:
                yield words.say("approximate")
            return
        window = explanation.window
        if passed_over := self._passed_over():
            yield passed_over
        if window is None or window.latest is None:
            yield words.say("nothing_seen")
            return
        yield from self._override(window.latest.override)
        yield from occasion_told(words, window.latest)
        if window.latest.approximate:
            yield words.say("approximate")
        if window.another is not None and not window.latest.holds:
            yield self._another(window.another)

    def _passed_over(self) -> str:
        window, words = self._explanation.window, self._words
        if window is None or window.passed_over is None:
            return ""
        event, reasons = words.event(window.passed_over.event), reasons_told(words, window.passed_over)
        return words.say("passed_over", event=event, reasons=reasons)

    def _another(self, another: Occasion) -> str:
        words = self._words
        return words.say(
            "another_holds" if another.holds else "another_not",
            time=words.time(another.event.event_time),
            conditions=alternatives_told(words, another),
        )

    def _override(self, override: OverrideSeen | None) -> Iterator[str]:
        if override is None:
            return
        words = self._words
        found = override.because.items()
        because = words.joined(
            (words.say("is", field=name, found=words.field(name, value)) for name, value in found), "and"
        )
        what = ", ".join(override.replaces)
        yield words.say("override", number=override.number, because=because, what=what)

    def _records(self) -> Iterator[str]:
        known = {held.said.alert_id for held in self._explanation.held if held.said is not None}
        others = [said for said in self._explanation.alerts if said.alert_id not in known]
        if others:
            yield self._words.say("on_record")
        for said in others:
            yield f"  {said_in_short(said, self._words.language)}"

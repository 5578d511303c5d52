"""How events reach the stream: sent again, late, out of order."""

from __future__ import annotations

from collections.abc import Callable

from detector.simulate.draw import Draw
from detector.simulate.event import Fields
from detector.simulate.spans import MINUTE, SECOND
from detector.simulate.story import Act

# A sender that got no answer sends an event again; this happens to one event in 500 of normal life, too.
_SENT_AGAIN_BY_CHANCE = 0.002
_PAUSE = (1 * SECOND, 2 * MINUTE)
# The detector lets events be 10 minutes late by default: most late ones are within it, some beyond.
_WITHIN_LATENESS = (1 * MINUTE, 9 * MINUTE)
_BEYOND_LATENESS = (11 * MINUTE, 45 * MINUTE)


_FAILED_ATTEMPTS = (1, 3)
_BETWEEN_ATTEMPTS = (8 * SECOND, 20 * SECOND)
LONGEST_ATTEMPTS = _FAILED_ATTEMPTS[1] * _BETWEEN_ATTEMPTS[1]
"""So long before its first act a story may begin with attempts that fail, in ms."""


def sent_again_after(draw: Draw) -> int | None:
    """After how many ms an event of normal life is sent again, if it is."""
    return draw.between(*_PAUSE) if draw.chance(_SENT_AGAIN_BY_CHANCE) else None


def retried(acts: list[Act], draw: Draw) -> list[Act]:
    """The acts with failed attempts before some, and half of the fraud's events sent again once or more."""
    tried = [attempt for act in acts for attempt in (*_failed_before(act, draw), act)]
    return _delivered(tried, _sent_again, draw)


def late(acts: list[Act], draw: Draw) -> list[Act]:
    """The acts, half of the fraud's events late and so out of order, some beyond the allowed lateness."""
    return _delivered(acts, _late, draw)


def _delivered(acts: list[Act], delays: Callable[[Draw], tuple[int, ...]], draw: Draw) -> list[Act]:
    # One at least is affected, however few there are.
    surely = draw.pick([number for number, act in enumerate(acts) if act.mark])
    return [
        act._replace(delays=delays(draw)) if number == surely or (act.mark and draw.chance(0.45)) else act
        for number, act in enumerate(acts)
    ]


def _sent_again(draw: Draw) -> tuple[int, ...]:
    return (0, *(draw.between(*_PAUSE) for _ in range(draw.between(1, 3))))


def _late(draw: Draw) -> tuple[int, ...]:
    return (draw.between(*(_BEYOND_LATENESS if draw.chance(0.2) else _WITHIN_LATENESS)),)


def _failed_before(act: Act, draw: Draw) -> list[Act]:
    if act.type != "face_verification" or act.mark is None:
        return []
    failed: Fields = act.fields | {"result": "failed"}
    mark = act.mark._replace(role="failed-face")
    count = draw.between(*_FAILED_ATTEMPTS)
    pause = draw.between(*_BETWEEN_ATTEMPTS)
    return [
        act._replace(at=act.at - (count - number) * pause, fields=failed, mark=mark)
        for number in range(count)
    ]

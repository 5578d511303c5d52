"""Which events go on from their users to their merchants, and what these must know of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import attrgetter
from pathlib import Path

from detector.core.engine import Outcome
from detector.core.events import Event
from detector.core.routing import MERCHANT, Routing
from detector.replay.run.arrived import Arrived
from detector.replay.run.hashing import Groups, key_bytes
from detector.replay.run.keys import Unusual
from detector.replay.run.segments import Segment, Shelves

STAYS = 0
"""The mark of an event that does not go on."""
ORDINARY = 1
"""The mark of an event that its user's engine accepted, and that was not late."""
_LATE = 2
_TOO_LATE = 4

_merchant = attrgetter(MERCHANT)


def marked(mark: int) -> tuple[Outcome, bool]:
    """What became of an event that goes on, and whether it was late."""
    return (Outcome.TOO_LATE if mark & _TOO_LATE else Outcome.ACCEPTED), bool(mark & _LATE)


def marks(events: Sequence[Event], unusual: Unusual, routing: Routing) -> bytes:
    """A mark for each event, which says whether it goes on after what became of it, and what that was."""
    ordinary = [routing.onward(event, Outcome.ACCEPTED) is not None for event in events]
    found = bytearray(ordinary)
    for index, (outcome, late) in unusual.items():
        if routing.onward(events[index], outcome) is None:
            found[index] = STAYS
        else:
            found[index] = ORDINARY | _LATE * late | _TOO_LATE * (outcome is Outcome.TOO_LATE)
    return bytes(found)


def write_onward(found: Arrived, marks_of_sets: Sequence[bytes], groups: Groups, path: Path) -> list[Segment]:
    """Write the events that go on for any rule set by merchant, each with its marks as note."""
    notes = list(map(bytes, zip(*marks_of_sets, strict=True)))
    go_on = list(map(any, notes))
    merchants = list(map(_merchant, compress(found.events, go_on)))
    if not merchants:
        return []
    group_of = _groups_of(set(merchants), groups)
    shelves = Shelves(groups.number, len(marks_of_sets))
    rows = zip(found.places, found.lines, notes, strict=True)
    for merchant, (place, line, note) in zip(merchants, compress(rows, go_on), strict=True):
        shelves.add(group_of[merchant], place, line, note)
    return [shelves.write(path)]


def _groups_of(merchants: Iterable[str], groups: Groups) -> dict[str, int]:
    """The group of each merchant; there are far fewer of them than events."""
    listed = list(merchants)
    return dict(zip(listed, groups.of(map(key_bytes, listed)), strict=True))

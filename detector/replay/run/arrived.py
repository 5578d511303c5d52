"""Lines as events, with what the rules need to know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

from detector.core.events import Event, Reason, Refusal, decode
from detector.core.tiers import Tiers
from detector.replay.run.chunks import Chunk


class Arrived(NamedTuple):
    """Events in the order of arrival, each with its place in that order, its line and its note.

    `refused` counts the lines that are no events, by reason.
    """

    places: Sequence[int]
    lines: Sequence[bytes]
    notes: Sequence[bytes]
    events: list[Event]
    refused: Counter[Reason]


def arrived(chunk: Chunk, tiers: Tiers) -> Arrived:
    """The events of a chunk, each with its tiers."""
    decoded = [decode(line) for line in chunk.lines]
    refused = Counter(event.reason for event in decoded if isinstance(event, Refusal))
    if refused:
        is_event = [not isinstance(event, Refusal) for event in decoded]
        chunk = Chunk._make(tuple(compress(column, is_event)) for column in chunk)
    events = [event for event in decoded if not isinstance(event, Refusal)]
    if tiers.users or tiers.merchants:
        for event in events:
            tiers.give(event)
    return Arrived(*chunk, events, refused)


def by_key(events: Sequence[Event], field: str) -> dict[str, list[int]]:
    """The indices of each key's events."""
    found: dict[str, list[int]] = {}
    for index, event in enumerate(events):
        key = getattr(event, field)
        if key in found:
            found[key].append(index)
        else:
            found[key] = [index]
    return found

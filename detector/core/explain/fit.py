"""Why a selector does not select an event of one of its types, whatever came before."""

from __future__ import annotations

from collections.abc import Iterable

from detector.core.events import Event
from detector.core.explain.reasons import Lacks, Mismatch, Reason
from detector.core.lists import Lists
from detector.core.predicates import compares
from detector.core.rule import Selector


def unfit(selector: Selector, needs: Iterable[str], event: Event, lists: Lists) -> list[Reason]:
    """What of its `where` fails, and which of the fields are missing that it needs; nothing where it fits."""
    mismatches: list[Reason] = [
        Mismatch(field=name, found=getattr(event, name, None), operator=one.operator, value=one.value)
        for name, comparisons in selector.where.items()
        for one in comparisons
        if not compares(getattr(event, name, None), one, lists)
    ]
    missing = [name for name in dict.fromkeys(needs) if getattr(event, name, None) is None]
    return mismatches + [Lacks(field=name) for name in missing]

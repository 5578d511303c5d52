"""What the analysis finds, and the part of the rule that it is about."""

from __future__ import annotations

from typing import NamedTuple

Path = tuple[str | int, ...]
"""The way from a rule's top to one of its parts, by keys and places in lists: ('when', 0, 'count', 'gte')."""


class Finding(NamedTuple):
    """A part of a rule that can never do anything, or with `is_warning` one that says nothing."""

    path: Path
    message: str
    is_warning: bool = False

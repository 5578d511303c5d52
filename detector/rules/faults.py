"""What is wrong in a rule file, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple


class Mark(NamedTuple):
    """A place in a file; both numbers begin at 1."""

    line: int
    column: int


class Fault(NamedTuple):
    """One thing that is wrong, or with `is_warning` only unwise."""

    path: Path
    mark: Mark
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.is_warning else ""
        return f"{self.path}:{self.mark.line}:{self.mark.column}: {kind}{self.message}"


class RuleFaultsError(Exception):
    """Rule files that cannot be used; `faults` says all that is wrong with them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = list(faults)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them where none is near."""
    known = list(known)
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"known here: {', '.join(known)}"

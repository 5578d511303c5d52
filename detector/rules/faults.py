"""What is wrong in a rule file, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from detector.rules.synonyms import SYNONYMS

_LONGEST_QUOTE = 60


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


def close_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: nearly spelt so, or the one for what other tools call so."""
    known = list(known)
    for elsewhere in SYNONYMS.get(word.strip().lower().replace("-", "_"), ()):
        if elsewhere in known:
            return elsewhere
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word[:_LONGEST_QUOTE].lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them where none is near."""
    known = list(known)
    close = close_word(word, known)
    return f"did you mean '{close}'?" if close else f"known here: {', '.join(known)}"


def quoted(text: str) -> str:
    """What someone wrote, between quotes, on one line and not too long."""
    shown = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
    return f"'{''.join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)}'"

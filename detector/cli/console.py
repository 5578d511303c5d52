"""How commands speak: data to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from typing import NoReturn

from rich.console import Console

_WIDE = 200
"""Columns where nobody's terminal sets a limit: what is piped is not folded."""

# Much of what is said comes from events and files: brackets and colons in it are no markup and no emoji.
stdout = Console(
    highlight=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() else _WIDE,
    markup=False,
    emoji=False,
)
stderr = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def fail(message: str) -> NoReturn:
    """Say what is wrong, on stderr, and end with exit code 1."""
    print(message, file=sys.stderr)
    sys.exit(1)

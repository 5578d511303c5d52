"""`--since 24h`: the time from which on what lies on a topic counts."""

from __future__ import annotations

import time

import typer

from detector.config.values import read_duration


def check_duration(text: str | None) -> str | None:
    """The text of an option as it was given, where it is a duration or missing; for use as a callback.

    Raises:
        typer.BadParameter: it is something else.
    """
    if text is not None:
        try:
            read_duration(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return text


def time_since(duration: str) -> int:
    """The time (ms) that lies so long back."""
    return int(time.time() * 1000) - read_duration(duration)

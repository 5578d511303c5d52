"""Times as people name them: so long ago, or a time of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from detector.core.durations import parse_duration


def moment(text: str, now: int) -> int:
    """The time (ms) that a text names: `7d` before now, or `2026-03-01T08:00`, in UTC where it says no zone.

    Raises:
        ValueError: it names none; the message says what would.
    """
    ago = parse_duration(text)
    if ago is not None:
        return max(0, now - ago)
    try:
        # Kafka knows no time before 1970.
        return max(0, time_named(text))
    except ValueError:
        raise ValueError(
            f"'{text}' is neither a duration such as 7d nor a time such as 2026-03-01T08:00"
        ) from None


def time_named(text: str) -> int:
    """The time (ms) that `2026-03-01T08:00` names, in UTC where it says no zone.

    Raises:
        ValueError: it names none.
    """
    named = datetime.fromisoformat(text)
    return round(named.replace(tzinfo=named.tzinfo or UTC).timestamp() * 1000)


def moment_of_option(text: str, now: int, option: str) -> int:
    """The time (ms) that an option names.

    Raises:
        typer.BadParameter: it names none.
    """
    try:
        return moment(text, now)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=f"'{option}'") from None

"""Exceptions in words that may be logged: where it broke, and not what an event held."""

import asyncio
import traceback

from aiokafka.errors import KafkaError

# What these say names places and settings. Any other message may quote an event, as that of a KeyError does.
_SPEAKING = (KafkaError, OSError)


def described(error: BaseException) -> str:
    """The class, and what the exception says where that quotes nothing of an event."""
    return f"{_name(error)}: {error}" if _speaks(error) else _silenced(error)


def said(error: BaseException) -> str:
    """What the exception says; its class where that is nothing, or might quote an event."""
    return str(error) or _name(error) if _speaks(error) else _silenced(error)


def traced(error: BaseException) -> str:
    """The traceback of an exception, after that of what it came from."""
    own = [
        "Traceback (most recent call last):\n",
        *traceback.format_tb(error.__traceback__),
        described(error),
    ]
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(own) if origin is None else f"{traced(origin)}\n\nIt led to this:\n\n{''.join(own)}"


def harmless(argument: object) -> object:
    """What may stand for an argument of a log record."""
    if isinstance(argument, BaseException):
        return described(argument)
    # Its text holds its result or its exception.
    return type(argument).__name__ if isinstance(argument, asyncio.Future) else argument


def _speaks(error: BaseException) -> bool:
    return isinstance(error, _SPEAKING) or type(error).__module__.startswith("detector.")


def _silenced(error: BaseException) -> str:
    return f"{_name(error)} (what it says is left out, for it may quote an event)"


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"

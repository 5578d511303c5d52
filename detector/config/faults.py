"""What is wrong with the settings, said so that their writer can mend it."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from detector.config.settings import Key, secret_keys, sections

_EXPECTED = {
    "model_type": "expected a section, that is keys and their values",
    "path_not_file": "expected a file that exists",
    "path_not_directory": "expected a directory that exists",
    "string_too_short": "expected some text",
}


class ConfigError(Exception):
    """The settings cannot be used; the message has one line for each fault and never a secret."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def faults_of(error: ValidationError, origins: Mapping[Key, str]) -> list[str]:
    """Write one line for each error: where it was set, which key, what was found and what is expected."""
    return [_line(details, origins) for details in error.errors(include_url=False)]


def _line(details: ErrorDetails, origins: Mapping[Key, str]) -> str:
    key = tuple(str(part) for part in details["loc"])
    origin = origins.get(key[:2]) or origins.get(key[:1]) or "settings"
    return f"{origin}: {'.'.join(key)}: {_complaint(key, details)}"


def _complaint(key: Key, details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        return _unknown(key)
    expected = _EXPECTED.get(details["type"]) or _own_words(details["msg"])
    return f"{_found(key, details['input'])}{expected}"


def _own_words(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "expected", 1)


def _found(key: Key, value: Any) -> str:
    """Quote the value, unless it may hold a secret or is a whole section."""
    harmless = isinstance(value, str | int | float) and key[:2] not in secret_keys() and "@" not in str(value)
    return f"found {str(value)!r}, " if harmless else ""


def _unknown(key: Key) -> str:
    section = sections().get(key[0]) if len(key) > 1 else None
    return unknown_name(key[-1], section.model_fields if section else sections())


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Say that there is no setting of this name, and which was probably meant."""
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(known)}"
    return f"no such setting; {hint}"

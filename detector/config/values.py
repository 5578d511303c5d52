"""The kinds of value that several settings share: durations, addresses, lists."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, DirectoryPath, PlainSerializer, StringConstraints
from pydantic_settings import NoDecode

from detector.core.durations import parse_duration

_UNITS = ("d", "h", "m", "s", "ms")
_ADDRESS = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[^\s,:@/\[\]]+):(\d{1,5})")
_HIGHEST_PORT = 65_535


def read_duration(text: object) -> int:
    """Turn ``90s``, ``10m``, ``24h`` or ``30d`` into milliseconds.

    Raises:
        ValueError: The value is anything else.
    """
    milliseconds = parse_duration(text)
    if milliseconds is None:
        raise ValueError("expected a duration such as 90s, 10m, 24h or 30d")
    return milliseconds


def format_duration(milliseconds: int) -> str:
    """Write milliseconds as ``read_duration`` reads them, in the largest unit that divides them."""
    sizes = {unit: read_duration(f"1{unit}") for unit in _UNITS}
    unit = next(unit for unit, size in sizes.items() if milliseconds % size == 0) if milliseconds else "s"
    return f"{milliseconds // sizes[unit]}{unit}"


def split_list(value: Any) -> Any:
    """Split the one string of an environment variable at its commas; leave lists alone."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def check_address(address: str) -> str:
    """Accept ``HOST:PORT``.

    Raises:
        ValueError: The address lacks a host or a port, or the port is out of range.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match[1]) <= _HIGHEST_PORT:
        raise ValueError("expected HOST:PORT")
    return address


def check_addresses(addresses: str) -> str:
    """Accept ``HOST:PORT`` or several, separated by commas, and drop the blanks.

    Raises:
        ValueError: One of them is not an address.
    """
    return ",".join(check_address(address) for address in split_list(addresses))


DurationMs = Annotated[
    int, BeforeValidator(read_duration), PlainSerializer(format_duration, return_type=str, when_used="json")
]
Addresses = Annotated[str, AfterValidator(check_addresses)]
AddressList = Annotated[
    tuple[Annotated[str, AfterValidator(check_address)], ...], NoDecode, BeforeValidator(split_list)
]
DirectoryList = Annotated[tuple[DirectoryPath, ...], NoDecode, BeforeValidator(split_list)]
Name = Annotated[str, StringConstraints(min_length=1)]
SecretFile = Path | None

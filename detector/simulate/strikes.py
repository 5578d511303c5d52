"""Which kinds of fraud occur in which variants."""

from __future__ import annotations

from typing import NamedTuple

from detector.simulate.case import VARIANTS, Kind, Variant
from detector.simulate.frauds import KINDS

ALL = "all"


class Strike(NamedTuple):
    """A kind of fraud in one of its variants."""

    kind: Kind
    variant: Variant


# Few frauds are of as many kinds as there can be.
ALL_STRIKES = tuple(Strike(kind, variant) for variant in VARIANTS for kind in KINDS)


def strikes_named(text: str) -> tuple[Strike, ...]:
    """Those that a text names: `all`, `lost-phone,slow-drip`, `all:plain` or `lost-phone:late,all:fast`.

    Raises:
        ValueError: a kind or variant that there is not.
    """
    asked = [_split(part.strip()) for part in text.split(",")]
    return tuple(
        strike
        for strike in ALL_STRIKES
        if any(
            kind in {ALL, strike.kind.name} and variant in {ALL, strike.variant} for kind, variant in asked
        )
    )


def _split(part: str) -> tuple[str, str]:
    kind, _, variant = part.partition(":")
    _check("kind of fraud", kind, [kind.name for kind in KINDS])
    _check("variant", variant or ALL, VARIANTS)
    return kind, variant or ALL


def _check(what: str, name: str, known: tuple[Variant, ...] | list[str]) -> None:
    if name not in {ALL, *known}:
        raise ValueError(f"'{name}' is no {what}; there are: {', '.join([ALL, *known])}")

"""What the report says of a fraud in few words."""

from __future__ import annotations

from detector.replay.frauds import Fraud


def moved(fraud: Fraud) -> int:
    """The money that a fraud's events moved, in fen."""
    return sum(event.amount or 0 for event in fraud.payments)


def victims(fraud: Fraud) -> str:
    """Whom a fraud happened to: the user, or how many there are, and where."""
    if len(fraud.users) == 1:
        return next(iter(fraud.users))
    merchants = sorted(fraud.merchants)
    where = merchants[0] if len(merchants) == 1 else f"{len(merchants)} merchants"
    return f"{len(fraud.users)} users at {where}" if merchants else f"{len(fraud.users)} users"

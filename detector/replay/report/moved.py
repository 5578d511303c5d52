"""The money that a fraud moved."""

from __future__ import annotations

from detector.replay.frauds import Fraud


def moved(fraud: Fraud) -> int:
    """The money that a fraud's events moved, in fen."""
    return sum(event.amount or 0 for event in fraud.payments)

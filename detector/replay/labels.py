"""What is known of recorded events and alerts: which were fraud."""

from __future__ import annotations

from typing import NamedTuple


class Labelled(NamedTuple):
    """Says of an event that it belongs to a fraud; what the file does not say is empty.

    Without a `fraud_id` all such events of one user are one fraud.
    """

    event_id: str
    fraud_id: str = ""
    kind: str = ""
    role: str = ""
    variant: str = ""

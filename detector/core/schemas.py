"""The JSON Schemas of events and alerts, made from the types that decode the ones and encode the others."""

from __future__ import annotations

from typing import Any

import msgspec

from detector.core.alert import Alert
from detector.core.events import AnyEvent

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_URN = "urn:streaming-fraud-detector:schema"


def events_schema() -> Schema:
    """The schema of one event of any type, as an input topic carries it."""
    return _described(
        AnyEvent, "events", "An event", "One event on an input topic; unknown fields are ignored."
    )


def alerts_schema() -> Schema:
    """The schema of one alert, raised or withdrawn, as the alert topics carry it."""
    return _described(
        Alert, "alerts", "An alert", "One alert, or its withdrawal; deduplicate on alert_id and revision."
    )


def _described(described: Any, name: str, title: str, description: str) -> Schema:
    about = {"$schema": _DRAFT, "$id": f"{_URN}:{name}", "title": title, "description": description}
    return about | msgspec.json.schema(described)

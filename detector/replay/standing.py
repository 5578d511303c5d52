"""Which alerts stand in the end."""

from __future__ import annotations

from collections.abc import Iterable

from detector.core.alert import Alert, Status


def standing(alerts: Iterable[Alert]) -> dict[str, Alert]:
    """The last raised revision of each alert that stands when all of these were published, by alert_id."""
    found: dict[str, Alert] = {}
    for alert in alerts:
        if alert.status is Status.RAISED:
            found[alert.alert_id] = alert
        else:
            found.pop(alert.alert_id, None)
    return found

"""Which alerts stand in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from detector.core.alert import Alert, Status

_NONE: Mapping[str, Alert] = MappingProxyType({})


def standing(alerts: Iterable[Alert], known: Mapping[str, Alert] = _NONE) -> dict[str, Alert]:
    """The last raised revision of each alert that stands when all of these were published, by alert_id.

    An alert takes some kilobytes: one that equals what is known of its id is that one.
    """
    found: dict[str, Alert] = {}
    for alert in alerts:
        if alert.status is Status.RAISED:
            same = known.get(alert.alert_id, alert)
            found[alert.alert_id] = same if same == alert else alert
        else:
            found.pop(alert.alert_id, None)
    return found

"""What a key's history remembers of an alert."""

from __future__ import annotations

import msgspec

from detector.core.events import Position
from detector.core.rule import Severity


class AlertRecord(msgspec.Struct, gc=False):
    """What was said of one alert, so that it is neither raised twice nor forgotten when it falls.

    `anchor` is the event it names, `first` the earliest anchor known in its period; `until` is the event
    time (ms) up to which the record is kept. `in_shadow` says that it was raised while its rule was in
    shadow: those who act on alerts know nothing of it.
    """

    rule_id: str
    alert_id: str
    case_id: str
    severity: Severity
    anchor: Position
    first: Position
    revision: int
    standing: bool
    until: int
    in_shadow: bool = False

"""What one key costs that has more and more events: a user who floods, and a merchant with a million a day.

The engine and the codec alone, with all rules of the key's scope: no Kafka, no Redis. The events come at the
pace of a million a day, each a little out of order. Between two sizes the mean time an event is measured in
CPU time, and the bytes are those that a store would hold of the key.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from detector.config import Settings
from detector.core.engine import Engine
from detector.core.events import Debit, Event, Instalment
from detector.core.history import Entry, History
from detector.core.routing import MERCHANT, USER, rules_by
from detector.core.rule import Rule
from detector.state.codec import Codec, Tail

_SIZES = (1_000, 5_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
_START = 1_767_225_600_000
_BETWEEN_MS = 86.4
_OUT_OF_ORDER_MS = 300
_SEED = 20260101


class WideKey(StrEnum):
    """Whose events there are so many of."""

    USER = USER
    MERCHANT = MERCHANT


@dataclass(frozen=True)
class WideCost:
    """One size of one key: `microseconds` is the mean since the size before, `bytes` what is stored."""

    key: WideKey
    events: int
    microseconds: float
    bytes: int
    kept: int
    alerts: int


def measure_wide(rules: Sequence[Rule], key: WideKey, most: int) -> list[WideCost]:
    """The cost at each size up to `most` events."""
    state = Settings().state
    engine = Engine(rules_by(key, rules), state.allowed_lateness, state.history_cap)
    codec, history = Codec(("payments",), key), History()
    found: list[WideCost] = []
    alerts, seconds, last = 0, 0.0, 0
    gc.collect()
    gc.disable()
    try:
        for number, event in enumerate(_events(key, most), 1):
            started = time.process_time()
            alerts += len(engine.observe(history, Entry(event, None), event.event_time).alerts)
            seconds += time.process_time() - started
            history.unsaved.clear()
            if number in _SIZES:
                size = len(codec.encode(history.contents(), Tail()))
                found.append(
                    WideCost(key, number, seconds / (number - last) * 1e6, size, len(history), alerts)
                )
                seconds, last = 0.0, number
    finally:
        gc.enable()
    return found


def _events(key: WideKey, number: int) -> Iterator[Event]:
    """Debits, most without a password, and instalments: of one user at 3,000 merchants, or the reverse."""
    random = Random(_SEED)
    for place in range(number):
        event_time = _START + int(place * _BETWEEN_MS) + random.randint(-_OUT_OF_ORDER_MS, _OUT_OF_ORDER_MS)
        is_user = key is WideKey.USER
        user = "u1" if is_user else f"u{random.randrange(200_000):06}"
        merchant = f"m{random.randrange(3_000):04}" if is_user else "m1"
        amount, device = random.randint(100, 9_900), f"d{random.randrange(1_000):04}"
        if random.random() < 0.1:
            yield Instalment(
                f"e{place:07}", event_time, user,
                amount=amount, currency="CNY", merchant_id=merchant, auth_method="face", instalments=3,
                device_id=device,
            )  # fmt: skip
        else:
            yield Debit(
                f"e{place:07}", event_time, user,
                amount=amount, currency="CNY", merchant_id=merchant, device_id=device,
                auth_method="none" if random.random() < 0.7 else "password",
            )  # fmt: skip

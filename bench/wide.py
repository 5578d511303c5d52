"""What one key costs that has more and more events: a user who floods, and a merchant with a million a day.

The engine, the codec and the worker's histories alone, with all rules: no Kafka, no Redis. The events come
at the pace of a million a day, each a little out of order, and what is new is written after each hundred.
Between two sizes the mean CPU time an event is measured, of deciding and of making the writes, and the bytes
are those that a store holds of the key by then.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from detector.config import Settings
from detector.core.deciding import Deciding
from detector.core.events import Debit, Event, Instalment
from detector.core.history import Entry, Source
from detector.core.routing import MERCHANT, USER
from detector.core.rule import Rule
from detector.state.memory_store import MemoryStore
from detector.stream.histories import Histories
from detector.stream.scopes import Scopes

_TOPICS = ("payments",)
_ROUND = 100
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
    """One size of one key, with the means since the size before, in us of CPU an event.

    `bytes` is what is stored, `kept` how many events are kept as they are, `alerts` how many were published.
    """

    key: WideKey
    events: int
    decide_us: float
    write_us: float
    bytes: int
    kept: int
    alerts: int


def measure_wide(rules: Sequence[Rule], key: WideKey, most: int) -> list[WideCost]:
    """The cost at each size up to `most` events."""
    run = _Run(rules, key)
    found: list[WideCost] = []
    gc.collect()
    gc.disable()
    try:
        for number, event in enumerate(_events(key, most), 1):
            run.take(event)
            if number % _ROUND == 0:
                run.write()
            if number in _SIZES:
                found.append(run.cost(number, number - (found[-1].events if found else 0)))
    finally:
        gc.enable()
    return found


class _Run:
    """A worker's histories with the one key, and the bytes that a store would hold."""

    def __init__(self, rules: Sequence[Rule], key: WideKey) -> None:
        state = Settings().state
        scopes = Scopes(_TOPICS, 1, Deciding(rules, {}, state.allowed_lateness, state.history_cap))
        self._kind = key
        self._engine = (scopes.user if key is WideKey.USER else scopes.merchant).engine
        self._histories = Histories(MemoryStore(), scopes, state.keep_after, 1)
        self._key = f"{scopes.user.prefix}u1" if key is WideKey.USER else f"{scopes.merchant.prefix}m1"
        asyncio.run(self._histories.load({0: [self._key]}))
        self._history = self._histories.of(0)[self._key]
        self._offset = self._alerts = self._bytes = 0
        self._deciding = self._writing = 0.0

    def take(self, event: Event) -> None:
        """Decide on one more event."""
        entry = Entry(event, Source(_TOPICS[0], 0, self._offset))
        self._offset += 1
        started = time.process_time()
        observation = self._engine.observe(self._history, entry, event.event_time)
        self._deciding += time.process_time() - started
        self._alerts += len(observation.alerts)

    def write(self) -> None:
        """Write what is new."""
        started = time.process_time()
        writes = self._histories.writes_of(0, [self._key])
        self._writing += time.process_time() - started
        for write in writes:
            self._bytes = len(write.data) + (0 if write.replace else self._bytes)

    def cost(self, events: int, since: int) -> WideCost:
        """What was spent on the events since it was last asked."""
        found = WideCost(
            key=self._kind,
            events=events,
            decide_us=self._deciding / since * 1e6,
            write_us=self._writing / since * 1e6,
            bytes=self._bytes,
            kept=len(self._history),
            alerts=self._alerts,
        )
        self._deciding = self._writing = 0.0
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

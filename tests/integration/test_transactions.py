"""Producers may write in transactions, whose markers take offsets but are no records."""

import json
import time
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.integration.live import Live, Worker

LONG_AGO_MS = 3_600_000


def _event(number: int, kind: str, at: int, **fields: Any) -> dict[str, Any]:
    return {"event_id": f"e{number}", "type": kind, "event_time": at, "user_id": "u1"} | fields


async def test_a_log_that_ends_with_a_marker_is_read_to_its_end_and_holds_up_no_other(
    live: Live,
) -> None:
    # Given a login of an hour ago, the last of its topic, written in a transaction
    now = int(time.time() * 1000)
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, transactional_id=live.prefix)
    await producer.start()
    try:
        async with producer.transaction():
            login = _event(0, "login", now - LONG_AGO_MS, new_device=False)
            await producer.send(live.names["logins"], key=b"u1", value=json.dumps(login).encode())
    finally:
        await producer.stop()
    worker = live.start()
    try:
        await worker.ready()
        await worker.has_processed(1)
        # Nothing is left to do: the watchdog would end a worker that is behind and makes no progress.
        await worker.has_caught_up()
        await _payments_pass(live, worker, now)
    finally:
        worker.kill()


async def _payments_pass(live: Live, worker: Worker, now: int) -> None:
    # Then payments of now are processed as they come
    for number in range(1, 4):
        debit = {"amount": 1, "currency": "CNY", "merchant_id": "m1", "auth_method": "face"}
        sent = time.monotonic()
        await live.send([_event(number, "debit", now + number, **debit)])
        await worker.has_processed(1 + number)
        assert time.monotonic() - sent < 5

"""One user and one merchant that flood the platform; python -m tests.security.flood measures the others."""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import redis
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from tests.integration.live import Live, live_on
from tests.servers.kafka import start_kafka
from tests.servers.redis import start_redis
from tests.servers.topics import Topics

FLOODER = "flooder"
CROWDED = "crowded"
BURST = 5
"""Debits of one user that the catalogue alerts on, `no-password-burst`."""

Event = dict[str, Any]


def debit(name: str, user: str, merchant: str, event_time: int, **fields: Any) -> Event:
    return {
        "event_id": name,
        "type": "debit",
        "event_time": event_time,
        "user_id": user,
        "amount": 900,
        "currency": "CNY",
        "merchant_id": merchant,
        "auth_method": "none",
        "device_id": f"device-of-{name}",
    } | fields


def flood(numbers: Iterable[int], start: int, every_ms: int) -> Iterator[Event]:
    """Two debits for each number: of one user at fifty merchants, and of many users at one merchant."""
    for n in numbers:
        at = start + n * every_ms
        yield debit(f"f{n}", FLOODER, f"m{n % 50}", at)
        yield debit(f"c{n}", f"someone-{n % 5_000}", CROWDED, at, auth_method="password")


def evenly(numbers: Iterable[int], start: int, every_ms: int) -> Iterator[Event]:
    """As many debits as a flood's, of many users at many merchants."""
    for n in numbers:
        for part in "fc":
            name = f"{part}{n}"
            at = start + n * every_ms
            yield debit(name, f"{part}-{n % 5_000}", f"m{n % 2_000}", at, auth_method="password")


def burst(user: str, start: int) -> list[Event]:
    return [debit(f"{user}-{n}", user, f"of-{user}", start + n) for n in range(BURST)]


def bytes_of(live: Live, key: str) -> int:
    """How long a history is that Redis keeps; it takes up to twice the memory."""
    with live.state() as client:
        [name] = client.scan_iter(f"{live.prefix}:*:{key}")
        return int(client.strlen(name))


Beside = Callable[[Iterable[int], int, int], Iterator[Event]]


async def _send(live: Live, rate: float, seconds: float, beside: Beside, pace: float) -> None:
    """Users' bursts at `rate` a second, and beside them pairs of events at `pace` a second."""
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, linger_ms=1)
    await producer.start()
    begun = time.time()
    start = int(begun * 1000)
    bursts = pairs = 0

    async def send(events: Iterable[Event]) -> None:
        for event in events:
            key, value = event["user_id"].encode(), json.dumps(event).encode()
            await producer.send(live.names["payments"], value, key, timestamp_ms=int(time.time() * 1000))

    try:
        while (passed := time.time() - begun) < seconds:
            while bursts < passed * rate:
                await send(burst(f"other-{start}-{bursts}", int(time.time() * 1000)))
                bursts += 1
            due = int(passed * pace)
            await send(beside(range(pairs, due), start, 1))
            pairs = max(pairs, due)
            await asyncio.sleep(0.005)
        await producer.flush()
    finally:
        await producer.stop()


async def _latencies(live: Live, since: float) -> list[float]:
    """Milliseconds from the last record of a burst to its alert, of the others' bursts."""
    written = {(r.partition, r.offset): r.timestamp for r in await live.read("payments")}
    found = []
    for record in await live.read("alerts"):
        alert = json.loads(record.value)
        if alert["entity"].get("user_id", "").startswith("other-") and record.timestamp > since * 1000:
            anchor = alert["anchor"]
            found.append(float(record.timestamp - written[anchor["partition"], anchor["offset"]]))
    return sorted(found)


def _slowest(client: redis.Redis) -> str:
    entries = client.slowlog_get(10_000)
    slow = [one["duration"] / 1000 for one in entries if one["command"].startswith(b"EVALSHA")]
    calls = client.info("commandstats")["cmdstat_evalsha"]
    over = sum(took > 5 for took in slow)
    return (
        f"Lua calls {calls['calls']:,}, mean {calls['usec_per_call'] / 1000:.2f} ms, "
        f"slowest {max(slow, default=0):.1f} ms, {over} over 5 ms"
    )


async def _measure(live: Live, rate: float, seconds: float, flooding: float) -> None:
    worker = live.start()
    try:
        await worker.ready()
        with live.state() as client:
            client.config_set("slowlog-log-slower-than", 1_000)
            client.config_set("slowlog-max-len", 10_000)
            for beside, pace in ((flood, 0.0), (evenly, flooding), (flood, flooding)):
                client.config_resetstat()
                client.slowlog_reset()
                begun = time.time()
                await _send(live, rate, seconds, beside, pace)
                await live.has_drained()
                took = await _latencies(live, begun)
                p50, p99 = statistics.median(took), took[len(took) * 99 // 100]
                what = "of one user and one merchant" if beside is flood else "of many"
                print(f"{2 * pace:,.0f} events/s {what} beside {rate * BURST:,.0f} in bursts")
                print(f"  {len(took)} alerts: p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {took[-1]:.0f} ms")
                print(f"  {_slowest(client)}")
        for key in (f"h:{FLOODER}", f"m:{CROWDED}"):
            print(f"  {key}: {bytes_of(live, key):,} bytes")
    finally:
        worker.kill()


async def _main(rate: float, seconds: float, flooding: float) -> None:
    kafka, server = start_kafka(), start_redis()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    try:
        await admin.start()
        with tempfile.TemporaryDirectory() as folder:
            async with live_on(kafka.bootstrap, server.url, Topics(admin), Path(folder)) as live:
                await _measure(live, rate, seconds, flooding)
    finally:
        await admin.close()
        server.stop()
        kafka.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20, help="bursts a second of other users")
    parser.add_argument("--seconds", type=float, default=30, help="how long, without and with the flood")
    parser.add_argument("--flooding", type=float, default=800, help="pairs of events a second of the flood")
    given = parser.parse_args()
    asyncio.run(_main(given.rate, given.seconds, given.flooding))

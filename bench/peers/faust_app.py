"""Burst of no-password debits as Faust's own tutorial would have it: records, windowed tables, agents.

It does less than the detector: one rule instead of two, tumbling windows (the cheapest of Faust's, and
coarser than a sliding one), one threshold, no evidence, tables in memory. Run by bench/peer.py; once a
second it adds a line to a file: what it has read and raised so far, and the CPU seconds it used.
"""
# mypy: ignore-errors

import json
import os
import resource
import time
from collections import Counter

import faust

WINDOW_MS = 600_000
LEAST_COUNT = 5
LEAST_SUM = 100_000

app = faust.App(
    os.environ["PEER_ID"],
    broker=f"kafka://{os.environ['PEER_BROKER']}",
    topic_partitions=int(os.environ["PEER_PARTITIONS"]),
    web_enabled=False,
)


class Payment(faust.Record, serializer="json"):
    event_id: str
    type: str
    event_time: int
    user_id: str
    amount: int = 0
    auth_method: str = ""


class AccountEvent(faust.Record, serializer="json"):
    event_id: str
    type: str
    event_time: int
    user_id: str


class Alert(faust.Record, serializer="json"):
    event_id: str
    user_id: str
    count: int
    total: int


PREFIX = os.environ["PEER_TOPICS"]
payments = app.topic(f"{PREFIX}.payments", value_type=Payment)
logins = app.topic(f"{PREFIX}.logins", value_type=AccountEvent)
complaints = app.topic(f"{PREFIX}.complaints", value_type=AccountEvent)
alerts = app.topic(f"{PREFIX}.peer-alerts", value_type=Alert)

# Window and field are both in milliseconds.
counts = app.Table("counts", default=int).tumbling(WINDOW_MS).relative_to_field(Payment.event_time)
sums = app.Table("sums", default=int).tumbling(WINDOW_MS).relative_to_field(Payment.event_time)

seen: Counter[str] = Counter()


@app.agent(payments)
async def no_password_burst(stream):
    async for payment in stream:
        seen["events"] += 1
        if payment.type != "debit" or payment.auth_method != "none":
            continue
        counts[payment.user_id] += 1
        sums[payment.user_id] += payment.amount
        count, total = counts[payment.user_id].value(), sums[payment.user_id].value()
        if count >= LEAST_COUNT or total >= LEAST_SUM:
            seen["alerts"] += 1
            alert = Alert(payment.event_id, payment.user_id, count, total)
            await alerts.send(key=payment.user_id, value=alert)


@app.agent(logins)
async def read_logins(stream):
    async for _ in stream:
        seen["events"] += 1


@app.agent(complaints)
async def read_complaints(stream):
    async for _ in stream:
        seen["events"] += 1


@app.timer(1.0)
async def report():
    used = resource.getrusage(resource.RUSAGE_SELF)
    line = {"at": time.monotonic(), "cpu": used.ru_utime + used.ru_stime, **seen}
    with open(os.environ["PEER_REPORT"], "a") as reports:
        reports.write(json.dumps(line) + "\n")

"""The two rules as Faust's guide would have it: an agent over a topic, and a table for what is kept of users.

The table is in memory, as is the default, and its changelog on Kafka. Run by bench/peer_programs.py.
"""
# mypy: ignore-errors

import os
from pathlib import Path

import faust

from bench.peers.progress import Progress
from bench.peers.two_rules import USED_TYPES, decide, new_state

app = faust.App(
    os.environ["PEER_ID"],
    broker=f"kafka://{os.environ['PEER_BROKER']}",
    topic_partitions=int(os.environ["PEER_PARTITIONS"]),
    web_enabled=False,
)
events = app.topic(os.environ["PEER_TOPIC"], value_serializer="json")
alerts = app.topic(os.environ["PEER_ALERTS"], value_serializer="json")
users = app.Table("users", default=new_state)
progress = Progress(Path(os.environ["PEER_PROGRESS"]))


@app.agent(events)
async def two_rules(stream):
    async for event in stream:
        if event["type"] in USED_TYPES:
            user = event["user_id"]
            state = users[user]
            decision = decide(state, event)
            if decision.changed:
                # A table takes note of a change only where it is assigned.
                users[user] = state
            for alert in decision.alerts:
                await alerts.send(key=user, value=alert)
        progress.count()

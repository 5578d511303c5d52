"""The two rules as Bytewax' guide would have it: a dataflow from Kafka to Kafka with a stateful operator.

The state is in memory, and written to a recovery store from time to time. Run by bench/peer_programs.py.
"""
# mypy: ignore-errors

import os
from pathlib import Path

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow

from bench.peers.progress import Progress
from bench.peers.two_rules import State, decide, new_state

BROKERS = [os.environ["PEER_BROKER"]]
progress = Progress(Path(os.environ["PEER_PROGRESS"]))


def two_rules(state: State | None, event: dict) -> tuple[State, list[dict]]:
    state = state or new_state()
    decision = decide(state, event)
    progress.count()
    return state, decision.alerts


def encode(keyed: tuple[str, dict]) -> KafkaSinkMessage:
    user, alert = keyed
    return KafkaSinkMessage(user.encode(), orjson.dumps(alert))


flow = Dataflow("two_rules")
read = kop.input("read", flow, brokers=BROKERS, topics=[os.environ["PEER_TOPIC"]])
op.raises("errors", read.errs)
events = op.map("parse", read.oks, lambda message: orjson.loads(message.value))
used = op.filter("used", events, progress.is_used)
users = op.key_on("user", used, lambda event: event["user_id"])
alerts = op.stateful_flat_map("rules", users, two_rules)
kop.output("write", op.map("encode", alerts, encode), brokers=BROKERS, topic=os.environ["PEER_ALERTS"])

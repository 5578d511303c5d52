"""The two rules as Quix Streams' guide would have it: a StreamingDataFrame with a stateful function.

The state is in RocksDB, by the key of the message, with a changelog on Kafka, and is committed with the
offsets every 5 s, as is the default. Run by bench/peer_programs.py.
"""
# mypy: ignore-errors

import os
from pathlib import Path

from quixstreams import Application, State

from bench.peers.progress import Progress
from bench.peers.two_rules import decide, new_state

progress = Progress(Path(os.environ["PEER_PROGRESS"]))


def two_rules(event: dict, state: State) -> list[dict]:
    kept = state.get("user") or new_state()
    decision = decide(kept, event)
    if decision.changed:
        state.set("user", kept)
    progress.count()
    return decision.alerts


def main() -> None:
    app = Application(
        broker_address=os.environ["PEER_BROKER"],
        consumer_group=os.environ["PEER_ID"],
        auto_offset_reset="earliest",
        state_dir=Path(os.environ["PEER_STATE"]),
    )
    events = app.topic(os.environ["PEER_TOPIC"], value_deserializer="json")
    alerts = app.topic(os.environ["PEER_ALERTS"], value_serializer="json")
    sdf = app.dataframe(events)
    sdf = sdf.filter(progress.is_used)
    sdf = sdf.apply(two_rules, stateful=True, expand=True)
    sdf.to_topic(alerts)
    app.run()


if __name__ == "__main__":
    main()

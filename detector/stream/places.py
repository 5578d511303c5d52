"""How a place in Kafka is told to people."""


def described_place(topic: str, partition: int, offset: int) -> str:
    """Where a record lies, which is all that may be told of one that cannot be read."""
    return f"{topic} partition {partition} offset {offset}"

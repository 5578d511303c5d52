"""Reads the history of one key from the state, as a guest: nothing is changed, no partition taken over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.partitioner import DefaultPartitioner

from detector.config import Settings
from detector.core.deciding import Deciding
from detector.core.history import History
from detector.core.lists import Lists
from detector.core.routing import USER
from detector.rules.reader import RuleFile
from detector.state.connect import connect
from detector.state.redis_lists import RedisLists
from detector.state.redis_store import RedisStore
from detector.stream.rulebook import Rulebook
from detector.stream.scopes import Scopes

_DEADLINE_S = 10.0


class Stored(NamedTuple):
    """A key's history, None where there is none, and the lists that the rules look things up in."""

    history: History | None
    lists: Lists


async def stored_history(settings: Settings, files: Sequence[RuleFile], scope: str, key: str) -> Stored:
    """What the state holds of a user or a merchant, read with these rules.

    Raises:
        RuleFaultsError: the rules need lists that do not exist.
        StateError: Redis does not answer, refuses a command, or what it holds cannot be read.
    """
    client = connect(settings.redis)
    secret = settings.redis.key_secret
    store = RedisStore(
        client, settings.redis.prefix, _DEADLINE_S, None if secret is None else secret.get_secret_value()
    )
    book = Rulebook(settings, RedisLists(client, settings.redis.prefix, _DEADLINE_S))
    try:
        await book.open(files)
        partitions = await store.partitions()
        history = None
        if partitions is not None:
            deciding = book.in_force.deciding
            history = await _history(store, settings.topics.inputs, deciding, partitions, scope, key)
        lists = {name: frozenset(found.members) for name, found in book.in_force.lists.items()}
        return Stored(history, lists)
    finally:
        await store.close()


async def _history(
    store: RedisStore, topics: Sequence[str], deciding: Deciding, partitions: int, scope: str, key: str
) -> History | None:
    scopes = Scopes(topics, partitions, deciding)
    found_in = scopes.user if scope == USER else scopes.merchant
    name = found_in.prefix + key
    for some in _likely_first(key, partitions):
        for partition, [data] in (await store.load_many({number: [name] for number in some})).items():
            if data is not None:
                history = found_in.codec.decode(data, partition, key)
                found_in.engine.catch_up(history)
                return history
    return None


def _likely_first(key: str, partitions: int) -> tuple[list[int], list[int]]:
    """The partition that Kafka's own clients choose, and the others: the platform's may have another way."""
    every = list(range(partitions))
    likely = DefaultPartitioner()(key.encode(), every, every)
    return [likely], [partition for partition in every if partition != likely]

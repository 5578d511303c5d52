"""An owner whose trim comes late, after Redis went back and another has taken over: what happens to an alert.

Runs in a process of its own, for it can have a mutant as a worker can: `late_trim REDIS_URL PREFIX`. Prints
how many alerts are left of one that nobody has published.
"""

import asyncio
import os
import sys

from redis.asyncio import Redis

from detector.state.redis_store import RedisStore
from detector.state.store import Commit
from tests.faults.mutants import MUTANTS

_TOPIC = "payments"


async def late_trim(url: str, prefix: str) -> int:
    """Gives how many alerts are left in the outbox."""
    store = RedisStore(Redis.from_url(url), prefix)
    try:
        former = await _commits_an_alert(store, b"published")
        async with Redis.from_url(url) as client:
            await client.delete(*[name async for name in client.scan_iter(f"{prefix}:*")])
        await _commits_an_alert(store, b"not published")
        await store.trim_outbox(0, former, 1)
        return len((await store.outbox(0)).entries)
    finally:
        await store.close()


async def _commits_an_alert(store: RedisStore, entry: bytes) -> str:
    epoch = (await store.acquire(0, 1)).epoch
    await store.set_offsets(0, epoch, {_TOPIC: 0})
    await store.commit([Commit(0, epoch, {_TOPIC: (0, 1)}, [], [entry])])
    return epoch


if __name__ == "__main__":
    if name := os.environ.get("FAULTS_MUTANT"):
        MUTANTS[name].apply()
    print(asyncio.run(late_trim(*sys.argv[1:])))

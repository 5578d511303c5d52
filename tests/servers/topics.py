"""Topics for one test: uniquely named, ready to use, deleted afterwards."""

import asyncio
import uuid

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code


class Topics:
    """Creates topics: `await topics("payments", partitions=4)` returns the topic's unique name."""

    def __init__(self, admin: AIOKafkaAdminClient, replication: int = 1) -> None:
        self._admin = admin
        self._replication = replication
        self._created: list[str] = []

    async def __call__(self, stem: str = "topic", *, partitions: int = 1, **config: str) -> str:
        """Create a topic and wait until each of its partitions has a leader.

        Names in `config` are Kafka's topic settings with `_` for `.`, such as `retention_ms="1000"`.
        """
        name = f"{stem}-{uuid.uuid4().hex[:12]}"
        settings = {setting.replace("_", "."): value for setting, value in config.items()}
        topic = NewTopic(name, partitions, self._replication, topic_configs=settings)
        answer = await self._admin.create_topics([topic])
        for _, code, message in answer.topic_errors:
            if code:
                raise for_code(code)(message)
        self._created.append(name)
        async with asyncio.timeout(10):
            while not await self._led(name, partitions):
                await asyncio.sleep(0.01)
        return name

    async def delete_all(self) -> None:
        if self._created:
            await self._admin.delete_topics(self._created)

    async def _led(self, name: str, partitions: int) -> bool:
        (description,) = await self._admin.describe_topics([name])
        led = [partition for partition in description["partitions"] if partition["leader"] >= 0]
        return len(led) == partitions

"""The unchanged worker in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client.parser import text_string_to_metric_families

from detector.config import Settings, TopicSettings

_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.1


class WorkerFailed(Exception):
    """The worker ended, or never became ready."""


class WorkerProcess:
    """A running `detector run`, seen from outside as an operator sees it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, topics: TopicSettings) -> None:
        self._process = process
        self._url = url
        self._inputs = topics.inputs

    async def ready(self, deadline_s: float) -> None:
        """Wait until the worker says that it is ready.

        Raises:
            WorkerFailed: it ended, or the deadline passed.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while await self._get("/readyz") is None:
                    if self._process.returncode is not None:
                        raise WorkerFailed(f"the worker ended with exit code {self._process.returncode}")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise WorkerFailed(f"the worker was not ready within {deadline_s:g} s") from None

    async def processed(self) -> int:
        """How many events the worker has processed; those that it sent on to itself are not counted again."""
        text = await self._get("/metrics") or ""
        return int(
            sum(
                sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
                if sample.name == "detector_events_total" and sample.labels["topic"] in self._inputs
            )
        )

    async def stop(self) -> None:
        """End the worker as an operator would, and wait until it has left."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _get(self, path: str) -> str | None:
        return await asyncio.to_thread(_fetch, self._url + path)


@asynccontextmanager
async def worker_process(settings: Settings) -> AsyncIterator[WorkerProcess]:
    """A worker with these addresses of Kafka, Redis and HTTP, in a session of its own: Ctrl-C is ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DETECTOR_")}
    environment |= {
        "DETECTOR_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "DETECTOR_REDIS__URL": settings.redis.url,
        "DETECTOR_HTTP__PORT": str(settings.http.port),
        "DETECTOR_LOG__LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "detector", "run", env=environment, start_new_session=True
    )
    worker = WorkerProcess(process, f"http://{settings.http.host}:{settings.http.port}", settings.topics)
    try:
        yield worker
    finally:
        await worker.stop()


def _fetch(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            text: str = reply.read().decode()
            return text
    except (urllib.error.URLError, OSError):
        return None

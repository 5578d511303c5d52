"""The detector's worker, unchanged, that tells one thing more: how many asyncio tasks its main loop has."""

import asyncio
from typing import Any

from prometheus_client import Gauge

from detector.__main__ import main
from detector.stream import worker

TASKS = "soak_asyncio_tasks"


class _Observed(worker._Worker):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._tasks = Gauge(TASKS, "Tasks of the main loop.", registry=self._metrics.registry)

    async def run(self, *args: Any) -> None:
        counting = asyncio.create_task(self._count_tasks())
        try:
            await super().run(*args)
        finally:
            counting.cancel()

    async def _count_tasks(self) -> None:
        while True:
            self._tasks.set(len(asyncio.all_tasks()))
            await asyncio.sleep(1)


if __name__ == "__main__":
    worker._Worker = _Observed  # type: ignore[misc]
    main()

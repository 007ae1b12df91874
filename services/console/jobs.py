"""Replays of calls, which take a while: one process each, one for each person, two at the same time."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Literal

from aiohttp import web

from services.domain.documents import Document
from services.domain.record import Record
from services.simulation.impact import Difference, Unreplayed, compare, workers

AT_ONCE = 2
SECONDS = 600.0
KEPT = 50
"""People whose last replay is remembered."""
Told = tuple[Path, Sequence[Document], Sequence[Document]]
"""Folder of sounds, documents before and after."""

log = logging.getLogger(__name__)


class Job:
    def __init__(self, calls: Sequence[Record], told: Told, places: asyncio.Semaphore) -> None:
        self.name = secrets.token_hex(8)
        self.state: Literal["running", "done", "cancelled", "failed"] = "running"
        self.calls = len(calls)
        self.done = 0
        self.differences: list[Difference] = []
        self.unreplayed = 0
        self._task = asyncio.create_task(self._run(calls, told, places))

    async def cancel(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self, calls: Sequence[Record], told: Told, places: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(SECONDS), places:
                pool = workers(1, *told)
                try:
                    await self._compare(calls, pool)
                finally:
                    await asyncio.shield(asyncio.to_thread(_end, pool))
            self.state = "done"
        except asyncio.CancelledError:
            self.state = "cancelled"
            raise
        except Exception:
            log.exception("a replay of %d calls was not finished", self.calls)
            self.state = "failed"

    async def _compare(self, calls: Sequence[Record], pool: ProcessPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        for record in calls:
            found = await loop.run_in_executor(pool, compare, record)
            self.done += 1
            if isinstance(found, Difference):
                self.differences.append(found)
            elif isinstance(found, Unreplayed):
                self.unreplayed += 1


class Jobs:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def start(self, owner: str, calls: Sequence[Record], told: Told) -> Job:
        """Instead of the owner's last one."""
        if last := self._jobs.pop(owner, None):
            await last.cancel()
        job = self._jobs[owner] = Job(calls, told, self._places)
        for other in list(self._jobs)[:-KEPT]:
            await self._jobs.pop(other).cancel()
        return job

    def of(self, owner: str) -> Job | None:
        return self._jobs.get(owner)

    async def end(self, app: web.Application) -> None:
        del app
        for job in self._jobs.values():
            await job.cancel()


JOBS = web.AppKey("jobs", Jobs)


def _end(pool: ProcessPoolExecutor) -> None:
    """Also in the middle of a call."""
    processes = list((pool._processes or {}).values())  # noqa: SLF001 - its only way to end them before Python 3.14
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(5)

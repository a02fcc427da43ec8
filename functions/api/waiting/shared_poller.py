"""Watches jobs for many clients together, on one event loop.

All watched jobs are asked for their versions in requests of a hundred; only those that changed have their
events read, once for all who follow them. Each of these requests is followed by a rest four times as long,
and reads have threads of their own: clients that wait take little from those that submit, also where the
table is slow.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from functions.api.ports.dependencies import RecordDependencies
from functions.api.waiting.watch import LONGEST_PAUSE, gapless, pause
from shared.errors import ClauseworksError
from shared.jobs.model import Event
from shared.jobs.store import JobNotFoundError
from shared.observability import logger

BATCH = 100
THREADS = 4
REST_SECONDS = 0.02
RESTS = 4
REQUESTS_A_SECOND = 10
LONGEST_PAUSE_OF_FEW = 0.2

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Watched:
    """A job that clients wait for: its version, since when it has that, when it is read again.

    ``waiting`` has the version that each one waits to be passed. What a client says it has is never taken
    for the job's version: others would see events that are not there.
    """

    version: int
    changed_at: float
    due: float
    waiting: dict[asyncio.Future[bool], int] = field(default_factory=dict)

    def changed_to(self, version: int, now: float) -> None:
        """Wake those who have an earlier version than this new one."""
        self.version, self.changed_at = version, now
        for future, known in self.waiting.items():
            if known < version and not future.done():
                future.set_result(True)

    def end(self, error: JobNotFoundError) -> None:
        """Raise an error for all that wait."""
        for future in self.waiting:
            if not future.done():
                future.set_exception(error)


class SharedPoller:
    """See Watch. Belongs to one event loop, whose clock it goes by; reading stops when no client waits."""

    streams = True

    def __init__(self, records: RecordDependencies, longest: float) -> None:
        self.longest = longest
        self._jobs = records.jobs
        self._threads = ThreadPoolExecutor(THREADS, "poller")
        self._watched: dict[str, _Watched] = {}
        self._reading: dict[tuple[str, int], asyncio.Task[list[Event]]] = {}
        self._rounds: asyncio.Task[None] | None = None
        self._sooner = asyncio.Event()  # of the loop that reads; made anew with it

    async def call(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See Watch."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(read, *args, **kwargs))

    async def events(self, job_id: str, after: int) -> list[Event]:
        """See Watch; clients that read the same at the same time share one read."""
        key = job_id, after
        if key not in self._reading:
            task = asyncio.create_task(self.call(gapless, self._jobs, job_id, after))
            self._reading[key] = task
            task.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(self._reading[key])

    async def changed(self, job_id: str, version: int, seconds: float, idle: float) -> bool:
        """See Watch."""
        watched = self._watch(job_id, version, idle)
        if watched.version > version:
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        watched.waiting[future] = version
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return False
        finally:
            del watched.waiting[future]
            if not watched.waiting and self._watched.get(job_id) is watched:
                del self._watched[job_id]

    def _watch(self, job_id: str, version: int, idle: float) -> _Watched:
        """Return what is known of a job, and have it read from now on."""
        now = _now()
        watched = self._watched.get(job_id)
        if watched is None:
            watched = self._watched[job_id] = _Watched(version, now - idle, now + self._pause(idle))
        if self._rounds is None or self._rounds.done():
            self._sooner = asyncio.Event()
            self._rounds = asyncio.create_task(self._read_on())
        self._sooner.set()
        return watched

    async def _read_on(self) -> None:
        """Read what is due, the longest overdue first, rest, and so on while a client waits."""
        while self._watched:
            began = _now()
            due = [(watched.due, job_id) for job_id, watched in self._watched.items() if watched.due <= began]
            await self._read([job_id for _, job_id in heapq.nsmallest(BATCH, due)])
            await asyncio.sleep(max(REST_SECONDS, RESTS * (_now() - began)))
            await self._until_next()

    async def _until_next(self) -> None:
        """Wait until something is due; a client that comes meanwhile may have it sooner."""
        self._sooner.clear()
        next_due = min((watched.due for watched in self._watched.values()), default=0.0)
        if (left := next_due - _now()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sooner.wait(), left)

    async def _read(self, job_ids: Sequence[str]) -> None:
        """Read the versions of some jobs, and wake those who wait for another one."""
        if not job_ids:
            return
        try:
            versions = await self.call(self._jobs.versions, job_ids)
        except ClauseworksError as error:
            logger.warning("Versions could not be read", problem=error.code)
            versions = None
        now = _now()
        for job_id in job_ids:
            if (watched := self._watched.get(job_id)) is None:
                continue
            if versions is not None and job_id not in versions:
                watched.end(JobNotFoundError(job_id))
            elif versions is not None and versions[job_id] != watched.version:
                watched.changed_to(versions[job_id], now)
            watched.due = now + self._pause(now - watched.changed_at)

    def _pause(self, idle: float) -> float:
        """Return the pause of a job: the longest one keeps the requests at about ten a second."""
        requests = math.ceil(len(self._watched) / BATCH)
        return pause(idle, min(LONGEST_PAUSE, max(LONGEST_PAUSE_OF_FEW, requests / REQUESTS_A_SECOND)))


def _now() -> float:
    """Return the seconds of the running loop's clock, which its sleeps and timeouts go by, too."""
    return asyncio.get_running_loop().time()

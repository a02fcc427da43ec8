"""How a process waits until something happens to a job.

    NoWait        not at all: the api function leaves waiting to the wait function
    Polling       by reading again and again: the wait function, where a process serves one client
    SharedPoller  by reading for all clients together (see ``shared_poller``): the local server

What a watch waits for is an event with a higher number, which is the job's version.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool

from functions.api.ports.dependencies import RecordDependencies
from functions.api.ports.watch import P, T
from shared.jobs.model import Event
from shared.jobs.store import JobStore

PAGE = 100
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 0.8


def pause(idle: float, longest: float = LONGEST_PAUSE) -> float:
    """Return the seconds until the next read of a job to which nothing has happened for ``idle`` seconds.

    An eighth of that: what comes quickly is seen quickly, what takes its time costs few reads. The longest
    pause is by how much a client may come to know late.
    """
    return min(max(idle / 8, SHORTEST_PAUSE), longest)


def gapless(jobs: JobStore, job_id: str, after: int) -> list[Event]:
    """Return the next events, none missing between them.

    A query is no snapshot: it may pass an event's place just before the event is written, and still see
    the one after it. Read again it is there, for it was written before the one that was seen; another
    event may be missing then, so that what comes after a gap is left for the next read.
    """
    events = jobs.events(job_id, after, PAGE)
    if events and events[-1].number != after + len(events):
        events = jobs.events(job_id, after, PAGE)
    return [event for number, event in enumerate(events, after + 1) if event.number == number]


class NoWait:
    """Does not wait: clients that want to are sent to the wait function."""

    longest = 0.0
    streams = False

    def __init__(self, records: RecordDependencies) -> None:
        self._jobs = records.jobs

    async def call(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See Watch."""
        return await run_in_threadpool(read, *args, **kwargs)

    async def events(self, job_id: str, after: int) -> list[Event]:
        """See Watch."""
        return await self.call(gapless, self._jobs, job_id, after)

    async def changed(self, job_id: str, version: int, seconds: float, idle: float) -> bool:
        """Return False at once."""
        return False


class Polling(NoWait):
    """Reads one job again and again: the event after the last, which costs the least (see decision 11)."""

    def __init__(
        self,
        records: RecordDependencies,
        longest: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(records)
        self.longest = longest
        self._sleep = sleep
        self._now = now

    async def changed(self, job_id: str, version: int, seconds: float, idle: float) -> bool:
        """See Watch."""
        began = self._now()
        while (left := began + seconds - self._now()) > 0:
            await self._sleep(min(pause(idle + seconds - left), left))
            if await self.call(self._jobs.events, job_id, version, 1):
                return True
        return False

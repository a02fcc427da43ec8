"""Waiting until something happens to a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from functions.api.ports.dependencies import RecordDependencies
from shared.jobs.model import Event

P = ParamSpec("P")


T = TypeVar("T")


class Watch(Protocol):
    """Waits for changes of jobs without holding up the event loop.

    ``longest`` is the longest wait of one answer in seconds; 0 where clients do not wait here.
    ``streams`` says whether an answer may go on without an end.
    """

    longest: float
    streams: bool

    async def call(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a blocking read returns."""
        ...

    async def events(self, job_id: str, after: int) -> list[Event]:
        """Return the next events there are, up to a page."""
        ...

    async def changed(self, job_id: str, version: int, seconds: float, idle: float) -> bool:
        """Wait until the job has a later version, at most ``seconds``; say whether it has.

        ``idle`` is for how many seconds nothing has happened to it. May raise JobNotFoundError.
        """
        ...


WatchMaker = Callable[[RecordDependencies], Watch]

"""Follows jobs event by event: each one once and in order, over any number of answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from functions.api.ports.dependencies import RecordDependencies
from functions.api.ports.watch import Watch
from functions.api.schemas.job_responses import unchanged
from functions.api.services import documents
from functions.api.services.lookup import find_document_job
from shared.auth import Caller
from shared.jobs.model import Event, Job
from shared.jobs.store import JobNotFoundError

MAX_SECONDS = 60

Next = Callable[[Job], Job | None]


def nothing_follows(_job: Job) -> None:
    """Return None: no job comes after the followed one."""


@dataclass(slots=True)
class Follower:
    """A client's place in the events of a job, and of the jobs that come after it.

    ``after`` is the number of the last event that the client has, and is cut to those that there are;
    ``following`` returns the job that comes after an ended one. ``ended`` says that nothing more will come.
    """

    watch: Watch
    records: RecordDependencies
    job: Job
    after: int = 0
    following: Next = nothing_follows
    ended: bool = field(init=False)
    _changed_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.after = min(self.after, self.job.version)
        self._begin(self.job)

    async def ready(self) -> list[Event]:
        """Return the next events that exist now; with an empty list, ``ended`` says whether more can come."""
        while not (events := await self.watch.events(self.job.job_id, self.after)):
            job = await self.watch.call(self.following, self.job) if self.ended else None
            if job is None:
                return []
            self.job, self.after = job, 0
            self._begin(job)
        last = events[-1]
        self.after, self.ended, self._changed_at = last.number, last.status.terminal, last.at.timestamp()
        return events

    async def wait(self, seconds: float) -> bool:
        """Wait for the next event, at most ``seconds``; say whether it is there. See Watch for errors."""
        idle = max(0.0, self.records.clock().timestamp() - self._changed_at)
        return await self.watch.changed(self.job.job_id, self.after, seconds, idle)

    def _begin(self, job: Job) -> None:
        self.ended = job.status.terminal
        # By the worker's clock: where that is minutes off, reading begins too slowly or too fast, no more.
        self._changed_at = job.updated_at.timestamp()


async def next_state(
    job: Job, watch: Watch, records: RecordDependencies, seconds: float, if_none_match: str | None
) -> Job:
    """Return the job once it has changed or ``seconds`` are over; at once where the client is behind.

    Raises JobNotFoundError where it is gone meanwhile.
    """
    if job.status.terminal or (if_none_match is not None and not unchanged(job, if_none_match)):
        return job
    if not await Follower(watch, records, job, job.version).wait(seconds):
        return job
    after = await watch.call(records.jobs.get, job.job_id)
    if after is None:
        raise JobNotFoundError(job.job_id)
    return after


@dataclass(frozen=True, slots=True)
class DocumentJobs:
    """The jobs about one document, as one caller may follow them: one to its end, then the next newer one."""

    records: RecordDependencies
    caller: Caller
    document_id: str

    def resume_at(self, last_event_id: str | None) -> tuple[Job, int]:
        """Return the job to follow, and the number of its last event that the client has.

        Without an id, or where its job is gone, that is the newest active job, else the newest; raises
        what ``find_document_job`` raises.
        """
        job_id, _, number = (last_event_id or "").partition(":")
        if job_id:
            documents.find(self.records, self.caller, self.document_id)
            if (job := self._find(job_id)) is not None:
                return job, int(number)
        return find_document_job(self.records, self.caller, self.document_id), 0

    def following(self, job: Job) -> Job | None:
        """Return the next newer job that does not follow by itself: ids sort by the time of submission."""
        ids = self.records.jobs.by_subject(document_id=self.document_id)
        newer = (self._find(job_id) for job_id in sorted(ids) if job_id > job.job_id)
        return next(
            (newer_job for newer_job in newer if newer_job is not None and not newer_job.is_follow_up), None
        )

    def _find(self, job_id: str) -> Job | None:
        job = self.records.jobs.get(job_id)
        mine = job is not None and job.document_id == self.document_id and self.caller.may_read(job.owner)
        return job if mine else None

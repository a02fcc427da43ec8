"""The port of the job store, and the one way to change a job: read, decide, write if unchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import ClauseworksError, TransientError
from shared.jobs.model import Activity, Change, Event, Job, Kind, Status, Unit

_MAX_CONFLICTS = 10


class VersionConflictError(Exception):
    """Another writer changed the record in between; read it again and decide anew."""


class JobNotFoundError(ClauseworksError):
    """There is no such job, or the caller may not see it."""

    status = 404

    def __init__(self, job_id: str) -> None:
        super().__init__("job-not-found", f"There is no job {job_id!r} among your jobs.")


class IdempotencyMismatchError(ClauseworksError):
    """The key was used before, for another request."""

    status = 422

    def __init__(self) -> None:
        super().__init__(
            "idempotency-key-reused",
            "This Idempotency-Key was used with another request. Use a new key for a new request.",
        )


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's key and the SHA-256 of the request it stands for."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to list, newest first; ``before`` is the last job id of the page before.

    ``owner`` None lists everybody's jobs. ``max_scanned`` bounds how many jobs are looked at for one page,
    whether they match or not.
    """

    owner: str | None
    limit: int = 20
    before: str = ""
    status: Status | None = None
    kind: Kind | None = None
    product_id: str = ""
    document_id: str = ""
    case_id: str = ""
    max_scanned: int = 1000

    def matches(self, job: Job) -> bool:
        """Say whether the filters (all but owner and cursor) let the job through."""
        return (
            (self.status is None or job.status is self.status)
            and (self.kind is None or job.kind is self.kind)
            and (not self.product_id or job.product_id == self.product_id)
            and (not self.document_id or job.document_id == self.document_id)
            and (not self.case_id or job.case_id == self.case_id)
        )


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a list; ``next_before`` is empty on the last page.

    A page may be short, or empty, while ``next_before`` says that there may be more.
    """

    jobs: Sequence[Job]
    next_before: str


class JobStore(Protocol):
    """Where jobs live. Every method may raise TransientError; reads are strongly consistent by id."""

    def create(self, change: Change, idempotency: Idempotency | None = None) -> Job:
        """Write a new job with its first event; return the earlier job for a repeated key.

        Raises IdempotencyMismatchError where the key stands for another request.
        """
        ...

    def earlier(self, idempotency: Idempotency) -> Job | None:
        """Return the job that a key stands for, or None where the key is free.

        Raises IdempotencyMismatchError where the key stands for another request.
        """
        ...

    def get(self, job_id: str) -> Job | None:
        """Return the job, or None where there is none or it has expired."""
        ...

    def many(self, job_ids: Sequence[str]) -> list[Job]:
        """Return those of some jobs that ``get`` would return, read together, in the order of the ids."""
        ...

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        """Write job, event, finished unit and the jobs that follow in one transaction.

        Where ``is_announced`` says so, that the job has ended is announced by the same write.
        Raises VersionConflictError where the stored version is not that of ``before``.
        """
        ...

    def renew(self, job_id: str, fence: int, lease_until: datetime) -> bool:
        """Extend the lease; False where the fence has risen or the job has ended."""
        ...

    def units(self, job_id: str) -> list[Unit]:
        """Return the finished units, ordered by stage and index."""
        ...

    def events(self, job_id: str, after: int = 0, limit: int = 100) -> list[Event]:
        """Return events with a number above ``after``, in order."""
        ...

    def versions(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Return the versions of many jobs at once; those that are not there are left out."""
        ...

    def list_jobs(self, query: JobQuery) -> JobPage:
        """Return one page of jobs."""
        ...

    def by_subject(self, *, product_id: str = "", document_id: str = "") -> list[str]:
        """Return the ids of all jobs about a product, or else about a document.

        A job that names both is about its product.
        """
        ...

    def due(self, now: datetime, limit: int) -> list[str]:
        """Return ids of open jobs that the reconciler has to look at, the longest overdue first."""
        ...

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of jobs that have ended and expired, the longest expired first."""
        ...

    def active(self, activity: Activity, kind: Kind, limit: int) -> list[str]:
        """Return ids of jobs of a kind that wait or are worked on, those that do so longest first."""
        ...

    def waiting(self, owner: str, limit: int) -> int:
        """Return how many jobs that an owner has submitted wait for a worker; counting stops at ``limit``."""
        ...

    def expired(self, job_id: str) -> Job | None:
        """Return a job whose time is over and whose record is still there, which ``get`` does not show."""
        ...

    def remove(self, job_id: str) -> None:
        """Remove the record of a job with its units and events; a missing one is no error.

        The idempotency key that stands for the job is free again.

        The record goes last: cut short, the removal is begun again.
        """
        ...


def is_announced(before: Job, after: Job) -> bool:
    """Say whether a change ends a job that somebody has submitted, who may want to be told."""
    return after.status.terminal and not before.status.terminal and not after.is_follow_up


def edit(
    store: JobStore,
    job_id: str,
    decide: Callable[[Job], Change],
    unit: Unit | None = None,
    known: Job | None = None,
) -> Job:
    """Apply a transition: read the job, let ``decide`` choose, write; again where another was faster.

    ``known`` is the record as the caller last saw it, and saves the first read. Raises what ``decide``
    raises, JobNotFoundError, and TransientError after too many conflicts.
    """
    for _ in range(_MAX_CONFLICTS):
        job, known = known or store.get(job_id), None
        if job is None:
            raise JobNotFoundError(job_id)
        change = decide(job)
        try:
            store.save(job, change, unit)
        except VersionConflictError:
            continue
        return change.job
    raise TransientError("job-contended", f"Job {job_id} is being changed by too many writers at once.")

"""The job record and its events: plain values, no behaviour of any service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.ids import uuid7

MAX_ATTEMPTS = 5

PROCESSING = "processing"
"""The phase of stages that name none, and of jobs that have shown none yet."""

PAGES = "pages"
"""What the steps of a stage are, where people count pages."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What readers of documents call a stage: while it goes on, and ``after`` it (empty for the same).

    ``counts`` is ``PAGES`` where the steps of the stage are pages.

    >>> Phase("ocr_started", "ocr_completed").at(2, 2)
    'ocr_completed'
    """

    during: str = PROCESSING
    after: str = ""
    counts: str = ""

    def at(self, current: int, total: int) -> str:
        """Return the name once ``current`` of ``total`` steps are done."""
        return self.after or self.during if total and current >= total else self.during


UNNAMED_PHASE = Phase()
"""The phase of stages that readers of documents have no word for."""


class Activity(StrEnum):
    """Whether a job waits for a worker or is worked on."""

    WAITING = "waiting"
    WORKING = "working"


class Kind(StrEnum):
    """What a job does."""

    ANALYSIS = "analysis"
    CLEANUP = "cleanup"
    OUTPUT = "output"


class Status(StrEnum):
    """Where a job stands; the last three are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Say whether nothing may change any more."""
        return self in {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a job belongs to: the token's issuer and subject; ``team`` shares reading where set."""

    issuer: str
    subject: str
    team: str = ""

    @property
    def key(self) -> str:
        """Return the identity that records and indexes carry."""
        return f"{self.issuer}|{self.subject}"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a job published: its S3 key, media type, size in bytes and SHA-256 (hex)."""

    key: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job. ``version`` counts every write; ``fence`` rises with every take-over.

    ``percent_complete`` is 0 to 100 and never falls. ``current`` of ``total`` counts the steps of the
    current stage, ``phase`` is what readers of documents call it, and ``counted`` says what its steps are
    (``pages``, or empty). ``attempt`` counts tries after errors and lost workers, from 1; continuations and
    resumes do not count. ``stalled`` counts continuations in a row that finished no unit, ``resend_count``
    how often the reconciler has sent the message again since the last change. ``state_since`` is when
    the job came to where it stands: to its status, or to its worker. ``last_request`` is the last request of
    a person (``pause``, ``resume``, ``cancel``), which tells a repetition from a new one. ``busy_since`` is
    since when the job has been waiting for its turn. ``expires_at`` is by when an open job has to have ended,
    and until when one that has ended is kept.
    """

    job_id: str
    kind: Kind
    owner: Owner
    params: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    status: Status = Status.QUEUED
    current_stage: str = ""
    percent_complete: int = 0
    current: int = 0
    total: int = 0
    phase: str = ""
    counted: str = ""
    message: str = ""
    pause_requested: bool = False
    cancel_requested: bool = False
    attempt: int = 1
    max_attempts: int = MAX_ATTEMPTS
    stalled: int = 0
    resend_count: int = 0
    last_request: str = ""
    state_since: datetime | None = None
    not_before: datetime | None = None
    busy_since: datetime | None = None
    fence: int = 0
    version: int = 1
    units_done: int = 0
    units_at_take: int = 0
    retry_of: str = ""
    worker_id: str = ""
    lease_until: datetime | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def document_id(self) -> str:
        """Return the uploaded document this job is about, or an empty string."""
        return str(self.params.get("document_id") or "")

    @property
    def product_id(self) -> str:
        """Return the product this job is about, or an empty string."""
        return str(self.params.get("product_id") or "")

    @property
    def case_id(self) -> str:
        """Return the case this job belongs to, or an empty string."""
        return str(self.params.get("case_id") or "")

    @property
    def activity(self) -> Activity | None:
        """Return whether a worker has the job or it waits for one; None where neither is so."""
        if self.lease_until is not None:
            return Activity.WORKING
        paused = self.status is Status.PAUSED and not self.cancel_requested
        return None if self.status.terminal or paused else Activity.WAITING

    def expired(self, now: datetime) -> bool:
        """Say whether the job has ended and its time is over; one that has not ended is never passed over."""
        return self.status.terminal and self.expires_at is not None and self.expires_at <= now

    @property
    def debug_from(self) -> str:
        """Return the stage that the job starts again at, or an empty string."""
        return str(self.params.get("debug_from") or "")

    @property
    def source_job_id(self) -> str:
        """Return the job whose finished units before ``debug_from`` are taken over."""
        return str(self.params.get("source_job_id") or "")

    @property
    def is_follow_up(self) -> bool:
        """Say whether the job came by itself out of the completion of another one and was not submitted."""
        return self.kind is Kind.OUTPUT and not self.retry_of

    @property
    def webhook_id(self) -> str:
        """Return the webhook that is for this job, or an empty string."""
        return str(self.params.get("webhook_id") or "")

    @property
    def notify_email(self) -> str:
        """Return the e-mail address that hears of the job's end, or an empty string."""
        return str(self.params.get("notify_email") or "")

    @property
    def can_pause(self) -> bool:
        """Say whether a pause can be asked for."""
        return self.status in {Status.QUEUED, Status.RUNNING} and not (
            self.pause_requested or self.cancel_requested
        )

    @property
    def can_resume(self) -> bool:
        """Say whether the job can go on from its checkpoint."""
        return not self.cancel_requested and (self.status is Status.PAUSED or self.pause_requested)

    @property
    def can_cancel(self) -> bool:
        """Say whether a cancellation can be asked for."""
        return not self.status.terminal and not self.cancel_requested


def new_job(
    kind: Kind,
    owner: Owner,
    params: Mapping[str, Any],
    now: datetime,
    *,
    job_id: str = "",
    metadata: Mapping[str, str] | None = None,
    max_attempts: int = MAX_ATTEMPTS,
    retry_of: str = "",
    expires_at: datetime | None = None,
) -> Job:
    """Return a job before its first change: made ``now``, and waiting. Its id is a new one unless given."""
    return Job(
        job_id=job_id or uuid7(),
        kind=kind,
        owner=owner,
        params=params,
        created_at=now,
        updated_at=now,
        metadata=metadata or {},
        max_attempts=max_attempts,
        retry_of=retry_of,
        expires_at=expires_at,
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a job; ``number`` is the version that the change produced, so it orders events."""

    number: int
    job_id: str
    type: str
    at: datetime
    status: Status
    stage: str
    progress: int
    message: str
    current: int = 0
    total: int = 0
    phase: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A job after one transition, with the event that explains it.

    ``follow_ups`` are new jobs that come into being by the same write: none without the other.
    """

    job: Job
    event: Event
    follow_ups: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A finished unit of work: its output lies under ``key``, written under ``fence``.

    ``revision`` is the workflow's: the form of its outputs, which a new release may change.
    """

    stage: str
    index: int
    key: str
    fence: int
    revision: int = 1

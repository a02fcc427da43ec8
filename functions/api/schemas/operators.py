"""Answers to operators; the field descriptions are the API's reference."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from functions.api.schemas import job_views
from functions.api.schemas.dead_letters import RedriveReport, message_of
from functions.api.schemas.jobs import JobView
from shared.clock import to_text
from shared.jobs.model import Event, Job
from shared.operations.audit import AuditEntry
from shared.operations.dead_letters import DeadLetter
from shared.operations.logs import LogLine


class TaskView(JobView):
    """A job as operators see it."""

    owner: str = Field(description="Issuer and subject of the token that submitted it.")
    team: str | None
    fence: int = Field(description="Rises with every take-over and resume.")
    version: int = Field(description="Counts every change.")
    activity: str | None = Field(description="waiting for a worker, working, or null for neither.")
    since: str | None = Field(description="When it came to its status, or to its worker.")
    worker_id: str | None
    lease_until: str | None = Field(description="When its worker loses it, unless it gives a sign of life.")
    nudges: int = Field(description="Messages sent again since the last change.")
    stalled: int = Field(description="Invocations in a row that finished no unit.")
    units_done: int


class TaskList(BaseModel):
    """One page of tasks, newest first."""

    tasks: list[TaskView]
    next_cursor: str | None = Field(description="Pass it as cursor to get the next page; null on the last.")


class HistoryEntry(BaseModel):
    """A change of a job, or what an operator did to it."""

    at: str
    source: str = Field(description="job for a change of the record, operator for an audit entry.")
    type: str = Field(description="What happened, such as started, or the operator's action.")
    actor: str | None = Field(description="The person or worker behind it.")
    number: int | None = Field(None, description="Of a change: the version that it made.")
    status: str | None = None
    stage: str | None = None
    progress: int | None = None
    current: int | None = None
    total: int | None = None
    message: str | None = None
    outcome: str | None = Field(
        None, description="Of an action: begun (and never finished), done, refused or failed."
    )
    details: dict[str, Any] | None = Field(None, description="Of an action: ids and counts.")


class History(BaseModel):
    """One page of a job's history, oldest first."""

    entries: list[HistoryEntry]
    next_after: str | None = Field(description="Pass it as after to get the next page; null on the last.")


class AuditList(BaseModel):
    """One page of what operators did to a queue's dead letters, oldest first."""

    entries: list[HistoryEntry]
    next_after: str | None = Field(description="Pass it as after to get the next page; null on the last.")


class LogLineView(BaseModel):
    """A line that a function wrote about a job."""

    at: str
    function: str = Field(description="Name of the Lambda function.")
    level: str
    message: str
    fields: dict[str, Any] = Field(description="Everything else that the line says.")


class LogList(BaseModel):
    """Log lines of all functions about a job, oldest first."""

    lines: list[LogLineView]
    next_cursor: str | None = Field(
        description="Pass it as cursor to read on; null where all is read. There may be more to read after "
        "a page without lines: searching takes its time."
    )


class WorkerView(BaseModel):
    """A running execution."""

    worker_id: str
    job_id: str
    kind: str
    stage: str
    percent_complete: int
    owner: str
    since: str
    lease_left: float = Field(description="Seconds until the job is taken from a silent worker.")
    overdue: bool = Field(description="The worker was silent for too long; the reconciler takes the job.")


class WorkerList(BaseModel):
    """Who works on what, the longest first."""

    workers: list[WorkerView]


class QueueView(BaseModel):
    """A queue of jobs; SQS counts approximately."""

    kind: str
    depth: int = Field(description="Messages that can be received now.")
    in_flight: int = Field(description="Messages that workers have.")
    delayed: int = Field(description="Messages that become visible later.")
    oldest_age: float | None = Field(
        description="Seconds that the job waits that has waited longest, by its record; null for none."
    )
    oldest_job_id: str | None
    dead_letters: int | None = Field(description="Null where there is no dead-letter queue.")


class QueueList(BaseModel):
    """The queues."""

    queues: list[QueueView]


class LetterView(BaseModel):
    """A message that no worker could handle."""

    message_id: str
    kind: str
    readable: bool = Field(description="Whether it is a job message.")
    job_id: str | None
    job_status: str | None = Field(description="Null where there is no such job, or no more.")
    receive_count: int = Field(description="Receipts by workers and by operators who looked.")
    first_sent_at: str


class LetterList(BaseModel):
    """Dead letters of a queue, in no order."""

    dead_letters: list[LetterView]
    complete: bool = Field(description="Whether these are all that could be received now.")


class HandledView(BaseModel):
    """A dead letter that was dealt with."""

    message_id: str
    job_id: str | None
    outcome: str = Field(
        description="resent (the job's message is back in its queue), retried (a new job for a failed one), "
        "settled (the job had ended otherwise), purged; unknown_job, unreadable and failed stay."
    )
    retry_job_id: str | None


class DeadLetterReport(BaseModel):
    """What became of dead letters."""

    counts: dict[str, int] = Field(description="Letters by outcome.")
    dead_letters: list[HandledView]
    missing: list[str] = Field(description="Letters asked for that could not be received now.")
    complete: bool = Field(description="False where there is more to do: ask again.")


class Unlocked(BaseModel):
    """A job that was taken from its worker."""

    job_id: str
    status: str
    fence: int
    message: str


_OWN_FIELDS = ("job_id", "level", "message", "service", "timestamp")


def task_view(job: Job, root: str) -> TaskView:
    """Return a job with what operators see besides."""
    return TaskView(
        **job_views.job_view(job, root).model_dump(),
        owner=job.owner.key,
        team=job.owner.team or None,
        fence=job.fence,
        version=job.version,
        activity=None if job.activity is None else job.activity.value,
        since=None if job.state_since is None else to_text(job.state_since),
        worker_id=job.worker_id or None,
        lease_until=None if job.lease_until is None else to_text(job.lease_until),
        nudges=job.resend_count,
        stalled=job.stalled,
        units_done=job.units_done,
    )


def history_entry(entry: Event | AuditEntry) -> HistoryEntry:
    """Return a change, or an operator's action."""
    if isinstance(entry, AuditEntry):
        return HistoryEntry(
            at=to_text(entry.at),
            source="operator",
            type=entry.action,
            actor=entry.actor,
            outcome=entry.outcome.value,
            details=dict(entry.details),
        )
    return HistoryEntry(
        at=to_text(entry.at),
        source="job",
        type=entry.type,
        actor=entry.actor or None,
        number=entry.number,
        status=entry.status.value,
        stage=entry.stage,
        progress=entry.progress,
        current=entry.current,
        total=entry.total,
        message=entry.message,
    )


def log_line(line: LogLine) -> LogLineView:
    """Return a line with what every line has in front."""
    message = line.fields.get("message", "")
    return LogLineView(
        at=to_text(line.at),
        function=line.function,
        level=str(line.fields.get("level", "")),
        message=message if isinstance(message, str) else str(message),
        fields={name: value for name, value in line.fields.items() if name not in _OWN_FIELDS},
    )


def worker_view(job: Job, lease_until: datetime, now: datetime) -> WorkerView:
    """Return who works on a job until its lease runs out."""
    return WorkerView(
        worker_id=job.worker_id,
        job_id=job.job_id,
        kind=job.kind.value,
        stage=job.current_stage,
        percent_complete=job.percent_complete,
        owner=job.owner.key,
        since=to_text(job.state_since or job.updated_at),
        lease_left=max(0.0, round((lease_until - now).total_seconds(), 3)),
        overdue=lease_until <= now,
    )


def letter_view(letter: DeadLetter, job: Job | None) -> LetterView:
    """Return a dead letter with its job, where there is one."""
    message = message_of(letter)
    return LetterView(
        message_id=letter.message_id,
        kind=letter.kind.value,
        readable=message is not None,
        job_id=None if message is None else message.job_id,
        job_status=None if job is None else job.status.value,
        receive_count=letter.receive_count,
        first_sent_at=to_text(letter.first_sent),
    )


def letter_report(report: RedriveReport) -> DeadLetterReport:
    """Return what became of dead letters."""
    return DeadLetterReport(
        counts=report.counts(),
        dead_letters=[
            HandledView(
                message_id=letter.message_id,
                job_id=letter.job_id or None,
                outcome=letter.outcome.value,
                retry_job_id=letter.retry_job_id or None,
            )
            for letter in report.handled
        ],
        missing=report.missing,
        complete=report.complete,
    )

"""From records to operators' answers."""

from __future__ import annotations

from datetime import datetime

from functions.api import views
from functions.api.operators.answers import (
    DeadLetterReport,
    HandledView,
    HistoryEntry,
    LetterView,
    LogLineView,
    TaskView,
    WorkerView,
)
from functions.api.operators.redrive import Report, message_of
from shared.clock import to_text
from shared.jobs.model import Event, Job
from shared.operations.audit import AuditEntry
from shared.operations.dead_letters import DeadLetter
from shared.operations.logs import LogLine

_OWN_FIELDS = ("job_id", "level", "message", "service", "timestamp")


def task_view(job: Job, root: str) -> TaskView:
    """Return a job with what operators see besides."""
    return TaskView(
        **views.job_view(job, root).model_dump(),
        owner=job.owner.key,
        team=job.owner.team or None,
        fence=job.fence,
        version=job.version,
        activity=None if job.activity is None else job.activity.value,
        since=None if job.since is None else to_text(job.since),
        worker_id=job.worker_id or None,
        lease_until=None if job.lease_until is None else to_text(job.lease_until),
        nudges=job.nudges,
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
        since=to_text(job.since or job.updated_at),
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


def letter_report(report: Report) -> DeadLetterReport:
    """Return what became of dead letters."""
    return DeadLetterReport(
        counts=report.counts(),
        dead_letters=[
            HandledView(
                message_id=one.message_id,
                job_id=one.job_id or None,
                fate=one.fate.value,
                retry_job_id=one.retry_job_id or None,
            )
            for one in report.handled
        ],
        missing=report.missing,
        complete=report.complete,
    )

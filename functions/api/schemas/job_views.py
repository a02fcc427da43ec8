"""Views of jobs and of their events, filled from records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.api.schemas.artifacts import RESULT, download_name
from functions.api.schemas.jobs import Flags, JobDetails, JobView
from shared.clock import to_text
from shared.jobs.model import PAGES, PROCESSING, Event, Job, Status

INTERNAL_PARAMS = frozenset(
    {
        "as_admin",
        "document_key",
        "document_sha256",
        "document_size",
        "document_version",
        "extraction",
        "file_name",
        "media_type",
        "product_name",
        "understood",
        "notify_email",
        "webhook_id",
    }
)


def status_url(root: str, job_id: str) -> str:
    """Return the address of a job's status below ``root``, the path that the API is served under."""
    return f"{root}/jobs/{job_id}/status"


def events_url(root: str, job_id: str) -> str:
    """Return the address of a job's events."""
    return f"{root}/jobs/{job_id}/events"


def job_view(job: Job, root: str, notifications: str | None = None) -> JobView:
    """Return what the owner of a job sees; ``notifications`` is their state, where it was looked at."""
    base = f"{root}/jobs/{job.job_id}"
    done = job.status is Status.COMPLETED
    return JobView(
        job_id=job.job_id,
        kind=job.kind.value,
        status=job.status.value,
        current_stage=job.current_stage,
        percent_complete=job.percent_complete,
        current=job.current,
        total=job.total,
        message=job.message,
        can_pause=job.can_pause,
        can_resume=job.can_resume,
        can_cancel=job.can_cancel,
        pause_requested=job.pause_requested,
        cancel_requested=job.cancel_requested,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        not_before=_when(job.not_before),
        retry_of=job.retry_of or None,
        product_id=job.product_id or None,
        document_id=job.document_id or None,
        case_id=job.case_id or None,
        file_name=job.params.get("file_name"),
        product_name=job.params.get("product_name"),
        params={name: value for name, value in job.params.items() if name not in INTERNAL_PARAMS},
        metadata=dict(job.metadata),
        created_at=to_text(job.created_at),
        started_at=_when(job.started_at),
        updated_at=to_text(job.updated_at),
        completed_at=_when(job.completed_at),
        expires_at=_when(job.expires_at),
        result=None if job.result is None else dict(job.result),
        error=None if job.error is None else dict(job.error),
        details=_details(job),
        status_url=status_url(root, job.job_id),
        events_url=events_url(root, job.job_id),
        notifications=notifications,
        notifications_url=f"{base}/notifications",
        result_url=f"{base}/result" if done and RESULT in job.artifacts else None,
        download_url=f"{base}/download" if done and download_name(job) else None,
    )


def flags(job: Job) -> Flags:
    """Return what can be done with a job now."""
    return Flags(
        job_id=job.job_id,
        status=job.status.value,
        can_pause=job.can_pause,
        can_resume=job.can_resume,
        can_cancel=job.can_cancel,
        pause_requested=job.pause_requested,
        cancel_requested=job.cancel_requested,
        message=job.message,
    )


def processing_status(status: Status, phase: str) -> str:
    """Return what goes on with a document: the job's status, or while it runs, the phase it is in.

    Jobs that have finished no unit yet, and records and events of the first release, have no phase.
    """
    return phase or PROCESSING if status is Status.RUNNING else status.value


def event_view(event: Event, document_id: str) -> dict[str, Any]:
    """Return an event as the stream carries it."""
    return {
        "id": event.number,
        "job_id": event.job_id,
        "document_id": document_id or None,
        "status": event.status.value,
        "stage": event.stage,
        "progress": event.progress,
        "processing_status": processing_status(event.status, event.phase),
        "message": event.message,
        "current": event.current,
        "total": event.total,
        "at": to_text(event.at),
    }


def etag(job: Job, notifications: str | None = None) -> str:
    """Return the entity tag of a job's state; it changes with every change of what is shown of it."""
    suffix = f"-{notifications}" if notifications not in {None, "none"} else ""
    return f'"{job.version}{suffix}"'


def _details(job: Job) -> JobDetails:
    result = job.result or {}
    paging = job.counted == PAGES and job.total > 0
    return JobDetails(
        processing_status=processing_status(job.status, job.phase),
        current_page=min(job.current + 1, job.total) if paging else None,
        total_pages=job.total if paging else result.get("pages"),
        error_message=None if job.error is None else str(job.error.get("detail") or job.error.get("title")),
        completed_at=_when(job.completed_at),
        summary=_summary(result),
    )


def _summary(result: Mapping[str, Any]) -> str | None:
    """Return the text of the summary that the job made."""
    made = result.get("outputs") or {}
    text = (made.get("summary") or result.get("summary") or {}).get("text")
    return None if text is None else str(text)


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)

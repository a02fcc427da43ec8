"""Server-Sent Events as text (HTML standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from functions.api.schemas import job_views
from shared.jobs.model import Event, Job

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = ": keep-alive\n\n"


def retry(seconds: float) -> str:
    """Return the field that has the client come back so many seconds after the end of an answer."""
    return f"retry: {round(seconds * 1000)}\n\n"


def text(events: Sequence[Event], job: Job, *, whole_id: bool = False) -> str:
    """Return events of a job; with ``whole_id`` each id is ``JOB_ID:NUMBER``, else the number alone."""
    prefix = f"{job.job_id}:" if whole_id else ""
    return "".join(f"id: {prefix}{event.number}\ndata: {_data(event, job)}\n\n" for event in events)


def _data(event: Event, job: Job) -> str:
    return json.dumps(job_views.event_view(event, job.document_id), ensure_ascii=False)

"""The answer to an accepted submission: its headers, and where the job can be followed."""

from __future__ import annotations

from fastapi import Response

from functions.api.http.conditional import POLL_SECONDS
from functions.api.schemas import job_views
from functions.api.schemas.submissions import Accepted
from functions.api.services.acceptance import Submission


def mark_accepted(submission: Submission, response: Response, root: str) -> None:
    """Set the headers that name the job's address and when to ask there."""
    response.headers["Location"] = job_views.status_url(root, submission.job.job_id)
    response.headers["Retry-After"] = str(POLL_SECONDS)
    if submission.replayed:
        response.headers["Idempotent-Replay"] = "true"


def accepted(submission: Submission, response: Response, root: str, message: str) -> Accepted:
    """Return the body for an accepted job, with the headers set."""
    mark_accepted(submission, response, root)
    job_id = submission.job.job_id
    return Accepted(
        job_id=job_id,
        status_url=job_views.status_url(root, job_id),
        events_url=job_views.events_url(root, job_id),
        message=message,
        webhook_secret=submission.webhook_secret,
    )

"""The headers of an accepted submission."""

from __future__ import annotations

from fastapi import Response

from functions.api.http.conditional import POLL_SECONDS
from functions.api.schemas import job_views
from functions.api.services.submit import Submission


def mark_accepted(submission: Submission, response: Response, root: str) -> None:
    """Say in the headers where the job is, and when to ask."""
    response.headers["Location"] = job_views.status_url(root, submission.job.job_id)
    response.headers["Retry-After"] = str(POLL_SECONDS)
    if submission.replayed:
        response.headers["Idempotent-Replay"] = "true"

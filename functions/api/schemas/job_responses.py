"""Responses that show a job, with its entity tag."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import JSONResponse

from functions.api.http.conditional import POLL_SECONDS, matches
from functions.api.schemas import job_views
from shared.jobs.model import Job


def unchanged(job: Job, if_none_match: str | None, notifications: str | None = None) -> bool:
    """Say whether the client knows this state of the job; False without a tag to compare."""
    return matches(job_views.etag(job, notifications), if_none_match)


def job_answer(
    job: Job, root: str, if_none_match: str | None = None, notifications: str | None = None
) -> Response:
    """Return the state of a job, or 304 where the client knows it."""
    if unchanged(job, if_none_match, notifications):
        return Response(status_code=304, headers={"ETag": job_views.etag(job, notifications)})
    headers = {} if job.status.terminal else {"Retry-After": str(POLL_SECONDS)}
    return _job_response(job, root, 200, headers, notifications)


def job_redirect(job: Job, root: str, address: str) -> Response:
    """Redirect the client; the body has the state of the job, for clients that do not follow."""
    return _job_response(job, root, 307, {"Location": address, "Retry-After": str(POLL_SECONDS)})


def _job_response(
    job: Job, root: str, status: int, headers: dict[str, str], notifications: str | None = None
) -> Response:
    view = job_views.job_view(job, root, notifications)
    headers = {"ETag": job_views.etag(job, notifications), **headers}
    return JSONResponse(view.model_dump(mode="json"), status, headers)

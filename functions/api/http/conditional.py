"""Conditional requests: entity tags, and what is answered where nothing has changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response
from fastapi.responses import JSONResponse

from functions.api.schemas import job_views
from shared.jobs.model import Job

POLL_SECONDS = 1

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=255)]


def unchanged(job: Job, if_none_match: str | None, notifications: str | None = None) -> bool:
    """Compare a job's entity tag weakly, as RFC 9110 (13.1.2) says; False without a tag to compare."""
    given = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    return "*" in given or job_views.etag(job, notifications) in given


def job_answer(
    job: Job, root: str, if_none_match: str | None = None, notifications: str | None = None
) -> Response:
    """Return how a job stands, or 304 where the client knows it."""
    if unchanged(job, if_none_match, notifications):
        return Response(status_code=304, headers={"ETag": job_views.etag(job, notifications)})
    headers = {} if job.status.terminal else {"Retry-After": str(POLL_SECONDS)}
    return _shown(job, root, 200, headers, notifications)


def job_redirect(job: Job, root: str, address: str) -> Response:
    """Send the client elsewhere; the body says how the job stands, for clients that do not go."""
    return _shown(job, root, 307, {"Location": address, "Retry-After": str(POLL_SECONDS)})


def _shown(
    job: Job, root: str, status: int, headers: dict[str, str], notifications: str | None = None
) -> Response:
    view = job_views.job_view(job, root, notifications)
    headers = {"ETag": job_views.etag(job, notifications), **headers}
    return JSONResponse(view.model_dump(mode="json"), status, headers)

"""Submitting jobs, following them, listing them."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from functions.api import cursors, views
from functions.api.answers import Accepted, JobList, JobView
from functions.api.links import RootDep
from functions.api.lookup import ReadableJob
from functions.api.openapi import READ, SUBMIT, answers
from functions.api.products import ProductGateDep
from functions.api.schemas import AnalysisRequest, CleanupRequest, JobFilters
from functions.api.security import CallerDep, GuardedRoute, ServicesDep, SettingsDep
from functions.api.submit import Submission, Submitter
from shared.auth import ForbiddenError
from shared.jobs.store import JobQuery

POLL_SECONDS = 1
_STATUS = answers(304, *READ)
EVENTS_PER_ANSWER = 100

router = APIRouter(tags=["Jobs"], route_class=GuardedRoute)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Repeats of a request under the same key return the same job.",
    ),
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=255)]
LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=2**53)]


@router.post("/jobs/analysis", status_code=202, responses=answers(*SUBMIT))
def submit_analysis(
    body: AnalysisRequest,
    response: Response,
    root: RootDep,
    caller: CallerDep,
    services: ServicesDep,
    settings: SettingsDep,
    gate: ProductGateDep,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Start an analysis of an upload, or of a product's document."""
    submission = Submitter(services, settings, caller, idempotency_key or "").analysis(body, gate)
    return _accepted(submission, response, root)


@router.post("/jobs/cleanup", status_code=202, responses=answers(*SUBMIT))
def submit_cleanup(
    body: CleanupRequest,
    response: Response,
    root: RootDep,
    caller: CallerDep,
    services: ServicesDep,
    settings: SettingsDep,
    gate: ProductGateDep,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Start the removal of what the jobs of a product or of an upload have stored and seeded."""
    submission = Submitter(services, settings, caller, idempotency_key or "").cleanup(body, gate)
    return _accepted(submission, response, root)


@router.get("/jobs", responses=answers(401, 403, 422, 503))
def list_jobs(
    filters: Annotated[JobFilters, Query()], root: RootDep, caller: CallerDep, services: ServicesDep
) -> JobList:
    """List your jobs, newest first."""
    if filters.everybody and not caller.admin:
        raise ForbiddenError("Only administrators may list everybody's jobs.")
    page = services.jobs.list_jobs(
        JobQuery(
            owner=None if filters.everybody else caller.owner.key,
            limit=filters.limit,
            before=cursors.read(filters.cursor),
            status=filters.status,
            kind=filters.kind,
            product_id=filters.product_id or "",
            document_id=filters.document_id or "",
            case_id=filters.case_id or "",
        )
    )
    return JobList(
        jobs=[views.job_view(job, root) for job in page.jobs], next_cursor=cursors.write(page.next_before)
    )


@router.get(
    "/jobs/{job_id}/status", name="get_job_status", response_model=JobView, responses=answers(304, *READ)
)
@router.get("/jobs/{job_id}", response_model=JobView, responses=_STATUS)
def get_job(job: ReadableJob, root: RootDep, response: Response, if_none_match: IfNoneMatch = None) -> object:
    """Tell how a job stands; with If-None-Match, only where something has changed."""
    tag = views.etag(job)
    if if_none_match is not None and _matches(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    if not job.status.terminal:
        response.headers["Retry-After"] = str(POLL_SECONDS)
    return views.job_view(job, root)


@router.get(
    "/jobs/{job_id}/events",
    response_class=Response,
    responses={
        200: {"description": "Events, as Server-Sent Events", "content": {"text/event-stream": {}}},
        204: {"description": "The job has ended, and every event of it was read"},
        **answers(*READ, 422),
    },
)
def get_events(job: ReadableJob, services: ServicesDep, last_event_id: LastEventId = None) -> Response:
    """Tell what has happened to a job since ``Last-Event-ID``.

    The answer ends after the events there are; event sources come back for the next ones by themselves.
    """
    after = last_event_id or 0
    events = services.jobs.events(job.job_id, after, EVENTS_PER_ANSWER)
    if not events and job.status.terminal:
        return Response(status_code=204)
    lines = [f"retry: {POLL_SECONDS * 1000}\n\n"]
    for event in events:
        data = json.dumps(views.event_view(event, job.document_id), ensure_ascii=False)
        lines.append(f"id: {event.number}\ndata: {data}\n\n")
    return Response("".join(lines), media_type="text/event-stream")


def _accepted(submission: Submission, response: Response, root: str) -> Accepted:
    job = submission.job
    mark_accepted(submission, response, root)
    return Accepted(
        job_id=job.job_id,
        status_url=views.status_url(root, job.job_id),
        events_url=views.events_url(root, job.job_id),
        message=f"The {job.kind} was accepted.",
    )


def mark_accepted(submission: Submission, response: Response, root: str) -> None:
    """Say in the headers where the job is, and when to ask."""
    response.headers["Location"] = views.status_url(root, submission.job.job_id)
    response.headers["Retry-After"] = str(POLL_SECONDS)
    if submission.replayed:
        response.headers["Idempotent-Replay"] = "true"


def _matches(if_none_match: str, tag: str) -> bool:
    """Compare entity tags weakly, as RFC 9110 (13.1.2) says."""
    given = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return "*" in given or tag in given

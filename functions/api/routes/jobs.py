"""Submitting jobs, following them, listing them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from functions.api.http import cursors
from functions.api.http.conditional import IfNoneMatch
from functions.api.http.links import RootDep
from functions.api.http.openapi import READ, SUBMIT, problem_responses
from functions.api.http.security import CallerDep, DependenciesDep, GuardedRoute, RecordsDep
from functions.api.routes.accepted import accepted
from functions.api.routes.dependencies import NotificationStateDep, ProductGateDep, ReadableJob, SubmitterDep
from functions.api.schemas import job_views
from functions.api.schemas.job_responses import job_answer, job_redirect, unchanged
from functions.api.schemas.jobs import JobList, JobView
from functions.api.schemas.requests import AnalysisRequest, CleanupRequest, JobFilters, OutputRequest
from functions.api.schemas.submissions import Accepted
from functions.api.services.acceptance import Submission
from functions.api.waiting.dependencies import WatchDep
from functions.api.waiting.follow import MAX_SECONDS, next_state
from shared.auth import ForbiddenError
from shared.jobs.store import JobQuery

_STATUS: dict[int | str, dict[str, Any]] = {
    307: {"model": JobView, "description": "The job's state now; Location waits for its next change"},
    **problem_responses(304, *READ, 422),
}

router = APIRouter(tags=["Jobs"], route_class=GuardedRoute)

Wait = Annotated[
    int | None, Query(ge=1, le=MAX_SECONDS, description="Seconds to wait for a change; may be cut.")
]


@router.post("/jobs/analysis", status_code=202, responses=problem_responses(*SUBMIT))
def submit_analysis(
    body: AnalysisRequest,
    response: Response,
    root: RootDep,
    submitter: SubmitterDep,
    gate: ProductGateDep,
) -> Accepted:
    """Start an analysis of an upload, or of a product's document."""
    return _accepted(submitter.analysis(body, gate), response, root)


@router.post("/jobs/cleanup", status_code=202, responses=problem_responses(*SUBMIT))
def submit_cleanup(
    body: CleanupRequest,
    response: Response,
    root: RootDep,
    submitter: SubmitterDep,
    gate: ProductGateDep,
) -> Accepted:
    """Start the removal of what the jobs of a product or of an upload have stored and seeded."""
    return _accepted(submitter.cleanup(body, gate), response, root)


@router.post("/jobs/{job_id}/outputs", status_code=202, responses=problem_responses(*SUBMIT, 404, 409))
def submit_outputs(
    job: ReadableJob, body: OutputRequest, response: Response, root: RootDep, submitter: SubmitterDep
) -> Accepted:
    """Make a translation, a summary or a report of a completed analysis, which stays as it is."""
    return _accepted(submitter.outputs(body, job), response, root)


@router.get("/jobs", responses=problem_responses(401, 403, 422, 503))
def list_jobs(
    filters: Annotated[JobFilters, Query()], root: RootDep, caller: CallerDep, dependencies: DependenciesDep
) -> JobList:
    """List your jobs, newest first.

    A page may be short, or empty, while next_cursor says that there is more: of many jobs that do not match
    1,000 are looked at for one answer.
    """
    if filters.everybody and not caller.admin:
        raise ForbiddenError("Only administrators may list the jobs of all callers.")
    page = dependencies.jobs.list_jobs(
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
        jobs=[job_views.job_view(job, root) for job in page.jobs], next_cursor=cursors.write(page.next_before)
    )


@router.get("/jobs/{job_id}/status", name="get_job_status", response_model=JobView, responses=_STATUS)
@router.get("/jobs/{job_id}", response_model=JobView, responses=_STATUS)
async def get_job(
    job: ReadableJob,
    root: RootDep,
    records: RecordsDep,
    watch: WatchDep,
    notifications: NotificationStateDep,
    wait: Wait = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show the state of a job; with If-None-Match, only where something has changed.

    With ``wait`` the answer comes with the next change, or after so many seconds. Where waiting is done at
    another address, that is a redirection whose body has the job's state now.
    """
    known = if_none_match is None or unchanged(job, if_none_match)
    if wait is None or job.status.terminal or not known:
        return job_answer(job, root, if_none_match, notifications)
    if not watch.longest:
        return job_redirect(job, root, f"{root}/jobs/{job.job_id}/wait?seconds={wait}")
    after = await next_state(job, watch, records, min(wait, watch.longest), if_none_match)
    return job_answer(after, root, if_none_match)


def _accepted(submission: Submission, response: Response, root: str) -> Accepted:
    return accepted(submission, response, root, f"The {submission.job.kind} was accepted.")

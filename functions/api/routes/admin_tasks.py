"""The jobs of all callers: their state, their history, and what operators do to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from functions.api.http import cursors
from functions.api.http.links import RootDep
from functions.api.http.openapi import OPERATE, problem_responses
from functions.api.http.security import DependenciesDep, OperatorDep, OperatorRoute
from functions.api.ports.dependencies import ApiDependencies
from functions.api.routes.accepted import accepted
from functions.api.routes.dependencies import ActingDep, IdempotencyKey, OperationsDep, TaskDep
from functions.api.schemas import operators
from functions.api.schemas.operator_requests import HistoryFilters, LogFilters, TaskFilters
from functions.api.schemas.operators import History, LogList, TaskList, TaskView, Unlocked
from functions.api.schemas.submissions import Accepted
from functions.api.services import control
from functions.api.services.acceptance import send_message
from functions.api.services.operators import history
from functions.api.services.operators.resubmit import require_ended, try_again
from shared.ids import is_uuid
from shared.jobs import states
from shared.jobs.model import Activity, Change, Job, Kind
from shared.jobs.states import RefusedError
from shared.jobs.store import JobNotFoundError, JobPage, JobQuery, edit

MAX_ACTIVE = 1000
BATCH = 100
# Functions log a little before and after what the record says, and their clocks differ.
SLACK = timedelta(minutes=1)

router = APIRouter(tags=["Operators"], route_class=OperatorRoute)


@router.get("/admin/tasks", responses=problem_responses(*OPERATE, 422))
def list_tasks(
    filters: Annotated[TaskFilters, Query()],
    root: RootDep,
    _operator: OperatorDep,
    dependencies: DependenciesDep,
) -> TaskList:
    """List the jobs of all callers, newest first.

    A page may be short, or empty, while next_cursor says that there is more: of many jobs that do not match
    1,000 are looked at for one answer.
    """
    query = JobQuery(
        owner=filters.owner,
        limit=filters.limit,
        before=cursors.read(filters.cursor),
        status=filters.status,
        kind=filters.kind,
        product_id=filters.product_id or "",
        document_id=filters.document_id or "",
        case_id=filters.case_id or "",
    )
    if filters.activity is None:
        page = dependencies.jobs.list_jobs(query)
    else:
        page = _active(dependencies, filters.activity, query)
    return TaskList(
        tasks=[operators.task_view(job, root) for job in page.jobs],
        next_cursor=cursors.write(page.next_before),
    )


@router.get("/admin/tasks/{job_id}", responses=problem_responses(*OPERATE, 404))
def get_task(job: TaskDep, root: RootDep) -> TaskView:
    """Show a job with its worker, lease and fence."""
    return operators.task_view(job, root)


@router.get("/admin/tasks/{job_id}/history", responses=problem_responses(*OPERATE, 404, 422))
def get_history(
    job_id: str,
    filters: Annotated[HistoryFilters, Query()],
    _operator: OperatorDep,
    dependencies: DependenciesDep,
    operations: OperationsDep,
) -> History:
    """Show every change of a job and everything that operators did to it, oldest first.

    Of a job that is gone, what operators did is shown for as long as the audit trail is kept.
    """
    if not is_uuid(job_id):
        raise JobNotFoundError(job_id)
    cursor = history.HistoryCursor.from_text(filters.after)
    page = history.read(dependencies.jobs, operations.audit, job_id, cursor, filters.limit)
    if not page.entries and dependencies.jobs.get(job_id) is None:
        raise JobNotFoundError(job_id)
    return History(
        entries=[operators.history_entry(entry) for entry in page.entries],
        next_after=None if page.after is None else page.after.to_text(),
    )


@router.get("/admin/tasks/{job_id}/logs", responses=problem_responses(*OPERATE, 404, 422))
def get_logs(
    job: TaskDep,
    filters: Annotated[LogFilters, Query()],
    dependencies: DependenciesDep,
    operations: OperationsDep,
) -> LogList:
    """Read what all functions logged about a job, from its submission to its end."""
    page = operations.logs.read(
        job.job_id,
        job.created_at - SLACK,
        (job.completed_at or dependencies.clock()) + SLACK,
        limit=filters.limit,
        cursor=filters.cursor,
    )
    return LogList(lines=[operators.log_line(line) for line in page.lines], next_cursor=page.cursor or None)


@router.post(
    "/admin/tasks/{job_id}/retry", status_code=202, responses=problem_responses(*OPERATE, 404, 409, 422)
)
def retry_task(
    job: TaskDep,
    response: Response,
    root: RootDep,
    operator: ActingDep,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Try a job again that has ended, as a new job of the same owner with the same parameters.

    Repetitions under an ``Idempotency-Key`` return the same new job. Without a key a job is tried again
    once, and repetitions return that job: to try once more, retry the newest one, or give a key.
    """
    with operator.acting("retry", job.job_id) as action:
        require_ended(job)
        submission = try_again(operator, job, idempotency_key or "")
        action.details["retry_job_id"] = submission.job.job_id
    return accepted(submission, response, root, f"The {job.kind} is tried again.")


@router.post("/admin/tasks/{job_id}/unlock", responses=problem_responses(*OPERATE, 404, 409))
def unlock_task(job: TaskDep, operator: ActingDep) -> Unlocked:
    """Take a job from a worker that hangs, so that another one goes on with it."""

    def decide(current: Job) -> Change:
        try:
            return states.unlock(current, operator.dependencies.clock(), operator.name)
        except RefusedError as refusal:
            raise control.conflict(current, refusal) from refusal

    with operator.acting("unlock", job.job_id, worker_id=job.worker_id) as action:
        after = edit(operator.dependencies.jobs, job.job_id, decide)
        action.details["fence"] = after.fence
    send_message(operator.dependencies, after, "unlocked")
    return Unlocked(job_id=after.job_id, status=after.status.value, fence=after.fence, message=after.message)


def _active(dependencies: ApiDependencies, activity: Activity, query: JobQuery) -> JobPage:
    """Return a page of the jobs that wait or are worked on, by the index of those."""
    kinds = [query.kind] if query.kind else list(Kind)
    ids = {job_id for kind in kinds for job_id in dependencies.jobs.active(activity, kind, MAX_ACTIVE)}
    ordered = sorted((job_id for job_id in ids if not query.before or job_id < query.before), reverse=True)
    matching: list[Job] = []
    for start in range(0, len(ordered), BATCH):
        for job in dependencies.jobs.many(ordered[start : start + BATCH]):
            # The index follows the records with a delay.
            if job.activity is not activity or not query.matches(job):
                continue
            if query.owner is not None and job.owner.key != query.owner:
                continue
            matching.append(job)
        if len(matching) > query.limit:
            return JobPage(matching[: query.limit], matching[query.limit - 1].job_id)
    return JobPage(matching, "")

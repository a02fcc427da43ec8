"""Workers, queues and dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from functions.api.http.cursors import invalid_cursor
from functions.api.http.openapi import OPERATE, problem_responses
from functions.api.http.security import DependenciesDep, OperatorDep, OperatorRoute
from functions.api.ports.dependencies import ApiDependencies
from functions.api.ports.operations import OperatorDependencies
from functions.api.routes.dependencies import ActingDep, OperationsDep
from functions.api.schemas import operators
from functions.api.schemas.dead_letters import message_of
from functions.api.schemas.operator_requests import (
    AuditFilters,
    LetterFilters,
    PurgeRequest,
    RedriveRequest,
    WorkerFilters,
)
from functions.api.schemas.operators import (
    AuditList,
    DeadLetterReport,
    LetterList,
    QueueList,
    QueueView,
    WorkerList,
)
from functions.api.services.operators import redrive
from functions.api.services.operators.dead_letters import DeadLetterBatch
from shared.ids import is_uuid
from shared.jobs.model import Activity, Job, Kind
from shared.operations.audit import queue_subject
from shared.operations.dead_letters import DeadLetter

CHANGE = (400, *OPERATE, 413, 415, 422)
# Long enough to look them all up; after a crash the letters are back by then.
LIST_HIDDEN = timedelta(seconds=20)
LIST_PATIENCE = timedelta(seconds=10)

router = APIRouter(tags=["Operators"], route_class=OperatorRoute)


@router.get("/admin/workers", responses=problem_responses(*OPERATE, 422))
def list_workers(
    filters: Annotated[WorkerFilters, Query()], _operator: OperatorDep, dependencies: DependenciesDep
) -> WorkerList:
    """List the running executions: who works on what, since when, and how long the lease holds."""
    now = dependencies.clock()
    kinds = [filters.kind] if filters.kind else list(Kind)
    ids = [
        job_id for kind in kinds for job_id in dependencies.jobs.active(Activity.WORKING, kind, filters.limit)
    ]
    jobs = dependencies.jobs.many(ids)
    workers = [
        operators.worker_view(job, job.lease_until, now) for job in jobs if job.lease_until is not None
    ]
    return WorkerList(workers=sorted(workers, key=lambda worker: worker.since))


@router.get("/admin/queues", responses=problem_responses(*OPERATE))
def list_queues(
    _operator: OperatorDep, dependencies: DependenciesDep, operations: OperationsDep
) -> QueueList:
    """Show how full the queues are, how long the oldest job waits, and how many letters are dead.

    The age is that of a job's wait by its record: SQS gives the age of messages to CloudWatch alone,
    and a message sent again looks younger than its job.
    """
    queues = [*(_queue(kind, dependencies, operations) for kind in Kind), _notifications(dependencies)]
    return QueueList(queues=[queue for queue in queues if queue is not None])


@router.get("/admin/dead-letters", responses=problem_responses(*OPERATE, 422))
def list_dead_letters(
    filters: Annotated[LetterFilters, Query()],
    _operator: OperatorDep,
    dependencies: DependenciesDep,
    operations: OperationsDep,
) -> LetterList:
    """Look at the dead letters of a queue; they stay where they are."""
    batch = DeadLetterBatch(
        operations.dead_letters,
        filters.kind,
        dependencies.clock,
        hidden=LIST_HIDDEN,
        patience=LIST_PATIENCE,
    )
    with batch:
        dead_letters = list(batch.take(filters.limit))
        views = [operators.letter_view(letter, _job_of(letter, dependencies)) for letter in dead_letters]
    return LetterList(dead_letters=views, complete=batch.emptied)


@router.post("/admin/dead-letters/redrive", responses=problem_responses(*CHANGE))
def redrive_dead_letters(body: RedriveRequest, operator: ActingDep) -> DeadLetterReport:
    """Bring dead letters back: the message of a job that has not ended, or a new job for a failed one.

    Letters of jobs that ended otherwise are removed; those that name no job stay. Cut short, the call can
    be repeated: a message may then be sent twice, a job is never made twice.
    """
    return operators.letter_report(redrive.redrive(operator, body.kind, body.message_ids or ()))


@router.post("/admin/dead-letters/purge", responses=problem_responses(*CHANGE))
def purge_dead_letters(body: PurgeRequest, operator: ActingDep) -> DeadLetterReport:
    """Throw dead letters away, for good; their jobs stay as they are."""
    return operators.letter_report(redrive.purge(operator, body.kind, body.message_ids or ()))


@router.get("/admin/audit", responses=problem_responses(*OPERATE, 422))
def list_audit(
    filters: Annotated[AuditFilters, Query()], _operator: OperatorDep, operations: OperationsDep
) -> AuditList:
    """List what operators did to a queue's dead letters, oldest first; for a job see its history."""
    if filters.after and not is_uuid(filters.after):
        raise invalid_cursor()
    entries = operations.audit.entries(queue_subject(filters.kind), filters.after, filters.limit + 1)
    page = entries[: filters.limit]
    return AuditList(
        entries=[operators.history_entry(entry) for entry in page],
        next_after=page[-1].entry_id if len(entries) > filters.limit else None,
    )


def _queue(kind: Kind, dependencies: ApiDependencies, operations: OperatorDependencies) -> QueueView | None:
    depth = operations.depths.of(kind)
    if depth is None:
        return None
    dead = operations.dead_depths.of(kind)
    oldest = _longest_waiting(kind, dependencies)
    since = None if oldest is None else oldest.state_since or oldest.created_at
    return QueueView(
        kind=kind.value,
        depth=depth.waiting,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_age=None
        if since is None
        else max(0.0, round((dependencies.clock() - since).total_seconds(), 3)),
        oldest_job_id=None if oldest is None else oldest.job_id,
        dead_letters=None if dead is None else dead.waiting + dead.in_flight,
    )


def _notifications(dependencies: ApiDependencies) -> QueueView | None:
    """Return how full the notifications' queue is; its messages wait for no worker, but for their time."""
    depth = dependencies.notifying.depth() if dependencies.notifying else None
    if dependencies.notifying is None or depth is None:
        return None
    dead = dependencies.notifying.dead_depth()
    return QueueView(
        kind="notification",
        depth=depth.waiting,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_age=None,
        oldest_job_id=None,
        dead_letters=None if dead is None else dead.waiting + dead.in_flight,
    )


def _longest_waiting(kind: Kind, dependencies: ApiDependencies) -> Job | None:
    """Return the job that has waited longest; some that the index still names may wait no more."""
    for job_id in dependencies.jobs.active(Activity.WAITING, kind, 10):
        job = dependencies.jobs.get(job_id)
        if job is not None and job.activity is Activity.WAITING:
            return job
    return None


def _job_of(letter: DeadLetter, dependencies: ApiDependencies) -> Job | None:
    message = message_of(letter)
    return None if message is None else dependencies.jobs.get(message.job_id)

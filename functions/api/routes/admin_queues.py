"""Workers, queues and dead letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from functions.api.http.openapi import OPERATE, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import OperatorDep, OperatorRoute, ServicesDep
from functions.api.ports.operations import OperatorDependencies
from functions.api.ports.services import ApiDependencies
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
# Long enough to look them all up; should we die, the letters are back after it.
LIST_HIDDEN = timedelta(seconds=20)
LIST_PATIENCE = timedelta(seconds=10)

router = APIRouter(tags=["Operators"], route_class=OperatorRoute)


@router.get("/admin/workers", responses=problem_responses(*OPERATE, 422))
def list_workers(
    filters: Annotated[WorkerFilters, Query()], _operator: OperatorDep, services: ServicesDep
) -> WorkerList:
    """List the running executions: who works on what, since when, and how long the lease holds."""
    now = services.clock()
    kinds = [filters.kind] if filters.kind else list(Kind)
    ids = [one for kind in kinds for one in services.jobs.active(Activity.WORKING, kind, filters.limit)]
    jobs = services.jobs.many(ids)
    workers = [
        operators.worker_view(job, job.lease_until, now) for job in jobs if job.lease_until is not None
    ]
    return WorkerList(workers=sorted(workers, key=lambda worker: worker.since))


@router.get("/admin/queues", responses=problem_responses(*OPERATE))
def list_queues(_operator: OperatorDep, services: ServicesDep, operations: OperationsDep) -> QueueList:
    """Show how full the queues are, how long the oldest job waits, and how many letters are dead.

    The age is that of a job's wait by its record: SQS tells the age of messages to CloudWatch alone, and a
    message sent again looks younger than its job.
    """
    queues = [*(_queue(kind, services, operations) for kind in Kind), _notifications(services)]
    return QueueList(queues=[queue for queue in queues if queue is not None])


@router.get("/admin/dead-letters", responses=problem_responses(*OPERATE, 422))
def list_dead_letters(
    filters: Annotated[LetterFilters, Query()],
    _operator: OperatorDep,
    services: ServicesDep,
    operations: OperationsDep,
) -> LetterList:
    """Look at the dead letters of a queue; they stay where they are."""
    hand = DeadLetterBatch(
        operations.dead_letters,
        filters.kind,
        services.clock,
        hidden=LIST_HIDDEN,
        patience=LIST_PATIENCE,
    )
    with hand:
        letters = list(hand.take(filters.limit))
        found = [operators.letter_view(letter, _job_of(letter, services)) for letter in letters]
    return LetterList(dead_letters=found, complete=hand.emptied)


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
    """Tell what operators did to a queue's dead letters, oldest first; a job's history tells of the job."""
    if filters.after and not is_uuid(filters.after):
        raise RequestError("invalid-cursor", "The cursor is none of ours; leave it out to start anew.")
    found = operations.audit.entries(queue_subject(filters.kind), filters.after, filters.limit + 1)
    page = found[: filters.limit]
    return AuditList(
        entries=[operators.history_entry(entry) for entry in page],
        next_after=page[-1].entry_id if len(found) > filters.limit else None,
    )


def _queue(kind: Kind, services: ApiDependencies, operations: OperatorDependencies) -> QueueView | None:
    depth = operations.depths.of(kind)
    if depth is None:
        return None
    dead = operations.dead_depths.of(kind)
    oldest = _longest_waiting(kind, services)
    since = None if oldest is None else oldest.since or oldest.created_at
    return QueueView(
        kind=kind.value,
        depth=depth.waiting,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_age=None if since is None else max(0.0, round((services.clock() - since).total_seconds(), 3)),
        oldest_job_id=None if oldest is None else oldest.job_id,
        dead_letters=None if dead is None else dead.waiting + dead.in_flight,
    )


def _notifications(services: ApiDependencies) -> QueueView | None:
    """Return how full the notifications' queue is; its messages wait for no worker, but for their time."""
    depth = services.notifying.depth() if services.notifying else None
    if services.notifying is None or depth is None:
        return None
    dead = services.notifying.dead_depth()
    return QueueView(
        kind="notification",
        depth=depth.waiting,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_age=None,
        oldest_job_id=None,
        dead_letters=None if dead is None else dead.waiting + dead.in_flight,
    )


def _longest_waiting(kind: Kind, services: ApiDependencies) -> Job | None:
    """Return the job that has waited longest; some that the index still names may wait no more."""
    for job_id in services.jobs.active(Activity.WAITING, kind, 10):
        job = services.jobs.get(job_id)
        if job is not None and job.activity is Activity.WAITING:
            return job
    return None


def _job_of(letter: DeadLetter, services: ApiDependencies) -> Job | None:
    message = message_of(letter)
    return None if message is None else services.jobs.get(message.job_id)

"""Pausing, resuming and cancelling a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from functions.api.answers import Flags
from functions.api.bootstrap import Services
from functions.api.lookup import ReadableJob, require_change
from functions.api.openapi import CHANGE, answers
from functions.api.security import CallerDep, GuardedRoute, ServicesDep
from functions.api.submit import notify
from functions.api.views import flags
from shared.auth import Caller
from shared.jobs import states
from shared.jobs.model import Change, Job, Status
from shared.jobs.store import edit
from shared.observability import logger

router = APIRouter(tags=["Control"], route_class=GuardedRoute)

Transition = Callable[[Job, datetime, str], Change]


@router.post("/jobs/{job_id}/pause", responses=answers(*CHANGE))
def pause(job: ReadableJob, caller: CallerDep, services: ServicesDep) -> Flags:
    """Stop the job at its next unit of work; everything done is kept."""
    return flags(_change(services, caller, job, states.request_pause))


@router.post("/jobs/{job_id}/resume", responses=answers(*CHANGE))
def resume(job: ReadableJob, caller: CallerDep, services: ServicesDep) -> Flags:
    """Let a paused job go on where it stopped."""
    after = _change(services, caller, job, states.request_resume)
    if after.status is Status.QUEUED:
        notify(services, after, "resumed")
    return flags(after)


@router.post("/jobs/{job_id}/cancel", responses=answers(*CHANGE))
def cancel(job: ReadableJob, caller: CallerDep, services: ServicesDep) -> Flags:
    """Stop the job and remove what it has made; it is ``cancelled`` once that is done."""
    after = _change(services, caller, job, states.request_cancel)
    notify(services, after, "cancelled")
    return flags(after)


def _change(services: Services, caller: Caller, job: Job, transition: Transition) -> Job:
    require_change(caller, job)
    after = edit(
        services.jobs, job.job_id, lambda current: transition(current, services.clock(), caller.owner.key)
    )
    logger.info("Job changed", job_id=job.job_id, status=after.status.value, event=after.message)
    return after

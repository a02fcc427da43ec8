"""Pausing, resuming and cancelling a job."""

from __future__ import annotations

from fastapi import APIRouter

from functions.api.http.openapi import CHANGE, answers
from functions.api.http.security import GuardedRoute
from functions.api.lookup import ReadableJob
from functions.api.schemas.jobs import Flags
from functions.api.steering import SteeringDep

router = APIRouter(tags=["Control"], route_class=GuardedRoute)


@router.post("/jobs/{job_id}/pause", responses=answers(*CHANGE))
def pause(job: ReadableJob, steering: SteeringDep) -> Flags:
    """Stop the job at its next unit of work; everything done is kept. Repeating it is harmless."""
    return steering.pause(job)


@router.post("/jobs/{job_id}/resume", responses=answers(*CHANGE))
def resume(job: ReadableJob, steering: SteeringDep) -> Flags:
    """Let a paused job go on where it stopped. Repeating it is harmless."""
    return steering.resume(job)


@router.post("/jobs/{job_id}/cancel", responses=answers(*CHANGE))
def cancel(job: ReadableJob, steering: SteeringDep) -> Flags:
    """Stop the job and remove what it has made; it is ``cancelled`` once that is done.

    Repeating it is harmless.
    """
    return steering.cancel(job)

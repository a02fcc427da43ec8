"""Pausing, resuming and cancelling by document, for clients that remember documents and not jobs."""

from __future__ import annotations

from fastapi import APIRouter

from functions.api.http.openapi import CHANGE, answers
from functions.api.http.security import GuardedRoute
from functions.api.lookup import DocumentJob
from functions.api.schemas.jobs import Flags
from functions.api.steering import SteeringDep

router = APIRouter(tags=["Control"], route_class=GuardedRoute)


@router.post("/documents/{document_id}/pause", responses=answers(*CHANGE))
def pause_document(job: DocumentJob, steering: SteeringDep) -> Flags:
    """Pause the document's active job; see POST /jobs/{job_id}/pause."""
    return steering.pause(job)


@router.post("/documents/{document_id}/resume", responses=answers(*CHANGE))
def resume_document(job: DocumentJob, steering: SteeringDep) -> Flags:
    """Resume the document's active job; see POST /jobs/{job_id}/resume."""
    return steering.resume(job)


@router.post("/documents/{document_id}/cancel", responses=answers(*CHANGE))
def cancel_document(job: DocumentJob, steering: SteeringDep) -> Flags:
    """Cancel the document's active job; see POST /jobs/{job_id}/cancel."""
    return steering.cancel(job)

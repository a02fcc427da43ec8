"""Pausing, resuming and cancelling: a job, or the active job of a document."""

from __future__ import annotations

from fastapi import APIRouter

from functions.api.http.openapi import CHANGE, problem_responses
from functions.api.http.security import GuardedRoute
from functions.api.routes.dependencies import DocumentJob, JobControlDep, ReadableJob
from functions.api.schemas.jobs import Flags

router = APIRouter(tags=["Control"], route_class=GuardedRoute)


@router.post("/jobs/{job_id}/pause", responses=problem_responses(*CHANGE))
def pause(job: ReadableJob, control: JobControlDep) -> Flags:
    """Stop the job at its next unit of work; everything done is kept. Repeating it is harmless."""
    return control.pause(job)


@router.post("/jobs/{job_id}/resume", responses=problem_responses(*CHANGE))
def resume(job: ReadableJob, control: JobControlDep) -> Flags:
    """Let a paused job go on where it stopped. Repeating it is harmless."""
    return control.resume(job)


@router.post("/jobs/{job_id}/cancel", responses=problem_responses(*CHANGE))
def cancel(job: ReadableJob, control: JobControlDep) -> Flags:
    """Stop the job and remove what it has made; it is ``cancelled`` once that is done.

    Repeating it is harmless.
    """
    return control.cancel(job)


@router.post("/documents/{document_id}/pause", responses=problem_responses(*CHANGE))
def pause_document(job: DocumentJob, control: JobControlDep) -> Flags:
    """Pause the document's active job; see POST /jobs/{job_id}/pause."""
    return control.pause(job)


@router.post("/documents/{document_id}/resume", responses=problem_responses(*CHANGE))
def resume_document(job: DocumentJob, control: JobControlDep) -> Flags:
    """Resume the document's active job; see POST /jobs/{job_id}/resume."""
    return control.resume(job)


@router.post("/documents/{document_id}/cancel", responses=problem_responses(*CHANGE))
def cancel_document(job: DocumentJob, control: JobControlDep) -> Flags:
    """Cancel the document's active job; see POST /jobs/{job_id}/cancel."""
    return control.cancel(job)

"""The deletion of a document: a mark that hides it; the reconciliation removes what there is.

The mark is one write, and from it on nothing can be added: submissions do not find the document, uploads and
analyses are refused by the store. Whatever is interrupted afterwards is begun again by the next run.
"""

from __future__ import annotations

from functions.api.ports.dependencies import ApiDependencies
from functions.api.services.acceptance import send_message
from functions.api.services.control import conflict
from functions.api.services.lookup import jobs_of
from shared.auth import Caller, ForbiddenError
from shared.documents.model import DocumentNotFoundError, DocumentRecord
from shared.ids import is_uuid
from shared.jobs import states
from shared.jobs.model import Job
from shared.jobs.states import RefusedError
from shared.jobs.store import JobNotFoundError, edit
from shared.observability import logger


def delete(dependencies: ApiDependencies, caller: Caller, document_id: str) -> DocumentRecord:
    """Mark a document for removal and return it; a mark that stands already is left as it is.

    Raises DocumentNotFoundError, ForbiddenError for those who may only read it, and RequestError while a job
    is about it that is not over; those that follow from an analysis by themselves are cancelled. Jobs of
    people whose jobs the caller may not see are no obstacle: the removal waits for them.
    """
    document = _find(dependencies, caller, document_id)
    if document.deleted_at is not None and not document.emptied:
        return document
    still_open = [job for job in jobs_of(dependencies, caller, document) if not job.status.terminal]
    for job in still_open:
        if not job.is_follow_up:
            raise conflict(job, RefusedError(f"job {job.job_id} about it is {job.status}"))
    for job in still_open:
        _cancel(dependencies, caller, job)
    dependencies.documents.begin_deletion(document.document_id, dependencies.clock())
    logger.info("Document is being removed", document_id=document.document_id)
    return document


def _find(dependencies: ApiDependencies, caller: Caller, document_id: str) -> DocumentRecord:
    """Return the caller's document, also while it is being removed."""
    known = is_uuid(document_id)
    document = dependencies.documents.get(document_id) if known else None
    if document is None and known:
        marked = dependencies.documents.expired(document_id)
        document = marked if marked is not None and marked.deleted_at is not None else None
    if document is None or not caller.may_read(document.owner):
        raise DocumentNotFoundError(document_id)
    if not caller.may_change(document.owner):
        raise ForbiddenError("Only its owner and administrators may delete this document.")
    return document


def _cancel(dependencies: ApiDependencies, caller: Caller, job: Job) -> None:
    """Have the worker of an output stop; one that has just ended, or is being cancelled, needs nothing."""
    try:
        after = edit(
            dependencies.jobs,
            job.job_id,
            lambda current: states.request_cancel(current, dependencies.clock(), caller.owner.key),
        )
    except (RefusedError, JobNotFoundError):
        return
    send_message(dependencies, after, "cancelled")

"""The job that a path names, for callers who may see it; for all others there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends

from functions.api import documents
from functions.api.bootstrap import Services
from functions.api.problems import RequestError
from functions.api.security import CallerDep, ServicesDep
from shared.auth import Caller, ForbiddenError
from shared.ids import is_uuid
from shared.jobs.model import Job
from shared.jobs.store import JobNotFoundError, subject_of


def find_job(services: Services, caller: Caller, job_id: str) -> Job:
    """Return a job that the caller may read; raises JobNotFoundError."""
    job = services.jobs.get(job_id) if is_uuid(job_id) else None
    if job is None or not caller.may_read(job.owner):
        raise JobNotFoundError(job_id)
    return job


def find_document_job(services: Services, caller: Caller, document_id: str) -> Job:
    """Return the job that is meant where only its document is named: the newest that has not ended.

    Where all have ended it is the newest, whose state then says what is (not) possible. The caller's own
    jobs go before those that they may only read. Raises DocumentNotFoundError, and RequestError where
    there is no job.
    """
    documents.find(services, caller, document_id)
    newest: Job | None = None
    readable: Job | None = None
    for job in _jobs_of(services, caller, document_id):
        newest = newest or job
        if not job.status.terminal:
            if caller.may_change(job.owner):
                return job
            readable = readable or job
    if newest is None:
        raise RequestError(
            "document-without-job",
            "No job about this document can be found; start one with POST /jobs/analysis.",
            status=409,
        )
    return readable or newest


def require_change(caller: Caller, job: Job) -> None:
    """Refuse callers who may see a job, but not change it; raises ForbiddenError."""
    if not caller.may_change(job.owner):
        raise ForbiddenError("Only its owner and administrators may change this job.")


def _jobs_of(services: Services, caller: Caller, document_id: str) -> Iterator[Job]:
    """Yield the jobs about an upload that the caller may read, newest first, as they are asked for."""
    for job_id in sorted(services.jobs.by_subject(subject_of(document_id=document_id)), reverse=True):
        job = services.jobs.get(job_id)
        if job is not None and caller.may_read(job.owner):
            yield job


def _readable(job_id: str, caller: CallerDep, services: ServicesDep) -> Job:
    return find_job(services, caller, job_id)


def _of_document(document_id: str, caller: CallerDep, services: ServicesDep) -> Job:
    return find_document_job(services, caller, document_id)


ReadableJob = Annotated[Job, Depends(_readable)]
DocumentJob = Annotated[Job, Depends(_of_document)]

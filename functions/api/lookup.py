"""The job that a path names, for callers who may see it; for all others there is none."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from functions.api.security import CallerDep, ServicesDep
from shared.auth import Caller, ForbiddenError
from shared.ids import is_uuid
from shared.jobs.model import Job
from shared.jobs.store import JobNotFoundError


def _readable(job_id: str, caller: CallerDep, services: ServicesDep) -> Job:
    job = services.jobs.get(job_id) if is_uuid(job_id) else None
    if job is None or not caller.may_read(job.owner):
        raise JobNotFoundError(job_id)
    return job


ReadableJob = Annotated[Job, Depends(_readable)]


def require_change(caller: Caller, job: Job) -> None:
    """Refuse callers who may see a job, but not change it; raises ForbiddenError."""
    if not caller.may_change(job.owner):
        raise ForbiddenError("Only its owner and administrators may change this job.")

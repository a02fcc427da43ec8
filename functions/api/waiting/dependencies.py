"""What the routes of waiting get of one request, by FastAPI's dependencies."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from functions.api.http.security import CallerDep, RecordsDep
from functions.api.ports.watch import Watch
from functions.api.services.lookup import find_job
from shared.jobs.model import Job


def _watch(request: Request) -> Watch:
    watch: Watch = request.app.state.watch()
    return watch


def _readable_job(job_id: str, caller: CallerDep, records: RecordsDep) -> Job:
    return find_job(records, caller, job_id)


WatchDep = Annotated[Watch, Depends(_watch)]
ReadableJob = Annotated[Job, Depends(_readable_job)]

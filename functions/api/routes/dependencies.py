"""What routes get of one request, by FastAPI's dependencies: the job that the path names, and the services.

``http.security`` has those that need no service: the caller, the settings, the ports.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from functions.api.http.security import (
    CallerDep,
    DependenciesDep,
    OperatorDep,
    RecordsDep,
    SettingsDep,
    token_of,
)
from functions.api.ports.operations import OperatorDependencies
from functions.api.services.control import JobControl
from functions.api.services.lookup import find_document_job, find_job
from functions.api.services.operators.audited import Operator
from functions.api.services.products import ProductGate
from functions.api.services.submit import Submitter
from functions.api.services.webhooks import WebhookService, notification_state
from shared.ids import is_uuid
from shared.jobs.model import Job
from shared.jobs.store import JobNotFoundError

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Repeats of a request under the same key return the same job.",
    ),
]


def _readable_job(job_id: str, caller: CallerDep, records: RecordsDep) -> Job:
    return find_job(records, caller, job_id)


def _document_job(document_id: str, caller: CallerDep, records: RecordsDep) -> Job:
    return find_document_job(records, caller, document_id)


def _any_job(job_id: str, _operator: OperatorDep, dependencies: DependenciesDep) -> Job:
    job = dependencies.jobs.get(job_id) if is_uuid(job_id) else None
    if job is None:
        raise JobNotFoundError(job_id)
    return job


ReadableJob = Annotated[Job, Depends(_readable_job)]
DocumentJob = Annotated[Job, Depends(_document_job)]
TaskDep = Annotated[Job, Depends(_any_job)]


def _submitter(
    caller: CallerDep,
    dependencies: DependenciesDep,
    settings: SettingsDep,
    idempotency_key: IdempotencyKey = None,
) -> Submitter:
    return Submitter(dependencies, settings, caller, idempotency_key or "")


def _product_gate(request: Request, caller: CallerDep, dependencies: DependenciesDep) -> ProductGate:
    return ProductGate(dependencies.products, caller, token_of(request))


def _job_control(caller: CallerDep, dependencies: DependenciesDep) -> JobControl:
    return JobControl(dependencies, caller)


def _webhooks(caller: CallerDep, dependencies: DependenciesDep, settings: SettingsDep) -> WebhookService:
    return WebhookService(dependencies, settings, caller)


def _notification_state(job: ReadableJob, dependencies: DependenciesDep) -> str | None:
    return notification_state(dependencies, job)


SubmitterDep = Annotated[Submitter, Depends(_submitter)]
ProductGateDep = Annotated[ProductGate, Depends(_product_gate)]
JobControlDep = Annotated[JobControl, Depends(_job_control)]
WebhookServiceDep = Annotated[WebhookService, Depends(_webhooks)]
NotificationStateDep = Annotated[str | None, Depends(_notification_state)]


def _operations(dependencies: DependenciesDep) -> OperatorDependencies:
    if dependencies.operations is None:
        raise RuntimeError("the application was wired without its operators' ports")
    return dependencies.operations


OperationsDep = Annotated[OperatorDependencies, Depends(_operations)]


def _acting(
    caller: OperatorDep, dependencies: DependenciesDep, operations: OperationsDep, settings: SettingsDep
) -> Operator:
    return Operator(dependencies, operations, settings, caller)


ActingDep = Annotated[Operator, Depends(_acting)]

"""Documents in: small ones with the request, large ones straight to the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response

from functions.api.http.links import RootDep
from functions.api.http.openapi import SUBMIT, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import (
    MAX_MULTIPART_FILE,
    CallerDep,
    DependenciesDep,
    GuardedRoute,
    SettingsDep,
)
from functions.api.routes.accepted import mark_accepted
from functions.api.routes.dependencies import SubmitterDep
from functions.api.schemas import job_views
from functions.api.schemas.requests import CaseUploadForm, Identifier, UploadForm, UploadRequest
from functions.api.schemas.submissions import UploadAccepted, UploadSlot
from functions.api.services import documents
from functions.api.services.submit import File, Submitter

MEBIBYTE = 1_048_576

router = APIRouter(tags=["Uploads"], route_class=GuardedRoute)


@router.post("/uploads", status_code=201, responses=problem_responses(400, 401, 413, 415, 422, 503))
def reserve_upload(
    body: UploadRequest, caller: CallerDep, dependencies: DependenciesDep, settings: SettingsDep
) -> UploadSlot:
    """Get an address for a file of any size, then start the analysis with its ``document_id``."""
    slot = documents.reserve(dependencies, settings, caller, body)
    return UploadSlot(
        document_id=slot.document.document_id,
        file_name=slot.document.file_name,
        url=slot.form.url,
        fields=slot.form.fields,
        expires_in=settings.upload_seconds,
        max_size=settings.max_upload_size,
    )


@router.post("/jobs/upload", status_code=202, responses=problem_responses(*SUBMIT))
def upload(
    form: Annotated[UploadForm, Form(media_type="multipart/form-data")],
    response: Response,
    root: RootDep,
    submitter: SubmitterDep,
) -> UploadAccepted:
    """Send a file of up to 4 MiB and start its analysis."""
    return _upload(submitter, form, form.case_id or "", response, root)


@router.post("/cases/{case_id}/documents/upload", status_code=202, responses=problem_responses(*SUBMIT))
def upload_to_case(
    case_id: Annotated[Identifier, Path()],
    form: Annotated[CaseUploadForm, Form(media_type="multipart/form-data")],
    response: Response,
    root: RootDep,
    submitter: SubmitterDep,
) -> UploadAccepted:
    """Send a file that belongs to a case, and start its analysis."""
    return _upload(submitter, form, case_id, response, root)


def _upload(
    submitter: Submitter, form: CaseUploadForm, case_id: str, response: Response, root: str
) -> UploadAccepted:
    data = form.file.file.read()
    if len(data) > MAX_MULTIPART_FILE:
        raise RequestError(
            "payload-too-large",
            "Files above 4 MiB go straight to the store: get an address from POST /uploads.",
            status=413,
        )
    file = File(form.file.filename or "", data)
    submission = submitter.upload(file, form, case_id)
    mark_accepted(submission, response, root)
    job = submission.job
    return UploadAccepted(
        job_id=job.job_id,
        document_id=job.document_id,
        file_name=str(job.params["file_name"]),
        file_size_mb=round(int(job.params["document_size"]) / MEBIBYTE, 3),
        status_url=job_views.status_url(root, job.job_id),
        events_url=job_views.events_url(root, job.job_id),
        metadata=dict(job.metadata),
        webhook_secret=submission.webhook_secret,
    )

"""What responses say; the field descriptions are the API's reference."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.findings.comparison import Comparison


class Accepted(BaseModel):
    """A job that was accepted; this is the answer to every repetition of the request, too."""

    job_id: str
    status: str = Field("queued", description="The status at acceptance.")
    status_url: str = Field(description="Where the job's status is.")
    events_url: str = Field(description="Where the job's events are.")
    message: str
    webhook_secret: str | None = Field(
        None, description="Secret made for webhook_url; in this answer, and those to its repetitions, alone."
    )


class UploadAccepted(BaseModel):
    """A stored document whose analysis was accepted."""

    success: bool = True
    job_id: str
    document_id: str
    file_name: str = Field(description="The file's name, made safe: no path, at most 200 characters.")
    file_size_mb: float = Field(description="Size in units of 1,048,576 bytes.")
    status: str = Field("queued", description="The status at acceptance.")
    status_url: str
    events_url: str
    metadata: dict[str, str]
    webhook_secret: str | None = Field(None, description="See POST /jobs/analysis.")


class UploadSlot(BaseModel):
    """Where to send a file: a multipart POST of all fields, then the file as field ``file``."""

    document_id: str
    file_name: str
    url: str
    fields: dict[str, Any]
    expires_in: int = Field(description="Seconds that the form is valid.")
    max_size: int = Field(description="Largest file accepted, in bytes.")


class JobDetails(BaseModel):
    """The job in a document's words."""

    processing_status: str
    current_page: int | None = Field(description="Page that is being read, from 1.")
    total_pages: int | None
    error_message: str | None
    completed_at: str | None
    summary: str | None


class JobView(BaseModel):
    """A job as its owner sees it; times are ISO 8601 in UTC."""

    job_id: str
    kind: str
    status: str
    current_stage: str
    percent_complete: int = Field(description="0 to 100; never falls.")
    current: int = Field(description="Units done of the current stage.")
    total: int = Field(description="Units of the current stage.")
    message: str
    can_pause: bool
    can_resume: bool
    can_cancel: bool
    pause_requested: bool
    cancel_requested: bool
    attempt: int = Field(description="The try that runs, or comes next, from 1.")
    max_attempts: int = Field(
        description="Tries before the job fails; removing what a cancelled job made gets some more."
    )
    not_before: str | None = Field(description="When the next attempt is due.")
    retry_of: str | None
    product_id: str | None
    document_id: str | None
    case_id: str | None
    file_name: str | None
    product_name: str | None = Field(description="As Directus called the product when the job was accepted.")
    params: dict[str, Any]
    metadata: dict[str, str]
    created_at: str
    started_at: str | None
    updated_at: str
    completed_at: str | None
    expires_at: str | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None = Field(description="A problem document, where the job failed.")
    details: JobDetails
    notifications: str | None = Field(
        None,
        description="Of a job that has ended, asked for by itself: none, pending, delivered or failed. "
        "They change nothing about the job.",
    )
    status_url: str
    events_url: str
    notifications_url: str
    result_url: str | None
    download_url: str | None


class JobList(BaseModel):
    """One page of jobs, newest first."""

    jobs: list[JobView]
    next_cursor: str | None = Field(description="Pass it as cursor to get the next page; null on the last.")


class Flags(BaseModel):
    """What can be done with a job after it was paused, resumed or cancelled."""

    job_id: str
    status: str
    can_pause: bool
    can_resume: bool
    can_cancel: bool
    pause_requested: bool
    cancel_requested: bool
    message: str


class ArtifactView(BaseModel):
    """A file that a job has published."""

    name: str
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    url: str = Field(description="Leads to the file by a redirect that is valid for a few minutes.")


class ArtifactList(BaseModel):
    """The files of a job."""

    artifacts: list[ArtifactView]


class ComparedProduct(BaseModel):
    """One of the products that are compared, as its analysis knows it."""

    job_id: str
    product_id: str | None
    document_id: str | None
    file_name: str | None
    product_name: str | None
    engine: str
    completed_at: str | None


class ComparisonView(BaseModel):
    """Products side by side; every row has one entry a product, in the order of ``products``."""

    taxonomy: str = Field(description="Name and version of the taxonomy that all were analysed with.")
    products: list[ComparedProduct]
    comparison: Comparison


class Health(BaseModel):
    """The process answers."""

    status: str
    version: str
    stage: str


class CheckView(BaseModel):
    """One part that the API needs."""

    ok: bool
    milliseconds: int


class Readiness(BaseModel):
    """Whether the API can do its work; ``checks`` are for administrators only."""

    status: str
    checks: dict[str, CheckView] | None = None


class ErrorPlace(BaseModel):
    """A place in the request, and the rule that it breaks."""

    loc: str
    message: str


class ProblemView(BaseModel):
    """A problem document (RFC 9457). docs/api/problems.md explains every ``type``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:clauseworks:problem:job-not-found",
                    "title": "Job not found",
                    "status": 404,
                    "detail": "There is no job '0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47' among your jobs.",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorPlace] | None = None
    job: Flags | None = Field(None, description="The job as it stands, where its state is what is wrong.")

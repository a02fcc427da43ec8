"""The models of jobs in answers; the field descriptions are the API's reference. ``job_views`` fills them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


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

"""Answers to submissions and uploads."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


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

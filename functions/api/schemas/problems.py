"""The problem document, as the OpenAPI document describes it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from functions.api.schemas.jobs import Flags


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

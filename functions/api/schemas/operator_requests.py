"""What operators' requests may say."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from functions.api.schemas.dead_letters import MAX_LETTERS
from functions.api.schemas.requests import Identifier, Request
from shared.jobs.model import Activity, Kind, Status

OwnerKey = Annotated[
    str, StringConstraints(min_length=3, max_length=512, pattern=r"^[^|]+\|.+$", strip_whitespace=True)
]


class Filters(BaseModel):
    """Base of queries."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskFilters(Filters):
    """Which tasks to list."""

    status: Status | None = None
    kind: Kind | None = None
    owner: OwnerKey | None = Field(None, description="Whose: issuer|subject, as in a task's owner.")
    product_id: Identifier | None = None
    document_id: Identifier | None = None
    case_id: Identifier | None = None
    activity: Activity | None = Field(
        None, description="Only those that wait for a worker, or that a worker has (1,000 at most)."
    )
    limit: int = Field(20, ge=1, le=100)
    cursor: str = Field("", max_length=128, description="next_cursor of the page before.")


class HistoryFilters(Filters):
    """Which part of a history to read."""

    limit: int = Field(100, ge=1, le=500)
    after: str = Field("", max_length=128, description="next_after of the page before.")


class LogFilters(Filters):
    """Which part of the log lines to read."""

    limit: int = Field(100, ge=1, le=200)
    cursor: str = Field("", max_length=8192, description="next_cursor of the page before.")


class WorkerFilters(Filters):
    """Which running executions to list."""

    kind: Kind | None = None
    limit: int = Field(50, ge=1, le=100, description="For each kind of job.")


class LetterFilters(Filters):
    """Which dead letters to list."""

    kind: Kind = Kind.ANALYSIS
    limit: int = Field(20, ge=1, le=MAX_LETTERS)


class AuditFilters(Filters):
    """Which queue's audit entries to read."""

    kind: Kind = Kind.ANALYSIS
    limit: int = Field(100, ge=1, le=500)
    after: str = Field("", max_length=128, description="next_after of the page before.")


MessageIds = Annotated[list[Identifier], Field(min_length=1, max_length=MAX_LETTERS)]


class RedriveRequest(Request):
    """Which dead letters to bring back: those that are named, or the next 100."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "analysis"}]})

    kind: Kind = Field(description="Kind of the jobs whose queue is meant.")
    message_ids: MessageIds | None = Field(None, description="The letters; all where it is left out.")


class PurgeRequest(Request):
    """Which dead letters to throw away: those that are named or, where all is set, the next 100."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "analysis", "message_ids": ["219f8380-5770-4cc2-8c3e-5c715e145f5e"]}]
        }
    )

    kind: Kind = Field(description="Kind of the jobs whose queue is meant.")
    message_ids: MessageIds | None = None
    all: bool = Field(False, description="Throw away whatever is there.")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.all == (self.message_ids is not None):
            raise ValueError("either message_ids or all is needed")
        return self

"""What requests about notifications may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.notifications.addresses import MAX_URL

WebhookUrl = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL)]
WebhookEvent = Literal["job.completed", "job.failed", "job.cancelled"]
Events = Annotated[tuple[WebhookEvent, ...], Field(min_length=1, max_length=3)]
Email = Annotated[
    str,
    # No parser of addresses of its own: SES has one. This keeps what could be more than one address out.
    StringConstraints(
        max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$"
    ),
]

ALL_EVENTS: Events = ("job.completed", "job.failed", "job.cancelled")


class WebhookRequest(BaseModel):
    """An address that is notified of your jobs."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"url": "https://hooks.example.com/clauseworks"}]},
    )

    url: WebhookUrl = Field(description="https, a name of the internet, port 443 or 8443.", repr=False)
    events: Events = Field(ALL_EVENTS, description="The events that it is notified of.")
    description: str = Field("", max_length=200, description="A note of yours.")


class FailedFilters(BaseModel):
    """Which notifications to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(20, ge=1, le=100)

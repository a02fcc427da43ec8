"""What callers and operators are answered about notifications; the descriptions are the API's reference."""

from __future__ import annotations

from pydantic import BaseModel, Field


class WebhookView(BaseModel):
    """A webhook as its owner sees it; its secrets are in no answer but that which brings them."""

    webhook_id: str
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_at: str | None
    disabled_reason: str | None = Field(
        description="gone (it answered 410) or failing (too many notifications in a row were given up)."
    )
    failures: int = Field(description="Notifications in a row that were given up.")
    previous_secret_until: str | None = Field(
        description="Until when the secret before signs, too; null where it does not."
    )
    created_at: str
    updated_at: str


class WebhookWithSecret(WebhookView):
    """A webhook with its new secret, which is shown this once."""

    secret: str = Field(description="What its messages are signed with; in no other answer.")


class WebhookList(BaseModel):
    """Your webhooks, the oldest first."""

    webhooks: list[WebhookView]


class AttemptView(BaseModel):
    """How one attempt went."""

    number: int
    at: str
    milliseconds: int
    status: int | None = Field(description="What the receiver answered; null where it did not.")
    error: str | None = Field(description="A short code of what went wrong; null for a success.")


class NotificationView(BaseModel):
    """What is told to one receiver."""

    notification_id: str = Field(description="The header webhook-id, the same at every attempt.")
    job_id: str | None
    event: str
    channel: str = Field(description="webhook or email.")
    target: str = Field(description="The receiver, without what may be secret of it.")
    webhook_id: str | None
    state: str = Field(description="pending, delivered or failed (given up; ask for it again).")
    reason: str | None = Field(description="A short code of what went wrong last.")
    created_at: str
    next_attempt_at: str | None
    gives_up_at: str | None
    delivered_at: str | None
    failed_at: str | None
    attempts_made: int = Field(description="All attempts, those included that died before they were logged.")
    attempts: list[AttemptView]


class NotificationList(BaseModel):
    """The notifications of a job, or the tests of a webhook."""

    state: str = Field(description="none, pending, delivered, or failed where one of them was given up.")
    notifications: list[NotificationView]


class FailedNotification(NotificationView):
    """A notification that was given up, as operators see it."""

    owner: str


class FailedList(BaseModel):
    """Notifications that were given up, the oldest first."""

    notifications: list[FailedNotification]

"""Answers about notifications, for callers and operators; the descriptions are the API's reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from shared.clock import to_text
from shared.notifications.model import (
    DeliveryAttempt,
    Notification,
    NotificationLog,
    NotificationState,
    Webhook,
)


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
    """A message to one receiver."""

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


def webhook_view(webhook: Webhook, now: datetime) -> WebhookView:
    """Return what the owner of a webhook sees."""
    return WebhookView(**_webhook(webhook, now))


def with_secret(webhook: Webhook, now: datetime) -> WebhookWithSecret:
    """Return the same with the newest secret."""
    return WebhookWithSecret(**_webhook(webhook, now), secret=webhook.secrets[0].text)


def notification_view(
    notification: Notification, attempts: Iterable[DeliveryAttempt] = ()
) -> NotificationView:
    """Return what the owner of a job sees of a notification."""
    return NotificationView(**_notification(notification, attempts))


def failed_view(notification: Notification, attempts: Iterable[DeliveryAttempt]) -> FailedNotification:
    """Return what operators see of a notification that was given up."""
    return FailedNotification(**_notification(notification, attempts), owner=notification.owner)


def log_view(log: NotificationLog) -> NotificationList:
    """Return everything about the notifications of a job or webhook."""
    attempts: dict[str, Sequence[DeliveryAttempt]] = dict(log.attempts)
    return NotificationList(
        state=log.state,
        notifications=[
            notification_view(notification, attempts.get(notification.notification_id, ()))
            for notification in log.notifications
        ],
    )


def _webhook(webhook: Webhook, now: datetime) -> dict[str, Any]:
    signing = [secret.until for secret in webhook.secrets[1:] if secret.valid(now)]
    return {
        "webhook_id": webhook.webhook_id,
        "url": webhook.url,
        "events": [event.value for event in webhook.events],
        "description": webhook.description,
        "enabled": webhook.enabled,
        "disabled_at": _when(webhook.disabled_at),
        "disabled_reason": webhook.disabled_reason or None,
        "failures": webhook.failures,
        "previous_secret_until": _when(signing[0] if signing else None),
        "created_at": to_text(webhook.created_at),
        "updated_at": to_text(webhook.updated_at),
    }


def _notification(notification: Notification, attempts: Iterable[DeliveryAttempt]) -> dict[str, Any]:
    pending = notification.state is NotificationState.PENDING
    return {
        "notification_id": notification.notification_id,
        "job_id": notification.job_id or None,
        "event": notification.event.value,
        "channel": notification.channel.value,
        "target": notification.target,
        "webhook_id": notification.webhook_id or None,
        "state": notification.state.value,
        "reason": notification.reason or None,
        "created_at": to_text(notification.created_at),
        "next_attempt_at": to_text(notification.next_at) if pending else None,
        "gives_up_at": to_text(notification.deadline) if pending else None,
        "delivered_at": _when(notification.delivered_at),
        "failed_at": _when(notification.failed_at),
        "attempts_made": notification.attempts,
        "attempts": [
            AttemptView(
                number=attempt.number,
                at=to_text(attempt.at),
                milliseconds=attempt.milliseconds,
                status=attempt.status,
                error=attempt.error or None,
            )
            for attempt in attempts
        ],
    }


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)

"""From the records of notifications to answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from functions.api.notifications.answers import (
    AttemptView,
    FailedNotification,
    NotificationList,
    NotificationView,
    WebhookView,
    WebhookWithSecret,
)
from shared.clock import to_text
from shared.notifications.model import Attempt, Log, Notification, State, Webhook


def webhook_view(webhook: Webhook, now: datetime) -> WebhookView:
    """Return what the owner of a webhook sees."""
    return WebhookView(**_webhook(webhook, now))


def with_secret(webhook: Webhook, now: datetime) -> WebhookWithSecret:
    """Return the same with the newest secret."""
    return WebhookWithSecret(**_webhook(webhook, now), secret=webhook.secrets[0].text)


def notification_view(one: Notification, attempts: Iterable[Attempt] = ()) -> NotificationView:
    """Return what the owner of a job sees of a notification."""
    return NotificationView(**_notification(one, attempts))


def failed_view(one: Notification, attempts: Iterable[Attempt]) -> FailedNotification:
    """Return what operators see of a notification that was given up."""
    return FailedNotification(**_notification(one, attempts), owner=one.owner)


def log_view(log: Log) -> NotificationList:
    """Return everything about the notifications of a job or webhook."""
    attempts: dict[str, Sequence[Attempt]] = dict(log.attempts)
    return NotificationList(
        state=log.state,
        notifications=[
            notification_view(one, attempts.get(one.notification_id, ())) for one in log.notifications
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


def _notification(one: Notification, attempts: Iterable[Attempt]) -> dict[str, Any]:
    pending = one.state is State.PENDING
    return {
        "notification_id": one.notification_id,
        "job_id": one.job_id or None,
        "event": one.event.value,
        "channel": one.channel.value,
        "target": one.target,
        "webhook_id": one.webhook_id or None,
        "state": one.state.value,
        "reason": one.reason or None,
        "created_at": to_text(one.created_at),
        "next_attempt_at": to_text(one.next_at) if pending else None,
        "gives_up_at": to_text(one.deadline) if pending else None,
        "delivered_at": _when(one.delivered_at),
        "failed_at": _when(one.failed_at),
        "attempts_made": one.attempts,
        "attempts": [
            AttemptView(
                number=each.number,
                at=to_text(each.at),
                milliseconds=each.milliseconds,
                status=each.status,
                error=each.error or None,
            )
            for each in attempts
        ],
    }


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)

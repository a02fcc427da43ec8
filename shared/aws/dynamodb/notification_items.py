"""Notifications, attempts and announcements to items and back.

Those of a job lie in the job's own partition, and go with it when it is removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.values import Item
from shared.clock import from_text, to_text
from shared.jobs.model import Job
from shared.notifications import states
from shared.notifications.model import Channel, DeliveryAttempt, EventType, Notification, NotificationState

_TEXTS = ("job_id", "owner", "target", "body", "scope", "webhook_id", "address", "reason")
_NUMBERS = ("attempts", "tries", "version")
_TIMES = ("created_at", "deadline", "next_at", "lease_until", "delivered_at", "failed_at")


def announcement_item(job: Job) -> Item:
    """Return the item that the write which ends a job puts beside it.

    Without its keys to the index ``due`` it says that the notifications have been made.
    """
    due = job.updated_at + states.RESEND_AFTER
    return {
        **keys.announcement(job.job_id),
        **expiry.due_keys(keys.DueList.NOTIFICATIONS, job.job_id, due),
        "expires_at": expiry.outlived(job),
    }


def notification_to_item(notification: Notification) -> Item:
    """Return the item of a notification, with the key under which it is found overdue, or failed."""
    item: Item = {
        **keys.notification(notification.parent, notification.notification_id),
        "event": notification.event,
        "channel": notification.channel,
        "state": notification.state,
        **{name: getattr(notification, name) or None for name in _TEXTS},
        **{name: getattr(notification, name) for name in _NUMBERS},
        **{name: expiry.optional_text(getattr(notification, name)) for name in _TIMES},
        "kept_until": expiry.optional_text(notification.expires_at),
        "expires_at": _ttl(notification),
    }
    if (due := states.due_at(notification)) is not None:
        item |= expiry.due_keys(keys.DueList.NOTIFICATIONS, notification.notification_id, due)
    elif notification.state is NotificationState.FAILED and notification.failed_at is not None:
        failed = keys.DueList.FAILED_NOTIFICATIONS
        item |= expiry.due_keys(failed, notification.notification_id, notification.failed_at)
    return item


def notification_from_item(item: Mapping[str, Any]) -> Notification:
    """Read what ``notification_to_item`` wrote."""
    fields: dict[str, Any] = {name: item[name] for name in (*_TEXTS, *_NUMBERS) if name in item}
    fields |= {name: from_text(item[name]) for name in _TIMES if name in item}
    return Notification(
        notification_id=keys.notification_of(item["sk"]),
        event=EventType(item["event"]),
        channel=Channel(item["channel"]),
        state=NotificationState(item["state"]),
        expires_at=expiry.kept_until(item),
        **{"job_id": "", **fields},
    )


def attempt_to_item(notification: Notification, attempt: DeliveryAttempt) -> Item:
    """Return the item of an attempt; it lies behind its notification."""
    return {
        **keys.attempt(notification.parent, notification.notification_id, attempt.number),
        "at": to_text(attempt.at),
        "milliseconds": attempt.milliseconds,
        "error": attempt.error,
        "status": attempt.status,
        "expires_at": _ttl(notification),
    }


def attempt_from_item(item: Mapping[str, Any], number: int) -> DeliveryAttempt:
    """Read what ``attempt_to_item`` wrote; its sort key has the number."""
    return DeliveryAttempt(
        number, from_text(item["at"]), item["milliseconds"], item.get("status"), item["error"]
    )


def _ttl(notification: Notification) -> int | None:
    return expiry.ttl(None if notification.expires_at is None else notification.expires_at + expiry.NET)

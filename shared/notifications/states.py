"""The transitions of a notification: pure functions from one record to the next, or a refusal.

    pending -> delivered | failed
    pending -> pending          (an attempt failed, and another one follows)
    delivered | failed -> pending (on request)

Writers save what these return under the condition that the version is still the one they read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.notifications.model import Notification, NotificationState
from shared.notifications.schedule import PERSISTENCE

# Longer than an attempt takes; after it the reconciler sends what a worker that died has left.
LEASE = timedelta(seconds=60)
# How long a message is waited for before the reconciler sends another one.
RESEND_AFTER = timedelta(seconds=60)


class NotPendingError(Exception):
    """There is nothing to deliver: it was, it was given up, or another worker is at it."""


class TooEarlyError(Exception):
    """The next attempt is not due; ``wait`` is what is left."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"due in {wait.total_seconds():.1f} s")
        self.wait = wait


def take(notification: Notification, now: datetime) -> Notification:
    """Begin an attempt; raises NotPendingError and TooEarlyError."""
    if notification.state is not NotificationState.PENDING:
        raise NotPendingError
    if notification.lease_until is not None and notification.lease_until > now:
        raise NotPendingError
    if notification.next_at > now:
        raise TooEarlyError(notification.next_at - now)
    return _next(
        notification,
        attempts=notification.attempts + 1,
        tries=notification.tries + 1,
        lease_until=now + LEASE,
    )


def delivered(notification: Notification, now: datetime) -> Notification:
    """End with a success."""
    return _next(
        notification,
        state=NotificationState.DELIVERED,
        lease_until=None,
        delivered_at=now,
        failed_at=None,
        reason="",
    )


def put_off(notification: Notification, until: datetime, reason: str) -> Notification:
    """Wait for the next attempt."""
    return _next(notification, lease_until=None, next_at=until, reason=reason)


def given_up(notification: Notification, now: datetime, reason: str) -> Notification:
    """End without a success."""
    return _next(notification, state=NotificationState.FAILED, lease_until=None, failed_at=now, reason=reason)


def asked_again(notification: Notification, now: datetime) -> Notification:
    """Deliver once more, for another day; raises NotPendingError while it is under way anyhow."""
    if notification.state is NotificationState.PENDING:
        raise NotPendingError
    return _next(
        notification,
        state=NotificationState.PENDING,
        tries=0,
        next_at=now,
        deadline=now + PERSISTENCE,
        delivered_at=None,
        failed_at=None,
        reason="",
    )


def due_at(notification: Notification) -> datetime | None:
    """Return when the reconciler has to look at it; None where nothing is to come."""
    if notification.state is not NotificationState.PENDING:
        return None
    if notification.lease_until is not None:
        return notification.lease_until
    return notification.next_at + RESEND_AFTER


def _next(notification: Notification, **fields: object) -> Notification:
    return replace(notification, version=notification.version + 1, **fields)  # type: ignore[arg-type]

"""Webhooks, notifications and their queue in memory: they behave like the real ones, and forget on exit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.clock import Clock, utc_now
from shared.jobs.store import VersionConflictError
from shared.memory.jobs import MemoryJobs
from shared.memory.queue import MemoryMail
from shared.notifications import states
from shared.notifications.model import (
    DeliveryAttempt,
    Notification,
    NotificationLog,
    NotificationState,
    Webhook,
    parent_of,
)
from shared.notifications.queue import NotificationMessage
from tests.support.memory.faults import Fault, no_fault


@dataclass(slots=True)
class MemoryWebhooks:
    """A store of webhooks in memory."""

    clock: Clock = utc_now
    fault: Fault = no_fault
    _webhooks: dict[tuple[str, str], Webhook] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, webhook: Webhook) -> bool:
        """See WebhookStore."""
        self.fault("webhooks.create")
        with self._lock:
            return self._webhooks.setdefault((webhook.scope, webhook.webhook_id), webhook) is webhook

    def get(self, scope: str, webhook_id: str) -> Webhook | None:
        """See WebhookStore."""
        self.fault("webhooks.get")
        found = self._webhooks.get((scope, webhook_id))
        return found if found is not None and self._kept(found) else None

    def of(self, scope: str) -> list[Webhook]:
        """See WebhookStore."""
        self.fault("webhooks.of")
        found = (one for (whose, _), one in sorted(self._webhooks.items()) if whose == scope)
        return [one for one in found if self._kept(one)]

    def save(self, before: Webhook, after: Webhook) -> None:
        """See WebhookStore."""
        self.fault("webhooks.save")
        key = (before.scope, before.webhook_id)
        with self._lock:
            stored = self._webhooks.get(key)
            if stored is None or stored.version != before.version:
                raise VersionConflictError
            self._webhooks[key] = after

    def delete(self, scope: str, webhook_id: str) -> None:
        """See WebhookStore."""
        self.fault("webhooks.delete")
        self._webhooks.pop((scope, webhook_id), None)

    def _kept(self, webhook: Webhook) -> bool:
        return webhook.expires_at is None or webhook.expires_at > self.clock()


@dataclass(slots=True)
class MemoryNotifications:
    """A store of notifications in memory; the announcements are those that the store of jobs has made."""

    jobs: MemoryJobs
    fault: Fault = no_fault
    _notifications: dict[tuple[str, str], Notification] = field(default_factory=dict)
    _attempts: dict[tuple[str, str], list[DeliveryAttempt]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expand(self, job_id: str, notifications: Sequence[Notification]) -> bool:
        """See NotificationStore."""
        self.fault("notifications.expand")
        with self._lock:
            if self.jobs.announced.pop(job_id, None) is None:
                return False
            for one in notifications:
                self._put(one)
            return True

    def create(self, notification: Notification) -> None:
        """See NotificationStore."""
        self.fault("notifications.create")
        self._put(notification)

    def get(self, parent: str, notification_id: str) -> Notification | None:
        """See NotificationStore."""
        self.fault("notifications.get")
        found = self._notifications.get((parent, notification_id))
        # What is kept with a job goes with it.
        return None if found is None or (found.job_id and self.jobs.get(found.job_id) is None) else found

    def save(self, before: Notification, after: Notification, attempt: DeliveryAttempt | None = None) -> None:
        """See NotificationStore."""
        self.fault("notifications.save")
        key = (before.parent, before.notification_id)
        with self._lock:
            stored = self._notifications.get(key)
            if stored is None or stored.version != before.version:
                raise VersionConflictError
            self._put(after)
            if attempt is not None:
                self._attempts.setdefault(key, []).append(attempt)

    def log(self, parent: str) -> NotificationLog:
        """See NotificationStore."""
        self.fault("notifications.log")
        found = [one for (whose, _), one in self._notifications.items() if whose == parent]
        return NotificationLog(
            any(parent_of(job_id) == parent for job_id in self.jobs.announced),
            tuple(sorted(found, key=lambda one: (one.created_at, one.notification_id))),
            {key[1]: tuple(made) for key, made in self._attempts.items() if key[0] == parent},
        )

    def due(self, now: datetime, limit: int) -> list[NotificationMessage]:
        """See NotificationStore."""
        self.fault("notifications.due")
        found = [
            (moment + states.RESEND_AFTER, NotificationMessage.of_job(job_id))
            for job_id, moment in self.jobs.announced.items()
        ]
        found += [
            (moment, NotificationMessage.about(one))
            for one in self._notifications.values()
            if (moment := states.due_at(one)) is not None
        ]
        return [message for moment, message in sorted(found, key=lambda one: one[0]) if moment <= now][:limit]

    def failed(self, until: datetime, limit: int) -> list[NotificationMessage]:
        """See NotificationStore."""
        self.fault("notifications.failed")
        found = [one for one in self._notifications.values() if one.state is NotificationState.FAILED]
        moments = sorted(((one.failed_at or until, one) for one in found), key=lambda each: each[0])
        return [NotificationMessage.about(one) for moment, one in moments if moment <= until][:limit]

    def _put(self, notification: Notification) -> None:
        self._notifications[notification.parent, notification.notification_id] = notification


@dataclass(slots=True)
class MemoryNotificationQueue(MemoryMail[NotificationMessage]):
    """The notifications' queue in memory; see NotificationQueue."""

"""The notifications in the jobs' table, beside their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.aws.dynamodb import keys
from shared.aws.dynamodb import notification_items as codec
from shared.aws.dynamodb.table import DynamoTable, put, update
from shared.jobs.store import VersionConflictError
from shared.notifications.model import DeliveryAttempt, Notification, NotificationLog
from shared.notifications.queue import NotificationMessage


class DynamoNotifications(DynamoTable):
    """See NotificationStore for the contract of every method."""

    def expand(self, job_id: str, notifications: Sequence[Notification]) -> bool:
        """Mark the announcement as done and put the notifications in one transaction."""
        done = update(
            keys.announcement(job_id), "REMOVE due_shard, due_at", condition="attribute_exists(due_shard)"
        )
        made = [put(codec.notification_to_item(notification)) for notification in notifications]
        return self._written(done, *made)

    def create(self, notification: Notification) -> None:
        """Write a notification."""
        self._written(put(codec.notification_to_item(notification)))

    def get(self, parent: str, notification_id: str) -> Notification | None:
        """Read one, consistently."""
        item = self._get(keys.notification(parent, notification_id))
        return None if item is None else codec.notification_from_item(item)

    def save(self, before: Notification, after: Notification, attempt: DeliveryAttempt | None = None) -> None:
        """Write over the version that was read, and the attempt with it."""
        writes = [put(codec.notification_to_item(after), "version = :version", version=before.version)]
        if attempt is not None:
            writes.append(put(codec.attempt_to_item(after, attempt)))
        if not self._written(*writes):
            raise VersionConflictError

    def log(self, parent: str) -> NotificationLog:
        """Read them and their attempts by one query."""
        announced = False
        notifications: list[Notification] = []
        attempts: dict[str, list[DeliveryAttempt]] = {}
        for item in self._between(parent, *keys.TO_NOTIFY):
            if item["sk"] == keys.ANNOUNCEMENT:
                announced = "due_shard" in item
            elif (attempted := keys.attempt_of(item["sk"])) is not None:
                notification_id, number = attempted
                attempts.setdefault(notification_id, []).append(codec.attempt_from_item(item, number))
            else:
                notifications.append(codec.notification_from_item(item))
        notifications.sort(key=lambda notification: (notification.created_at, notification.notification_id))
        return NotificationLog(
            announced, tuple(notifications), {name: tuple(made) for name, made in attempts.items()}
        )

    def due(self, now: datetime, limit: int) -> list[NotificationMessage]:
        """Read the index, the longest overdue first."""
        return self._messages(keys.DueList.NOTIFICATIONS, now, limit)

    def failed(self, until: datetime, limit: int) -> list[NotificationMessage]:
        """Read the index, the oldest first."""
        return self._messages(keys.DueList.FAILED_NOTIFICATIONS, until, limit)

    def _messages(self, due: keys.DueList, until: datetime, limit: int) -> list[NotificationMessage]:
        overdue = self._overdue(due, until, limit)
        return [NotificationMessage(pk, keys.notification_of(sk)) for pk, sk in overdue]

"""The notifications in the jobs' table, beside their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import notification_items as codec
from shared.aws.dynamodb.table import TransactingTable, overdue_keys, query
from shared.jobs.store import VersionConflictError
from shared.notifications.model import Attempt, Log, Notification
from shared.notifications.queue import NotificationMessage

_SERVICE = "DynamoDB"


class DynamoNotifications(TransactingTable):
    """See NotificationStore for the contract of every method."""

    def expand(self, job_id: str, notifications: Sequence[Notification]) -> bool:
        """Mark the announcement as done and put the notifications in one transaction."""
        announcement: dict[str, Any] = {
            "Update": {
                "TableName": self._table,
                "Key": codec.announcement_key(job_id),
                "UpdateExpression": "REMOVE due_shard, due_at",
                "ConditionExpression": "attribute_exists(due_shard)",
            }
        }
        return self._write([announcement, *map(self._put, notifications)])

    def create(self, notification: Notification) -> None:
        """Write a notification."""
        self._write([self._put(notification)])

    def get(self, parent: str, notification_id: str) -> Notification | None:
        """Read one, consistently."""
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table,
                Key=codec.notification_key(parent, notification_id),
                ConsistentRead=True,
            )
        return codec.notification_from_item(answer["Item"]) if "Item" in answer else None

    def save(self, before: Notification, after: Notification, attempt: Attempt | None = None) -> None:
        """Write over the version that was read, and the attempt with it."""
        put = self._put(after)
        put["Put"] |= {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(before.version)}},
        }
        writes = [put]
        if attempt is not None:
            item = codec.attempt_to_item(after, attempt)
            writes.append({"Put": {"TableName": self._table, "Item": item}})
        if not self._write(writes):
            raise VersionConflictError

    def log(self, parent: str) -> Log:
        """Read them and their attempts by one query."""
        items = query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": parent},
                ":first": {"S": codec.FIRST},
                ":last": {"S": codec.LAST},
            },
            ConsistentRead=True,
        )
        announced, notifications = False, []
        attempts: dict[str, list[Attempt]] = {}
        for item in items:
            if item["sk"]["S"] == codec.ANNOUNCEMENT:
                announced = "due_shard" in item
            elif codec.is_attempt(item):
                notification_id, attempt = codec.attempt_from_item(item)
                attempts.setdefault(notification_id, []).append(attempt)
            else:
                notifications.append(codec.notification_from_item(item))
        notifications.sort(key=lambda one: (one.created_at, one.notification_id))
        return Log(announced, tuple(notifications), {name: tuple(made) for name, made in attempts.items()})

    def due(self, now: datetime, limit: int) -> list[NotificationMessage]:
        """Read the index, the longest overdue first."""
        return self._overdue(codec.DUE, now, limit)

    def failed(self, until: datetime, limit: int) -> list[NotificationMessage]:
        """Read the index, the oldest first."""
        return self._overdue(codec.FAILED, until, limit)

    def _overdue(self, what: str, now: datetime, limit: int) -> list[NotificationMessage]:
        keys = overdue_keys(self._dynamodb, self._table, what, now, limit)
        return [NotificationMessage(pk, codec.notification_id_of(sk)) for pk, sk in keys]

    def _put(self, notification: Notification) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": codec.notification_to_item(notification)}}

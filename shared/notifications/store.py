"""The ports of webhooks and notifications, and the one way to change a webhook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from shared.errors import ClauseworksError, TransientError
from shared.jobs.store import VersionConflictError
from shared.notifications.model import DeliveryAttempt, Notification, NotificationLog, Webhook
from shared.notifications.queue import NotificationMessage

_MAX_CONFLICTS = 10


class WebhookNotFoundError(ClauseworksError):
    """There is no such webhook among the caller's."""

    status = 404

    def __init__(self, webhook_id: str) -> None:
        super().__init__("webhook-not-found", f"There is no webhook {webhook_id!r} among yours.")


class WebhookStore(Protocol):
    """Where webhooks live. Every method may raise TransientError; reads are strongly consistent."""

    def create(self, webhook: Webhook) -> bool:
        """Write a new webhook; False where there is one of its id already, which stays as it is."""
        ...

    def get(self, scope: str, webhook_id: str) -> Webhook | None:
        """Return a webhook of a list, or None where there is none or it has expired."""
        ...

    def of(self, scope: str) -> list[Webhook]:
        """Return the webhooks of a list, the oldest first."""
        ...

    def save(self, before: Webhook, after: Webhook) -> None:
        """Write a webhook; raises VersionConflictError where the stored version is not that of ``before``."""
        ...

    def delete(self, scope: str, webhook_id: str) -> None:
        """Remove a webhook; a missing one is no error."""
        ...


class NotificationStore(Protocol):
    """Where notifications live. Every method may raise TransientError; reads by id are consistent.

    That a job has ended is announced by the write that ends it (see ``JobStore.save``).
    """

    def expand(self, job_id: str, notifications: Sequence[Notification]) -> bool:
        """Put the notifications of a job in place of its announcement: all or none of it.

        False where there is no announcement: they are made already, or the job is gone.
        """
        ...

    def create(self, notification: Notification) -> None:
        """Write a notification that no job has announced."""
        ...

    def get(self, parent: str, notification_id: str) -> Notification | None:
        """Return a notification."""
        ...

    def save(self, before: Notification, after: Notification, attempt: DeliveryAttempt | None = None) -> None:
        """Write a notification, and how an attempt went, together.

        Raises VersionConflictError where the stored version is not that of ``before``.
        """
        ...

    def log(self, parent: str) -> NotificationLog:
        """Return everything about the notifications of a job or webhook, the oldest first."""
        ...

    def due(self, now: datetime, limit: int) -> list[NotificationMessage]:
        """Return what the reconciler has to send again, the longest overdue first."""
        ...

    def failed(self, until: datetime, limit: int) -> list[NotificationMessage]:
        """Return the notifications that were given up until then, the oldest first."""
        ...


def edit_webhook(
    store: WebhookStore, scope: str, webhook_id: str, change: Callable[[Webhook], Webhook | None]
) -> Webhook:
    """Change a webhook: read it, let ``change`` choose (None for nothing), write; again on conflict.

    Raises what ``change`` raises, WebhookNotFoundError, and TransientError after too many conflicts.
    """
    for _ in range(_MAX_CONFLICTS):
        webhook = store.get(scope, webhook_id)
        if webhook is None:
            raise WebhookNotFoundError(webhook_id)
        after = change(webhook)
        if after is None:
            return webhook
        try:
            store.save(webhook, after)
        except VersionConflictError:
            continue
        return after
    raise TransientError("webhook-contended", "The webhook is being changed by too many writers at once.")

"""Webhooks and notifications, in the name of one caller."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies
from functions.api.ports.notifying import NotificationDependencies
from functions.api.settings import ApiSettings
from shared.auth import Caller
from shared.errors import ClauseworksError, TransientError
from shared.ids import is_uuid
from shared.jobs.model import Job
from shared.jobs.store import VersionConflictError
from shared.notifications import states, webhooks
from shared.notifications.addresses import locate, parse
from shared.notifications.model import Notification, Webhook, job_scope, parent_of
from shared.notifications.queue import NotificationMessage
from shared.notifications.states import NotPendingError
from shared.notifications.store import WebhookNotFoundError, edit_webhook
from shared.observability import logger
from shared.sending import send_or_leave


class NotificationNotFoundError(ClauseworksError):
    """There is no such notification."""

    status = 404

    def __init__(self, notification_id: str) -> None:
        super().__init__("notification-not-found", f"There is no notification {notification_id!r} here.")


@dataclass(frozen=True, slots=True)
class WebhookService:
    """Acts on webhooks and notifications in the name of one caller."""

    dependencies: ApiDependencies
    settings: ApiSettings
    caller: Caller

    @property
    def ports(self) -> NotificationDependencies:
        """Return the ports."""
        if self.dependencies.notifying is None:
            raise RuntimeError("the application was wired without the ports of notifications")
        return self.dependencies.notifying

    @property
    def scope(self) -> str:
        """Return whose list of webhooks the caller has: their own."""
        return self.caller.owner.key

    def require_url(self, url: str) -> None:
        """Refuse a URL that webhooks may not go to; raises UrlRefusedError and TransientError."""
        local = self.settings.webhook_loopback
        locate(parse(url, local=local), self.ports.resolve, local=local)

    def webhook(self, webhook_id: str) -> Webhook:
        """Return a webhook of the caller's; raises WebhookNotFoundError."""
        webhook = self.ports.webhooks.get(self.scope, webhook_id) if is_uuid(webhook_id) else None
        if webhook is None:
            raise WebhookNotFoundError(webhook_id)
        return webhook

    def send(self, notification: Notification) -> None:
        """Send a notification's message to the worker; where that fails, the reconciler sends it."""
        send_or_leave(self.ports.queue, NotificationMessage.about(notification))

    def deliver_again(self, parent: str, notification_id: str) -> Notification:
        """Have a notification delivered once more, whether it was delivered or given up.

        The webhook of one job is enabled by it, where it was disabled: nothing else could. Raises
        NotificationNotFoundError, and RequestError while it is under way.
        """
        before = self.ports.notifications.get(parent, notification_id)
        if before is None:
            raise NotificationNotFoundError(notification_id)
        try:
            after = states.asked_again(before, self.dependencies.clock())
            self.ports.notifications.save(before, after)
        except (NotPendingError, VersionConflictError):
            raise RequestError(
                "notification-under-way", "The notification is being delivered already.", status=409
            ) from None
        if after.scope and after.scope == job_scope(after.webhook_id):
            now = self.dependencies.clock()
            with suppress(WebhookNotFoundError):
                edit_webhook(
                    self.ports.webhooks,
                    after.scope,
                    after.webhook_id,
                    lambda webhook: webhooks.enabled(webhook, now),
                )
        self.send(after)
        return after


def notification_state(dependencies: ApiDependencies, job: Job) -> str | None:
    """Return the state of an ended job's notifications; None before the end, and where it cannot be read."""
    if not job.status.terminal or dependencies.notifying is None:
        return None
    try:
        return dependencies.notifying.notifications.log(parent_of(job.job_id)).state
    except TransientError as error:
        # The caller asked for the job's own state.
        logger.warning("Notifications not looked at", problem=error.code)
        return None

"""The reconciliation of notifications: what should be on its way and has no message is sent one.

Nothing is written: a second message is harmless, for the record decides what is done about it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from functions.cleanup.removal.listing import PAGE, RESERVE
from shared.clock import Clock, utc_now
from shared.jobs.runner import Remaining, unlimited
from shared.notifications.queue import NotificationQueue
from shared.notifications.store import NotificationStore
from shared.observability import logger
from shared.sending import send_or_leave


@dataclass(slots=True)
class ResendReport:
    """What one run did: messages sent again, and those that could not be."""

    notifications_resent: int = 0
    notification_errors: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def metrics(self) -> dict[str, int]:
        """Return the figures worth an alarm or a graph."""
        return {"NotificationsResent": self.notifications_resent}


@dataclass(frozen=True, slots=True)
class NotificationResender:
    """Sends messages about what is overdue."""

    notifications: NotificationStore
    queue: NotificationQueue
    clock: Clock = utc_now
    page: int = PAGE

    def run(self, remaining: Remaining = unlimited) -> ResendReport:
        """Send one page of messages, the longest overdue first, until ``remaining()`` seconds run short.

        The next run sends the next ones. Raises TransientError where the list cannot be read.
        """
        resent = ResendReport()
        for message in self.notifications.due(self.clock(), self.page):
            if remaining() < RESERVE:
                break
            if send_or_leave(self.queue, message):
                resent.notifications_resent += 1
            else:
                resent.notification_errors += 1
        logger.info("Notifications sent again", extra=resent.to_dict())
        return resent

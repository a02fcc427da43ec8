"""The port of the notifications' queue: a message names a record, which says everything else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.errors import ClauseworksError, PermanentError
from shared.jobs.model import Job
from shared.jobs.queue import Announce
from shared.notifications.model import Notification, parent_of
from shared.sending import send_or_leave


@dataclass(frozen=True, slots=True)
class NotificationMessage:
    """What travels through the queue: a job that has ended, or one of its notifications.

    ``parent`` is what the notification is kept with. ``group`` stands for the receiver: the queue serves the
    groups in turn, so that no receiver waits for one that does not answer.
    """

    parent: str
    notification_id: str = ""
    group: str = ""

    @property
    def job_id(self) -> str:
        """Return the job that a message without a notification says has ended."""
        return self.parent.partition("#")[2]

    @classmethod
    def about(cls, notification: Notification) -> NotificationMessage:
        """Return the message that names a notification."""
        receiver = notification.scope + notification.webhook_id or notification.address
        return cls(notification.parent, notification.notification_id, _group(receiver))

    @classmethod
    def of_job(cls, job_id: str) -> NotificationMessage:
        """Return the message that says that a job has ended."""
        return cls(parent_of(job_id), group=_group(job_id))

    def to_json(self) -> str:
        """Return the message body."""
        return json.dumps({"parent": self.parent, "notification_id": self.notification_id})

    @classmethod
    def from_json(cls, body: str) -> NotificationMessage:
        """Read a message body; raises PermanentError for another form."""
        try:
            fields = json.loads(body)
            return cls(str(fields["parent"]), str(fields.get("notification_id", "")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PermanentError("bad-message", "The queue message names no notification.") from error


class NotificationQueue(Protocol):
    """Sends messages to the worker that notifies."""

    def send(self, message: NotificationMessage, delay: timedelta = timedelta()) -> None:
        """Send a message, delayed up to ``shared.jobs.queue.MAX_DELAY``; raises TransientError."""
        ...


def announcer(queue: NotificationQueue) -> Announce:
    """Return what announces to the queue that a submitted job has ended."""

    def announce(job: Job) -> None:
        if job.is_follow_up:
            return
        # Whatever fails: how the job ended is written, and stays so.
        send_or_leave(queue, NotificationMessage.of_job(job.job_id), leave=ClauseworksError)

    return announce


def _group(receiver: str) -> str:
    # Receivers are people, too: the queue need not know them.
    return hashlib.sha256(receiver.encode()).hexdigest()[:32]

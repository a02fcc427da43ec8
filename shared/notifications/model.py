"""The records of notifications: plain values, no behaviour of any service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.jobs.model import Owner


class EventType(StrEnum):
    """What a notification is about."""

    COMPLETED = "job.completed"
    FAILED = "job.failed"
    CANCELLED = "job.cancelled"
    TEST = "webhook.test"


# What a webhook can subscribe to; a test is sent in any case.
JOB_EVENTS = (EventType.COMPLETED, EventType.FAILED, EventType.CANCELLED)


class Channel(StrEnum):
    """How a notification travels."""

    WEBHOOK = "webhook"
    EMAIL = "email"


class NotificationState(StrEnum):
    """Where a notification stands; a failed one is tried again only on request."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """A secret as the receiver knows it (``whsec_`` and Base64); it signs until ``until``, or for good."""

    text: str = field(repr=False)
    until: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Say whether it still signs."""
        return self.until is None or self.until > now


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that hears of an owner's jobs, or of one job alone.

    ``scope`` is whose list it stands in: the owner's, or one of its own where it is for one job. ``secrets``
    has the newest first. ``failures`` counts the notifications in a row that were given up. ``version``
    counts every write.
    """

    webhook_id: str
    owner: Owner
    url: str = field(repr=False)
    secrets: tuple[SigningSecret, ...]
    events: tuple[EventType, ...]
    created_at: datetime
    updated_at: datetime
    for_job: bool = False
    description: str = ""
    disabled_at: datetime | None = None
    disabled_reason: str = ""
    failures: int = 0
    version: int = 1
    expires_at: datetime | None = None

    @property
    def scope(self) -> str:
        """Return whose list the webhook stands in."""
        return job_scope(self.webhook_id) if self.for_job else self.owner.key

    @property
    def enabled(self) -> bool:
        """Say whether anything is sent."""
        return self.disabled_at is None


def job_scope(webhook_id: str) -> str:
    """Return the list of a webhook that is for one job: it has it for itself."""
    return f"job:{webhook_id}"


@dataclass(frozen=True, slots=True)
class Notification:
    """A message to one receiver.

    ``notification_id`` is the same at every attempt, so that a receiver knows a repetition; so is ``body``.
    ``target`` names the receiver to people without what may be secret of it. ``attempts`` counts all of them,
    ``tries`` those since the last request for it, which the waits in between follow. ``lease_until`` is set
    while a worker is at it. ``reason`` is a short code of what went wrong last.
    """

    notification_id: str
    job_id: str
    owner: str
    event: EventType
    channel: Channel
    target: str
    body: str
    created_at: datetime
    deadline: datetime
    next_at: datetime
    scope: str = ""
    webhook_id: str = ""
    address: str = field(default="", repr=False)
    state: NotificationState = NotificationState.PENDING
    attempts: int = 0
    tries: int = 0
    lease_until: datetime | None = None
    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    reason: str = ""
    version: int = 1
    expires_at: datetime | None = None

    @property
    def parent(self) -> str:
        """Return what it is kept with: its job, or the webhook that is tested."""
        return parent_of(self.job_id, self.webhook_id)


def parent_of(job_id: str, webhook_id: str = "") -> str:
    """Return what notifications are kept with: a job, or, where there is none, a webhook."""
    return f"JOB#{job_id}" if job_id else f"WEBHOOK#{webhook_id}"


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """How one attempt went: no body, neither ours nor theirs.

    ``status`` is what an HTTP receiver answered, None where there was no answer; ``error`` is a short code,
    empty for a success.
    """

    number: int
    at: datetime
    milliseconds: int
    status: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class NotificationLog:
    """What is known of the notifications of a job or webhook; ``announced`` while they are to be made yet."""

    announced: bool
    notifications: tuple[Notification, ...]
    attempts: dict[str, tuple[DeliveryAttempt, ...]]

    @property
    def state(self) -> str:
        """Return where they stand together: ``none``, ``pending``, ``failed`` or ``delivered``."""
        states = {notification.state for notification in self.notifications}
        if self.announced or NotificationState.PENDING in states:
            return NotificationState.PENDING
        if NotificationState.FAILED in states:
            return NotificationState.FAILED
        return NotificationState.DELIVERED if states else "none"

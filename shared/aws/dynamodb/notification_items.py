"""Notifications, attempts and announcements to DynamoDB items and back.

Those of a job lie in the job's own partition, and go with it when it is removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.aws.dynamodb import job_items
from shared.clock import from_text, to_text
from shared.jobs.model import Job
from shared.notifications import states
from shared.notifications.model import Attempt, Channel, EventType, Notification, State, parent_of

DUE = "NOTIFICATION"
FAILED = "NOTIFICATION_FAILED"
ANNOUNCEMENT = "NOTICE"
_NOTIFICATION = "NOTIFICATION#"
_ATTEMPT = "#ATTEMPT#"
# Sort keys of everything above lie between these two.
FIRST, LAST = "NOTICE", "NOTIFICATION$"
_TEXTS = ("job_id", "owner", "target", "body", "scope", "webhook_id", "address", "reason")
_NUMBERS = ("attempts", "tries", "version")
_TIMES = ("created_at", "deadline", "next_at", "lease_until", "delivered_at", "failed_at")


def announcement_key(job_id: str) -> job_items.Item:
    """Return the primary key of what says that a job has ended and others are to be told."""
    return {"pk": {"S": parent_of(job_id)}, "sk": {"S": ANNOUNCEMENT}}


def announcement_item(job: Job) -> job_items.Item:
    """Return the item that the write which ends a job puts beside it.

    Without its keys to the index ``due`` it says that the notifications have been made.
    """
    due = job.updated_at + states.RESEND_AFTER
    return {
        **announcement_key(job.job_id),
        **job_items.due_keys(DUE, job.job_id, due),
        **job_items.ttl_of(job_items.outlived(job)),
    }


def notification_key(parent: str, notification_id: str) -> job_items.Item:
    """Return the primary key of a notification."""
    return {"pk": {"S": parent}, "sk": {"S": f"{_NOTIFICATION}{notification_id}"}}


def notification_to_item(one: Notification) -> job_items.Item:
    """Return the item of a notification, with the key under which it is found overdue, or failed."""
    item: job_items.Item = {
        **notification_key(one.parent, one.notification_id),
        "event": {"S": one.event},
        "channel": {"S": one.channel},
        "state": {"S": one.state},
    }
    item |= {name: {"S": text} for name in _TEXTS if (text := getattr(one, name))}
    item |= {name: {"N": str(getattr(one, name))} for name in _NUMBERS}
    item |= {name: {"S": to_text(moment)} for name in _TIMES if (moment := getattr(one, name)) is not None}
    if (due := states.due_at(one)) is not None:
        item |= job_items.due_keys(DUE, one.notification_id, due)
    elif one.state is State.FAILED and one.failed_at is not None:
        item |= job_items.due_keys(FAILED, one.notification_id, one.failed_at)
    return item | job_items.kept_until(one.expires_at) | _ttl(one)


def notification_from_item(item: Mapping[str, Any]) -> Notification:
    """Read what ``notification_to_item`` wrote."""
    fields: dict[str, Any] = {name: item[name]["S"] for name in _TEXTS if name in item}
    fields |= {name: int(item[name]["N"]) for name in _NUMBERS}
    fields |= {name: from_text(item[name]["S"]) for name in _TIMES if name in item}
    return Notification(
        notification_id=item["sk"]["S"].removeprefix(_NOTIFICATION),
        event=EventType(item["event"]["S"]),
        channel=Channel(item["channel"]["S"]),
        state=State(item["state"]["S"]),
        expires_at=job_items.expires_at_of(item),
        **{"job_id": "", **fields},
    )


def attempt_to_item(one: Notification, attempt: Attempt) -> job_items.Item:
    """Return the item of an attempt; it lies behind its notification."""
    key = notification_key(one.parent, one.notification_id)
    item: job_items.Item = {
        "pk": key["pk"],
        "sk": {"S": f"{key['sk']['S']}{_ATTEMPT}{attempt.number:06d}"},
        "at": {"S": to_text(attempt.at)},
        "milliseconds": {"N": str(attempt.milliseconds)},
        "error": {"S": attempt.error},
    }
    if attempt.status is not None:
        item["status"] = {"N": str(attempt.status)}
    return item | _ttl(one)


def attempt_from_item(item: Mapping[str, Any]) -> tuple[str, Attempt]:
    """Read what ``attempt_to_item`` wrote; return the notification's id with it."""
    notification_id, _, number = item["sk"]["S"].removeprefix(_NOTIFICATION).partition(_ATTEMPT)
    return notification_id, Attempt(
        number=int(number),
        at=from_text(item["at"]["S"]),
        milliseconds=int(item["milliseconds"]["N"]),
        status=int(item["status"]["N"]) if "status" in item else None,
        error=item["error"]["S"],
    )


def is_attempt(item: Mapping[str, Any]) -> bool:
    """Say whether an item is an attempt."""
    return _ATTEMPT in item["sk"]["S"]


def notification_id_of(sort_key: str) -> str:
    """Return the notification that a sort key names; empty for an announcement."""
    return "" if sort_key == ANNOUNCEMENT else sort_key.removeprefix(_NOTIFICATION)


def _ttl(one: Notification) -> job_items.Item:
    return job_items.ttl_of(None if one.expires_at is None else one.expires_at + job_items.NET)

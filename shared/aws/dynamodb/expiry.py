"""When items go: until when they are shown, when the reconciler looks at them, when DynamoDB removes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from shared.aws.dynamodb import keys
from shared.aws.dynamodb.values import Item
from shared.clock import from_text, to_text
from shared.ids import shard
from shared.jobs.model import Status

# How long DynamoDB leaves what has expired to the reconciler, which removes the files first.
NET = timedelta(days=7)


class Lasting(Protocol):
    """What is kept for a time: a job, a document."""

    @property
    def created_at(self) -> datetime:
        """Return since when."""
        ...

    @property
    def expires_at(self) -> datetime | None:
        """Return until when, None for good."""
        ...


def kept_until(item: Mapping[str, Any]) -> datetime | None:
    """Return until when a job, document or entry is shown; it is stored as ``kept_until``."""
    return optional_time(item, "kept_until")


def hidden(item: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a job or document is not shown any more; a job that has not ended always is."""
    until = kept_until(item)
    ended = "status" not in item or Status(item["status"]).terminal
    return ended and until is not None and until <= now


def ttl(moment: datetime | None) -> int | None:
    """Return the ``expires_at`` of an item: what DynamoDB itself goes by, hours or days later."""
    return None if moment is None else int(moment.timestamp())


def ttl_of(item: Mapping[str, Any]) -> datetime | None:
    """Return the moment that ``ttl`` stands for, without its fraction of a second."""
    return datetime.fromtimestamp(item["expires_at"], UTC) if "expires_at" in item else None


def expired(item: Mapping[str, Any], now: datetime) -> bool:
    """Say whether the time of an item is over that only DynamoDB removes, which it does days later."""
    return "expires_at" in item and item["expires_at"] <= now.timestamp()


def outlived(parent: Lasting) -> int | None:
    """Return the TTL of what belongs to a job or document: however late it ends, it has no use then."""
    if parent.expires_at is None:
        return None
    return ttl(parent.expires_at + (parent.expires_at - parent.created_at) + NET)


def due_keys(due: keys.DueList, identifier: str, moment: datetime) -> Item:
    """Return the attributes by which a list of the index ``due`` has an item from a moment on."""
    return {"due_shard": keys.due_shard(due, shard(identifier)), "due_at": to_text(moment)}


def optional_text(moment: datetime | None) -> str | None:
    """Return a moment as it is stored, None for an attribute that is left out."""
    return None if moment is None else to_text(moment)


def optional_time(item: Mapping[str, Any], name: str) -> datetime | None:
    """Return the moment that an attribute has, None where it is left out."""
    return from_text(item[name]) if name in item else None

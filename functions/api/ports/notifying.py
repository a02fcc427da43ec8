"""The ports behind the routes of notifications, beyond those that all routes use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.notifications.addresses import Resolve, resolve_name
from shared.notifications.queue import NotificationQueue
from shared.notifications.store import NotificationStore, WebhookStore
from shared.operations.dead_letters import QueueDepth


def unknown_depth() -> QueueDepth | None:
    """Return the depth of a queue that is not counted: None."""
    return None


@dataclass(frozen=True, slots=True)
class NotificationDependencies:
    """The ports; ``resolve`` asks for the addresses of a webhook's name.

    ``depth`` counts the notifications' queue, ``dead_depth`` its dead-letter queue.
    """

    webhooks: WebhookStore
    notifications: NotificationStore
    queue: NotificationQueue
    resolve: Resolve = resolve_name
    depth: Callable[[], QueueDepth | None] = unknown_depth
    dead_depth: Callable[[], QueueDepth | None] = unknown_depth

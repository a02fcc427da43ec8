"""What stands behind the routes of notifications, besides the ports of everybody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.notifications.addresses import Resolve, resolve_name
from shared.notifications.queue import NotificationQueue
from shared.notifications.store import NotificationStore, WebhookStore
from shared.operations.dead_letters import Depth

if TYPE_CHECKING:
    from functions.api.settings import ApiSettings


def unknown_depth() -> Depth | None:
    """Return the depth of a queue that nobody counts."""
    return None


@dataclass(frozen=True, slots=True)
class Notifying:
    """The ports; ``resolve`` asks for the addresses of a webhook's name.

    ``depth`` counts the notifications' queue, ``dead_depth`` its dead-letter queue.
    """

    webhooks: WebhookStore
    notifications: NotificationStore
    queue: NotificationQueue
    resolve: Resolve = resolve_name
    depth: Callable[[], Depth | None] = unknown_depth
    dead_depth: Callable[[], Depth | None] = unknown_depth


def on_aws(settings: ApiSettings) -> Notifying:
    """Return the ports on DynamoDB and SQS."""
    from shared.aws.dead_letters import depth_of
    from shared.aws.dynamodb.notifications import DynamoNotifications
    from shared.aws.dynamodb.webhooks import DynamoWebhooks
    from shared.aws.sqs import SqsNotifications

    endpoint = settings.aws_endpoint_url
    return Notifying(
        webhooks=DynamoWebhooks(settings.jobs_table, endpoint),
        notifications=DynamoNotifications(settings.jobs_table, endpoint),
        queue=SqsNotifications(settings.notification_queue_url, endpoint),
        depth=lambda: depth_of(settings.notification_queue_url, endpoint),
        dead_depth=lambda: depth_of(settings.notification_dead_letter_queue_url, endpoint),
    )

"""What stands behind the routes of notifications, besides the ports of everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.notifications.addresses import Resolve, resolve_name
from shared.notifications.queue import NotificationQueue
from shared.notifications.store import NotificationStore, WebhookStore

if TYPE_CHECKING:
    from functions.api.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Notifying:
    """The ports; ``resolve`` asks for the addresses of a webhook's name."""

    webhooks: WebhookStore
    notifications: NotificationStore
    queue: NotificationQueue
    resolve: Resolve = resolve_name


def on_aws(settings: ApiSettings) -> Notifying:
    """Return the ports on DynamoDB and SQS."""
    from shared.aws.notification_queue import SqsNotifications
    from shared.aws.notifications_table import DynamoNotifications
    from shared.aws.webhooks_table import DynamoWebhooks

    endpoint = settings.aws_endpoint_url
    return Notifying(
        webhooks=DynamoWebhooks(settings.jobs_table, endpoint),
        notifications=DynamoNotifications(settings.jobs_table, endpoint),
        queue=SqsNotifications(settings.notification_queue_url, endpoint),
    )

"""Wires the notify function, once a process."""

from __future__ import annotations

from functools import cache

from functions.notify.deliver import Deliverer
from functions.notify.settings import NotifySettings


@cache
def deliverer() -> Deliverer:
    """Return what delivers notifications, with the adapters that the settings name."""
    from functions.notify.post import PinnedPost
    from shared.aws.dynamodb.jobs import DynamoJobs
    from shared.aws.dynamodb.notifications import DynamoNotifications
    from shared.aws.dynamodb.webhooks import DynamoWebhooks
    from shared.aws.mail import SesMail
    from shared.aws.sqs import SqsNotifications

    s = NotifySettings()
    endpoint = s.aws_endpoint_url
    return Deliverer(
        jobs=DynamoJobs(s.jobs_table, endpoint),
        webhooks=DynamoWebhooks(s.jobs_table, endpoint),
        notifications=DynamoNotifications(s.jobs_table, endpoint),
        queue=SqsNotifications(s.notification_queue_url, endpoint),
        post=PinnedPost(local=s.webhook_loopback),
        mail=SesMail(s.mail_from, endpoint) if s.mail_from else None,
        public_url=s.public_url,
    )

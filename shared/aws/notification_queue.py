"""The notifications' queue on SQS."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.aws.clients import client, translated
from shared.notifications.queue import NotificationMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsNotifications:
    """See NotificationQueue."""

    def __init__(self, url: str, endpoint_url: str = "") -> None:
        self._url = url
        self._endpoint_url = endpoint_url

    @property
    def _sqs(self) -> SQSClient:
        return client("sqs", self._endpoint_url)  # type: ignore[no-any-return]

    def send(self, message: NotificationMessage, delay: timedelta = timedelta()) -> None:
        """Send a message; SQS counts delays in whole seconds, so they are rounded up."""
        group: dict[str, str] = {"MessageGroupId": message.group} if message.group else {}
        with translated("SQS"):
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=message.to_json(),
                DelaySeconds=math.ceil(delay.total_seconds()),
                **group,  # type: ignore[arg-type]
            )

"""The queues on SQS: one a kind of worker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.aws.clients import client, translated
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage
from shared.notifications.queue import NotificationMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """See JobQueue; ``urls`` names the queue of each kind of job."""

    def __init__(self, urls: Mapping[Kind, str], endpoint_url: str = "") -> None:
        self._urls = urls
        self._endpoint_url = endpoint_url

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """Send a message to the queue of its kind."""
        _send(self._endpoint_url, self._urls[message.kind], message, delay)


class SqsNotifications:
    """See NotificationQueue."""

    def __init__(self, url: str, endpoint_url: str = "") -> None:
        self._url = url
        self._endpoint_url = endpoint_url

    def send(self, message: NotificationMessage, delay: timedelta = timedelta()) -> None:
        """Send a message."""
        _send(self._endpoint_url, self._url, message, delay)


def _send(endpoint_url: str, url: str, message: JobMessage | NotificationMessage, delay: timedelta) -> None:
    """Send a message to a queue; SQS counts delays in whole seconds, so they are rounded up."""
    group: dict[str, str] = {"MessageGroupId": message.group} if message.group else {}
    sqs: SQSClient = client("sqs", endpoint_url)
    with translated("SQS"):
        sqs.send_message(
            QueueUrl=url,
            MessageBody=message.to_json(),
            DelaySeconds=math.ceil(delay.total_seconds()),
            **group,  # type: ignore[arg-type]
        )

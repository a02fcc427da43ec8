"""The queues on SQS: one a kind of worker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.aws.clients import client, translated
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """See JobQueue; ``urls`` names the queue of each kind of job."""

    def __init__(self, urls: Mapping[Kind, str], endpoint_url: str = "") -> None:
        self._urls = urls
        self._endpoint_url = endpoint_url

    @property
    def _sqs(self) -> SQSClient:
        return client("sqs", self._endpoint_url)  # type: ignore[no-any-return]

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """Send a message; SQS counts delays in whole seconds, so they are rounded up."""
        group: dict[str, str] = {"MessageGroupId": message.group} if message.group else {}
        with translated("SQS"):
            self._sqs.send_message(
                QueueUrl=self._urls[message.kind],
                MessageBody=message.to_json(),
                DelaySeconds=math.ceil(delay.total_seconds()),
                **group,  # type: ignore[arg-type]
            )

"""The dead-letter queues and the queues' depths on SQS."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.aws.clients import client, translated
from shared.jobs.model import Kind
from shared.operations.dead_letters import DeadLetter, DeadLettersNotConfiguredError, QueueDepth

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_SERVICE = "SQS"
# A receipt without waiting asks only some of the queue's servers, and may find nothing where there is some.
_WAIT_SECONDS = 1
# The error for a letter that is not held any more: AWS itself and its emulators differ.
_GONE = ("InvalidParameterValue", "MessageNotInflight", "ReceiptHandleIsInvalid")


class SqsDeadLetters:
    """See DeadLetters for the contract of every method; ``urls`` names the queue of each kind of job."""

    def __init__(self, urls: Mapping[Kind, str], endpoint_url: str = "") -> None:
        self._urls = urls
        self._endpoint_url = endpoint_url

    @property
    def _sqs(self) -> SQSClient:
        return client("sqs", self._endpoint_url)  # type: ignore[no-any-return]

    def receive(self, kind: Kind, limit: int, hidden: timedelta) -> list[DeadLetter]:
        """Receive with a visibility time-out of our own."""
        with translated(_SERVICE):
            answer = self._sqs.receive_message(
                QueueUrl=self._url(kind),
                MaxNumberOfMessages=limit,
                VisibilityTimeout=round(hidden.total_seconds()),
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return [_letter(kind, message) for message in answer.get("Messages", [])]

    def release(self, letter: DeadLetter) -> None:
        """End the visibility time-out now, unless it has ended by itself."""
        from botocore.exceptions import ClientError

        with translated(_SERVICE):
            try:
                self._sqs.change_message_visibility(
                    QueueUrl=self._url(letter.kind), ReceiptHandle=letter.handle, VisibilityTimeout=0
                )
            except ClientError as error:
                if not str(error.response["Error"]["Code"]).endswith(_GONE):
                    raise

    def delete(self, letter: DeadLetter) -> None:
        """Delete a message, unless another receiver has it by now."""
        with translated(_SERVICE), suppress(self._sqs.exceptions.ReceiptHandleIsInvalid):
            self._sqs.delete_message(QueueUrl=self._url(letter.kind), ReceiptHandle=letter.handle)

    def _url(self, kind: Kind) -> str:
        if not self._urls.get(kind):
            raise DeadLettersNotConfiguredError(kind)
        return self._urls[kind]


class SqsDepths:
    """See Depths; ``urls`` names the queue of each kind of job."""

    def __init__(self, urls: Mapping[Kind, str], endpoint_url: str = "") -> None:
        self._urls = urls
        self._endpoint_url = endpoint_url

    def of(self, kind: Kind) -> QueueDepth | None:
        """Ask for the queue's attributes."""
        return depth_of(self._urls.get(kind, ""), self._endpoint_url)


def depth_of(url: str, endpoint_url: str = "") -> QueueDepth | None:
    """Return the depth of a queue; None where there is none. Raises TransientError."""
    if not url:
        return None
    sqs: SQSClient = client("sqs", endpoint_url)
    with translated(_SERVICE):
        counts = sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
    return QueueDepth(
        waiting=int(counts["ApproximateNumberOfMessages"]),
        in_flight=int(counts["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(counts["ApproximateNumberOfMessagesDelayed"]),
    )


def _letter(kind: Kind, message: MessageTypeDef) -> DeadLetter:
    attributes = message.get("Attributes", {})
    sent = int(attributes["SentTimestamp"]) / 1000
    return DeadLetter(
        kind=kind,
        message_id=message["MessageId"],
        body=message["Body"],
        receive_count=int(attributes["ApproximateReceiveCount"]),
        first_sent=datetime.fromtimestamp(sent, UTC),
        handle=message["ReceiptHandle"],
    )

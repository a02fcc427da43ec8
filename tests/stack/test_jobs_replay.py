"""The machine of ``tests.support.jobs_machine`` in part on DynamoDB, SQS and S3.

Every rule runs, in few and short examples. Delays and visibility follow the machine's clock, which jumps by
hours: SQS would have them in real time, so the test keeps back what is delayed, and ends the visibility time
of what is to come back. Expiry by DynamoDB itself is left out: it takes days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.aws.sqs import SqsQueue
from shared.clock import Clock, utc_now
from shared.ids import uuid7
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage
from tests.contracts.jobs import FakeClock
from tests.support.fakes.mail import VISIBILITY, Letter
from tests.support.fakes.place import Place
from tests.support.jobs_machine import JobsMachine
from tests.support.stack.tables import table_of_its_own

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Longer than an example takes: the test alone decides when a message is seen again.
_RECEIVED_FOR = 600


@dataclass(slots=True)
class SqsMail:
    """See Mail: a queue on SQS, whose messages are received at once and handed out from here."""

    clock: Clock
    sqs: SQSClient
    url: str
    endpoint: str
    delayed: list[Letter] = field(default_factory=list)
    held: list[Letter] = field(default_factory=list)
    received: list[Letter] = field(default_factory=list)
    underway: int = 0

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """See JobQueue."""
        if delay:
            self.delayed.append(Letter(message, self.clock() + delay))
            return
        SqsQueue(dict.fromkeys(Kind, self.url), self.endpoint).send(message)
        self.underway += 1

    def letters(self) -> list[Letter]:
        """See Mail."""
        return [*self.visible(), *self.held, *self.delayed]

    def visible(self) -> list[Letter]:
        """See Mail."""
        for letter in _due(self.delayed, self.clock):
            self.send(letter.message)
        for letter in _due(self.held, self.clock):
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )
            self.underway += 1
        while self.underway:
            self._receive()
        # SQS keeps no order, and an example has to be the same each time.
        self.received.sort(key=lambda letter: letter.message.to_json())
        return list(self.received)

    def delete(self, letter: Letter) -> None:
        """See Mail."""
        if letter in self.delayed:
            self.delayed.remove(letter)
            return
        # One whose visibility time ended has another receipt by now, and is delivered again.
        for letters in (self.received, self.held):
            if letter in letters:
                letters.remove(letter)
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)

    def hold(self, letter: Letter) -> None:
        """See Mail."""
        self.received.remove(letter)
        letter.visible = self.clock() + VISIBILITY
        self.held.append(letter)

    def _receive(self) -> None:
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=_RECEIVED_FOR, WaitTimeSeconds=5
        )
        found = answer.get("Messages", [])
        assert found, f"{self.underway} messages were lost"
        for message in found:
            about = JobMessage.from_json(message["Body"])
            self.received.append(Letter(about, self.clock(), message["ReceiptHandle"]))
        self.underway -= len(found)


def _due(letters: list[Letter], clock: Clock) -> list[Letter]:
    """Take out what has become visible."""
    now = clock()
    due = [letter for letter in letters if letter.visible <= now]
    letters[:] = [letter for letter in letters if letter.visible > now]
    return due


@pytest.fixture
def new_queue(stack: LocalStack) -> Iterator[Callable[[], str]]:
    sqs, urls = stack.client("sqs"), []

    def create() -> str:
        urls.append(sqs.create_queue(QueueName=f"test-{uuid7()}")["QueueUrl"])
        return str(urls[-1])

    yield create
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


def test_jobs_end_well_on_the_real_stores(stack: LocalStack, new_queue: Callable[[], str]) -> None:
    endpoint, bucket = stack.deployed.endpoint, stack.environment("ApiFunction")["DOCUMENTS_BUCKET"]
    sqs = stack.client("sqs")
    with table_of_its_own(stack) as table:

        def place() -> Place:
            clock = FakeClock(utc_now())
            mail = SqsMail(clock, sqs, new_queue(), endpoint)
            return Place(clock, DynamoJobs(table, endpoint, clock), S3Files(bucket, endpoint), mail)

        class Replayed(JobsMachine):
            make_place = place

        run_state_machine_as_test(
            Replayed,
            settings=settings(
                max_examples=6,
                stateful_step_count=12,
                phases=[Phase.generate],
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )

"""The operators' ports on DynamoDB, SQS and CloudWatch Logs keep the contracts of those in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.stack import LocalStack
from shared.aws.dead_letters import SqsDeadLetters, SqsDepths
from shared.aws.dynamodb.audit import DynamoAudit
from shared.aws.logs import CloudWatchLogs
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs.model import Kind
from shared.operations.dead_letters import QueueDepth
from shared.operations.logs import LogLine, LogsNotConfiguredError
from tests.contracts.jobs import FakeClock
from tests.contracts.operations import HIDDEN, AuditContract, Bury, DeadLettersContract, PassTime


@pytest.fixture
def queue(stack: LocalStack) -> Iterator[str]:
    """Return the URL of a queue of the test's own."""
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=f"dead-{uuid7()}")["QueueUrl"]
    yield str(url)
    sqs.delete_queue(QueueUrl=url)


class TestDynamoAudit(AuditContract):
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(utc_now().replace(microsecond=0))  # expiry is kept in seconds

    @pytest.fixture
    def trail(self, stack: LocalStack, clock: FakeClock) -> DynamoAudit:
        return DynamoAudit(stack.environment("ApiFunction")["JOBS_TABLE"], stack.deployed.endpoint, clock)


class TestSqsDeadLetters(DeadLettersContract):
    @pytest.fixture
    def letters(self, stack: LocalStack, queue: str) -> SqsDeadLetters:
        return SqsDeadLetters({Kind.ANALYSIS: queue}, stack.deployed.endpoint)

    @pytest.fixture
    def bury(self, stack: LocalStack, queue: str) -> Bury:
        sqs = stack.client("sqs")
        return lambda body: str(sqs.send_message(QueueUrl=queue, MessageBody=body)["MessageId"])

    @pytest.fixture
    def pass_time(self) -> PassTime:
        return lambda seconds: time.sleep(seconds + 0.2)

    def test_depth(self, stack: LocalStack, letters: SqsDeadLetters, bury: Bury, queue: str) -> None:
        depths = SqsDepths({Kind.ANALYSIS: queue, Kind.CLEANUP: ""}, stack.deployed.endpoint)
        assert depths.of(Kind.CLEANUP) is None
        assert depths.of(Kind.ANALYSIS) == QueueDepth(0, 0, 0)
        bury("a")
        bury("b")
        stack.client("sqs").send_message(QueueUrl=queue, MessageBody="c", DelaySeconds=60)
        letters.receive(Kind.ANALYSIS, 1, HIDDEN)
        assert depths.of(Kind.ANALYSIS) == QueueDepth(1, 1, 1)


class TestCloudWatchLogs:
    START = datetime(2026, 11, 21, 12, tzinfo=UTC)

    @pytest.fixture
    def groups(self, stack: LocalStack) -> Iterator[list[str]]:
        """Return log groups with a stream each, and one that does not exist."""
        logs = stack.client("logs")
        names = [f"/aws/lambda/{uuid7()}-{function}" for function in ("api", "analyze")]
        for name in names:
            logs.create_log_group(logGroupName=name)
            logs.create_log_stream(logGroupName=name, logStreamName="s")
        yield [*names, "/aws/lambda/none"]
        for name in names:
            logs.delete_log_group(logGroupName=name)

    def write(self, stack: LocalStack, group: str, *lines: tuple[datetime, str]) -> None:
        stack.client("logs").put_log_events(
            logGroupName=group,
            logStreamName="s",
            logEvents=[{"timestamp": int(at.timestamp() * 1000), "message": text} for at, text in lines],
        )

    def test_one_jobs_lines_of_all_groups_page_by_page(self, stack: LocalStack, groups: list[str]) -> None:
        job_id = uuid7()
        # CloudWatch takes what is neither older than two weeks nor of the future.
        start = utc_now() - timedelta(hours=1)

        def text(number: int, about: str = job_id) -> str:
            return json.dumps({"job_id": about, "message": f"line {number}"}) + "\n"

        for number, group in enumerate(groups[:2]):
            self.write(
                stack,
                group,
                (start - timedelta(seconds=1), text(99)),
                *((start + timedelta(seconds=n), text(n)) for n in range(number, 8, 2)),
                (start + timedelta(seconds=8), text(8)),
                (start + timedelta(seconds=8), text(99, uuid7())),
                (start + timedelta(seconds=8), f"REPORT {job_id}"),
                (start + timedelta(seconds=8), json.dumps({"message": job_id})),
                (start + timedelta(seconds=20), text(99)),
            )
        reader = CloudWatchLogs(groups, stack.deployed.endpoint)
        found: list[LogLine] = []
        cursor, pages = "", 0
        while cursor or not pages:
            page = reader.read(job_id, start, start + timedelta(seconds=10), limit=3, cursor=cursor)
            assert len(page.lines) <= 3
            found += page.lines
            cursor = page.cursor
            pages += 1
        assert [line.fields["message"] for line in found] == [f"line {n}" for n in range(8)] + ["line 8"] * 2
        assert found[0].at == start
        assert [line.function.rpartition("-")[2] for line in found[:2]] == ["api", "analyze"]

    def test_without_groups(self) -> None:
        with pytest.raises(LogsNotConfiguredError):
            CloudWatchLogs([]).read(uuid7(), self.START, self.START, limit=1)

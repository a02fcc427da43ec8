"""The stores on DynamoDB and S3 keep the contracts that the ones in memory keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.clock import utc_now
from shared.errors import PermanentError, TransientError
from shared.files.port import FileMissingError, Files
from shared.ids import uuid7
from shared.memory.files import MemoryFiles
from tests.contracts.documents import DocumentStoreContract, new_document, reading, taken
from tests.contracts.indexes import JobIndexContract
from tests.contracts.jobs import FakeClock, JobStoreContract
from tests.support.stack.tables import table_of_its_own


@pytest.fixture(scope="module")
def table(stack: LocalStack) -> Iterator[str]:
    with table_of_its_own(stack) as name:
        yield name


class TestDynamoJobs(JobStoreContract, JobIndexContract):
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(utc_now().replace(microsecond=0))  # expiry is kept in seconds

    @pytest.fixture
    def store(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoJobs:
        return DynamoJobs(table, stack.deployed.endpoint, clock)


class TestDynamoDocuments(DocumentStoreContract):
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(utc_now().replace(microsecond=0))

    @pytest.fixture
    def jobs(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoJobs:
        return DynamoJobs(table, stack.deployed.endpoint, clock)

    @pytest.fixture
    def documents(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoDocuments:
        return DynamoDocuments(table, stack.deployed.endpoint, clock)

    @pytest.mark.parametrize("published_before", [False, True])
    def test_a_publication_overtakes_the_mark_of_an_emptied_document(
        self,
        stack: LocalStack,
        table: str,
        documents: DynamoDocuments,
        jobs: DynamoJobs,
        clock: FakeClock,
        *,
        published_before: bool,
    ) -> None:
        document = new_document(clock, product_id="p1")
        documents.put(document)
        if published_before:
            gone = taken(jobs, clock)
            documents.publish(reading(document, gone), document)
            documents.withdraw(document.document_id, gone.job_id)
        said = reading(document, taken(jobs, clock))
        overtaken = Overtaken(table, stack.deployed.endpoint, clock)
        overtaken.meanwhile = lambda: documents.publish(said, document)
        assert not overtaken.mark_emptied(document.document_id, clock.now)
        assert documents.get(document.document_id) == replace(document, extractions=(said,))


class Overtaken(DynamoDocuments):
    """Does something between the look at a record and the mark on it."""

    meanwhile: Callable[[], None]

    def _mark(self, *arguments: Any, **named: Any) -> bool:
        self.meanwhile()
        return super()._mark(*arguments, **named)


@pytest.fixture(params=["memory", "s3"])
def files(request: pytest.FixtureRequest, stack: LocalStack) -> Files:
    if request.param == "memory":
        return MemoryFiles()
    return S3Files(stack.environment("ApiFunction")["DOCUMENTS_BUCKET"], stack.deployed.endpoint)


def test_versions_of_a_file_stay_apart(files: Files) -> None:
    key = f"documents/{uuid7()}/original"
    one = files.put(key, b"one", "text/plain")
    two = files.put(key, b"three", "text/markdown")
    assert one.version_id != two.version_id
    assert files.get(key, one.version_id) == b"one"
    assert files.get(key) == b"".join(files.stream(key, two.version_id)) == b"three"
    newest, first = files.head(key), files.head(key, one.version_id)
    assert newest is not None
    assert first is not None
    assert (newest.size, newest.media_type, newest.version_id) == (5, "text/markdown", two.version_id)
    assert (first.size, first.media_type) == (3, "text/plain")


def test_a_missing_file_is_said_to_be_missing(files: Files) -> None:
    key = f"documents/{uuid7()}/original"
    assert files.head(key) is None
    with pytest.raises(FileMissingError):
        files.get(key)


def test_removal_takes_every_version_below_a_prefix_and_nothing_else(files: Files) -> None:
    prefix = f"jobs/{uuid7()}/"
    kept = f"jobs/{uuid7()}/1/a"
    for name in ("1/a", "1/a", "2/b"):
        files.put(prefix + name, b"x", "text/plain")
    files.put(kept, b"x", "text/plain")
    assert files.delete_prefix(prefix) == 2
    assert files.delete_prefix(prefix) == 0
    assert files.head(prefix + "1/a") is None
    assert files.get(kept) == b"x"


def test_a_link_gives_the_file_under_the_name_asked_for(stack: LocalStack) -> None:
    files = S3Files(stack.environment("ApiFunction")["DOCUMENTS_BUCKET"], stack.deployed.endpoint)
    key = f"jobs/{uuid7()}/1/a"
    files.put(key, b"inside", "text/plain")
    link = files.link(key, file_name="Über uns.txt", media_type="text/plain", seconds=60)
    answer = httpx.get(link, trust_env=False)
    assert answer.content == b"inside"
    assert "%C3%9Cber%20uns.txt" in answer.headers["content-disposition"]


def test_a_service_that_cannot_be_reached_is_worth_another_try() -> None:
    nowhere = "http://127.0.0.1:9"
    with pytest.raises(TransientError) as caught:
        DynamoJobs("jobs", nowhere).get(uuid7())
    assert caught.value.code == "aws-unreachable"


def test_a_refused_request_is_final(stack: LocalStack) -> None:
    with pytest.raises(PermanentError) as caught:
        DynamoJobs(f"no-{uuid7()}", stack.deployed.endpoint).get(uuid7())
    assert caught.value.code == "aws-refused"
    assert "ResourceNotFoundException" in caught.value.detail

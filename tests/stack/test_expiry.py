"""What has expired is removed by the scheduled function under its own role, from DynamoDB and from S3.

The schedule itself runs meanwhile: whatever a test makes may be worked off the moment it is due.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.clock import utc_now
from shared.documents.model import REMOVAL_DELAY, DocumentRecord
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind, Owner, Status, Unit
from shared.jobs.states import FencedError
from shared.jobs.store import edit

HOME = Owner("directus", "keeper")
LEASE = timedelta(seconds=90)
RETENTION = timedelta(days=90)


class Store:
    """The stores of the stack, as the functions use them."""

    def __init__(self, stack: LocalStack) -> None:
        environment, endpoint = stack.environment("ApiFunction"), stack.deployed.endpoint
        self.stack = stack
        self.table = environment["JOBS_TABLE"]
        self.bucket = environment["DOCUMENTS_BUCKET"]
        self.jobs = DynamoJobs(self.table, endpoint)
        self.documents = DynamoDocuments(self.table, endpoint)
        self.files = S3Files(self.bucket, endpoint)

    def reconcile(self) -> dict[str, int]:
        name = self.stack.deployed.outputs["ReconcileFunctionName"]
        answer = self.stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        report: dict[str, int] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, report
        return report

    def items(self, partition: str) -> list[Any]:
        query = {":pk": {"S": partition}}
        answer = self.stack.client("dynamodb").query(
            TableName=self.table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=query
        )
        found: list[Any] = answer["Items"]
        return found

    def versions(self, prefix: str) -> list[Any]:
        answer = self.stack.client("s3").list_object_versions(Bucket=self.bucket, Prefix=prefix)
        return [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]

    def job(self, at: datetime, status: Status = Status.QUEUED, **params: Any) -> Job:
        job = Job(uuid7(), Kind.ANALYSIS, HOME, params, at, at, status=status, expires_at=at + RETENTION)
        return self.jobs.create(states.submitted(job, "keeper"))

    def completed(self, at: datetime, units: int = 30, **params: Any) -> Job:
        """Make a job with files and units, some of them written twice, that has ended at a moment.

        Where that is long past, the stack's own schedule may fail the job before it is all there: then
        another one is made.
        """
        for _ in range(3):
            with suppress(FencedError):
                return self._completed(at, units, **params)
        raise AssertionError("the schedule is faster than this each time")

    def _completed(self, at: datetime, units: int, **params: Any) -> Job:
        job = self.job(at, **params)

        def change(decide: Any, unit: Unit | None = None) -> Job:
            return edit(self.jobs, job.job_id, decide, unit)

        change(lambda j: states.take(j, at, "worker", LEASE))
        for index in range(units):
            unit = Unit("extract", index, f"jobs/{job.job_id}/1/units/{index}.json", 1)
            self.files.put(unit.key, b"{}", "application/json")
            change(lambda j: _advanced(j, at), unit)
        self.files.put(f"jobs/{job.job_id}/1/units/0.json", b"[]", "application/json")
        self.stack.client("s3").delete_object(Bucket=self.bucket, Key=f"jobs/{job.job_id}/1/units/1.json")
        return change(lambda j: states.complete(j, 1, at, {}, {}))

    def document(self, expires_at: datetime, document_id: str = "") -> DocumentRecord:
        at = expires_at - RETENTION
        document = DocumentRecord(
            document_id or uuid7(), HOME, "a.txt", "text/plain", at, expires_at=expires_at
        )
        self.documents.put(document)
        for data in (b"one", b"two"):
            self.files.put(document.key, data, "text/plain")
        return document


def _advanced(job: Job, at: datetime) -> Change:
    return states.advance(job, 1, at, LEASE, stage="extract", percent=1, current=1, total=30)


@pytest.fixture
def store(stack: LocalStack) -> Store:
    return Store(stack)


def test_expired_job_is_removed_with_all_versions_of_its_files(store: Store) -> None:
    now = utc_now()
    expired, kept = store.completed(now - RETENTION), store.completed(now - RETENTION / 2, units=2)
    assert store.jobs.get(expired.job_id) is None
    store.reconcile()
    assert store.items(f"JOB#{expired.job_id}") == []
    assert store.versions(f"jobs/{expired.job_id}/") == []
    assert store.jobs.get(kept.job_id) == kept
    assert len(store.versions(f"jobs/{kept.job_id}/")) == 4


def test_removal_that_was_interrupted_is_finished(store: Store) -> None:
    """The files and some records are gone, the job's own is not."""
    job = store.completed(utc_now() - RETENTION, units=3)
    store.files.delete_prefix(f"jobs/{job.job_id}/")
    client = store.stack.client("dynamodb")
    for item in store.items(f"JOB#{job.job_id}"):
        if item["sk"]["S"].startswith("UNIT#"):
            client.delete_item(TableName=store.table, Key={"pk": item["pk"], "sk": item["sk"]})
    store.reconcile()
    assert store.items(f"JOB#{job.job_id}") == []


def test_dynamodb_itself_removes_nothing_that_is_open_or_not_long_expired(store: Store) -> None:
    at = utc_now().replace(microsecond=0)
    ended, still_open = store.completed(at, units=1), store.job(at)
    (record,) = (item for item in store.items(f"JOB#{still_open.job_id}") if item["sk"]["S"] == "JOB")
    assert "expires_at" not in record
    moments = {
        item["sk"]["S"].split("#")[0]: int(item["expires_at"]["N"])
        for item in store.items(f"JOB#{ended.job_id}")
    }
    week = timedelta(days=7)
    assert moments["JOB"] == (at + RETENTION + week).timestamp()
    # A job may be left open as long, and is kept as long again.
    assert moments["EVENT"] == moments["UNIT"] == (at + 2 * RETENTION + week).timestamp()


def test_job_left_paused_until_its_time_is_over_fails_with_the_reason(store: Store) -> None:
    now = utc_now()
    job = store.job(now - RETENTION, Status.PAUSED)
    store.reconcile()
    failed = store.jobs.get(job.job_id)
    assert failed is not None
    assert failed.error is not None
    assert (failed.status, failed.error["type"]) == (Status.FAILED, "urn:clauseworks:problem:job-expired")
    assert failed.expires_at is not None
    assert failed.expires_at >= now + RETENTION


def test_expired_document_is_removed_once_no_job_reads_it(store: Store) -> None:
    now = utc_now()
    expired = store.document(now - REMOVAL_DELAY)
    hidden = store.document(now)
    kept = store.document(now + timedelta(days=1))
    reading = store.job(now, document_id=uuid7())
    # Leased, so that nobody fails it for want of what a real job has.
    taken = edit(store.jobs, reading.job_id, lambda j: states.take(j, now, "worker", timedelta(hours=1)))
    used = store.document(now - REMOVAL_DELAY, reading.document_id)
    store.reconcile()
    assert store.items(f"DOCUMENT#{expired.document_id}") == []
    assert store.versions(expired.prefix) == []
    assert store.documents.get(hidden.document_id) is None
    for document in (used, hidden, kept):
        assert len(store.versions(document.prefix)) == 2
    assert store.documents.get(kept.document_id) == kept
    edit(store.jobs, reading.job_id, lambda j: states.complete(j, taken.fence, now, {}, {}))
    store.reconcile()
    assert store.versions(used.prefix) == []
    assert store.documents.expired(used.document_id) is None

"""What is lost is found: jobs without a message, messages that come twice, messages without a job."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.clock import utc_now
from shared.documents.model import DocumentRecord
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from tests.support.paths import SAMPLES
from tests.support.stack.api import bearer, upload, wait

OWNER = Owner("directus", "recoverer")


@pytest.fixture
def api(gateway: httpx.Client, stack: LocalStack) -> httpx.Client:
    """Return a client of one user."""
    gateway.headers.update(bearer(stack.token(OWNER.subject)))
    return gateway


@pytest.fixture
def jobs(stack: LocalStack) -> DynamoJobs:
    """Return the job store, as the functions use it."""
    return DynamoJobs(stack.environment("ApiFunction")["JOBS_TABLE"], stack.deployed.endpoint)


@pytest.fixture
def documents(stack: LocalStack) -> DynamoDocuments:
    """Return the records of documents, as the functions use them."""
    return DynamoDocuments(stack.environment("ApiFunction")["JOBS_TABLE"], stack.deployed.endpoint)


@pytest.fixture
def files(stack: LocalStack) -> S3Files:
    """Return the file store, as the functions use it."""
    return S3Files(stack.environment("ApiFunction")["DOCUMENTS_BUCKET"], stack.deployed.endpoint)


def send(stack: LocalStack, body: dict[str, Any]) -> None:
    """Put a message on the analysis queue."""
    url = stack.environment("ApiFunction")["ANALYSIS_QUEUE_URL"]
    stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))


def reconcile(stack: LocalStack) -> dict[str, Any]:
    """Run the scheduled reconciliation now."""
    name = stack.deployed.outputs["ReconcileFunctionName"]
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    report: dict[str, Any] = json.loads(answer["Payload"].read())
    return report


def test_a_job_whose_message_was_never_sent_is_done(
    api: httpx.Client, stack: LocalStack, jobs: DynamoJobs, documents: DynamoDocuments, files: S3Files
) -> None:
    data = (SAMPLES / "small.md").read_bytes()
    before = utc_now() - timedelta(minutes=5)
    document = DocumentRecord(uuid7(), OWNER, "small.md", "text/markdown", before)
    stored = files.put(document.key, data, document.media_type)
    documents.put(document)
    params = {
        "document_id": document.document_id,
        "document_key": stored.key,
        "document_version": stored.version_id,
        "document_sha256": hashlib.sha256(data).hexdigest(),
        "file_name": document.file_name,
        "media_type": document.media_type,
    }
    job = Job(uuid7(), Kind.ANALYSIS, OWNER, params, before, before)
    jobs.create(states.submitted(job, OWNER.key))
    # The scheduled run may come first; either way the history tells of it.
    reconcile(stack)
    ended = wait(api, job.job_id)
    assert ended["status"] == "completed", ended["error"]
    assert "resent" in [event.type for event in jobs.events(job.job_id)]


def test_a_message_too_many_changes_nothing(api: httpx.Client, stack: LocalStack, jobs: DynamoJobs) -> None:
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    for _ in range(3):
        send(stack, {"job_id": job_id, "kind": "analysis"})
    wait(api, job_id)
    before = jobs.events(job_id)
    send(stack, {"job_id": job_id, "kind": "analysis"})
    # A worker that takes the message would have begun by now: nothing shows that one has let it be.
    time.sleep(1)
    assert jobs.events(job_id) == before
    assert [event.type for event in before].count("started") == 1
    assert [event.type for event in before].count("completed") == 1
    assert len({(event.stage, event.current) for event in before if event.type == "progress"}) == len(
        [event for event in before if event.type == "progress"]
    )


def test_messages_that_name_no_job_hold_up_nobody(api: httpx.Client, stack: LocalStack) -> None:
    send(stack, {"job_id": uuid7(), "kind": "analysis"})
    send(stack, {"hello": "world"})
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    assert wait(api, job_id)["status"] == "completed"


def test_the_history_explains_the_state(api: httpx.Client, jobs: DynamoJobs) -> None:
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    wait(api, job_id)
    events = jobs.events(job_id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events][:2] == ["submitted", "started"]
    assert events[-1].type == "completed"
    percents = [event.progress for event in events]
    assert percents == sorted(percents)

"""Operators at work: through the gateway and the server, on jobs that fail, hang and leave dead letters."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
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
from shared.jobs.queue import JobMessage
from tests.support.paths import OPENAPI, SAMPLES
from tests.support.stack.api import bearer, upload, wait

DOCUMENT = json.loads(OPENAPI.read_text())
OWNER = Owner("directus", "operated")
PATIENCE_SECONDS = 60.0


@pytest.fixture(params=["gateway", "server"])
def admin(request: pytest.FixtureRequest, stack: LocalStack) -> Iterator[httpx.Client]:
    """Return an administrator's client."""
    url = stack.gateway_url if request.param == "gateway" else request.getfixturevalue("server_url")
    headers = bearer(stack.token("operator", admin=True))
    with httpx.Client(base_url=url, headers=headers, timeout=60.0, trust_env=False) as client:
        yield client


@pytest.fixture
def api(gateway: httpx.Client, stack: LocalStack) -> httpx.Client:
    """Return a client of one user, through the gateway."""
    gateway.headers.update(bearer(stack.token(OWNER.subject)))
    return gateway


@pytest.fixture
def jobs(stack: LocalStack) -> DynamoJobs:
    """Return the job store, as the functions use it."""
    return DynamoJobs(stack.environment("ApiFunction")["JOBS_TABLE"], stack.deployed.endpoint)


@pytest.fixture
def silent(stack: LocalStack, jobs: DynamoJobs) -> Job:
    """Return a job about a small document that is stored, and of which no message tells."""
    data = (SAMPLES / "small.md").read_bytes()
    document_id = uuid7()
    bucket = stack.environment("ApiFunction")["DOCUMENTS_BUCKET"]
    stored = S3Files(bucket, stack.deployed.endpoint).put(
        f"documents/{document_id}/original", data, "text/markdown"
    )
    record = DocumentRecord(document_id, OWNER, "small.md", "text/markdown", utc_now())
    DynamoDocuments(stack.deployed.outputs["JobsTable"], stack.deployed.endpoint).put(record)
    params = {
        "document_id": document_id,
        "document_key": stored.key,
        "document_version": stored.version_id,
        "document_sha256": hashlib.sha256(data).hexdigest(),
        "file_name": "small.md",
        "media_type": "text/markdown",
    }
    now = utc_now()
    return jobs.create(states.submitted(Job(uuid7(), Kind.ANALYSIS, OWNER, params, now, now), OWNER.key))


def bury(stack: LocalStack, body: str) -> str:
    """Put a message where those end that nobody can handle, and return its id."""
    url = stack.deployed.outputs["AnalysisDeadLetterQueueUrl"]
    return str(stack.client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"])


def listed(admin: httpx.Client, message_id: str) -> dict[str, Any]:
    """Return a dead letter as it is listed; other tests look at the same queue, which hides letters."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = admin.get("/admin/dead-letters", params={"kind": "analysis", "limit": 100})
        assert answer.status_code == httpx.codes.OK, answer.text
        for letter in answer.json()["dead_letters"]:
            if letter["message_id"] == message_id:
                return dict(letter)
        time.sleep(0.5)
    raise AssertionError(f"letter {message_id} is not listed")


def act(admin: httpx.Client, action: str, message_id: str) -> dict[str, Any]:
    """Redrive or purge one letter, once nobody else holds it; return what became of it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        body = {"kind": "analysis", "message_ids": [message_id]}
        answer = admin.post(f"/admin/dead-letters/{action}", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        if answer.json()["dead_letters"]:
            (letter,) = answer.json()["dead_letters"]
            return dict(letter)
        time.sleep(0.5)
    raise AssertionError(f"letter {message_id} cannot be received")


def failed(api: httpx.Client) -> str:
    """Return a job that has failed for good."""
    job_id = str(upload(api, "broken.pdf", b"%PDF-1.7\nnothing of a PDF")["job_id"])
    assert wait(api, job_id)["status"] == "failed"
    return job_id


def history(admin: httpx.Client, job_id: str) -> list[tuple[str, str]]:
    """Return sources and types of a job's history, read in small pages."""
    found: list[tuple[str, str]] = []
    after: str | None = ""
    while after is not None:
        answer = admin.get(f"/admin/tasks/{job_id}/history", params={"limit": 3, "after": after})
        assert answer.status_code == httpx.codes.OK, answer.text
        found += [(entry["source"], entry["type"]) for entry in answer.json()["entries"]]
        after = answer.json()["next_after"]
    return found


def test_everybody_else_is_refused(gateway: httpx.Client, stack: LocalStack) -> None:
    routes = [
        (method.upper(), path.replace("{job_id}", uuid7()))
        for path, operations in DOCUMENT["paths"].items()
        if path.startswith("/admin/")
        for method in operations
    ]
    assert len(routes) > 10
    for method, path in routes:
        answer = gateway.request(method, path, headers=bearer(stack.token("nosy")))
        assert answer.status_code == httpx.codes.FORBIDDEN, path


def test_a_letter_that_nobody_can_read(admin: httpx.Client, stack: LocalStack) -> None:
    message_id = bury(stack, '{"hello": "world"}')
    assert listed(admin, message_id)["readable"] is False
    assert act(admin, "redrive", message_id)["outcome"] == "unreadable"
    assert act(admin, "purge", message_id)["outcome"] == "purged"
    body = {"kind": "analysis", "message_ids": [message_id]}
    assert admin.post("/admin/dead-letters/redrive", json=body).json()["missing"] == [message_id]
    audit = admin.get("/admin/audit", params={"kind": "analysis", "limit": 500}).json()["entries"]
    mine = [entry["type"] for entry in audit if message_id in entry["details"].get("message_ids", [])]
    assert mine[-2:] == ["purge", "redrive"]


def test_the_letter_of_an_open_job_brings_it_to_its_end(
    admin: httpx.Client, api: httpx.Client, stack: LocalStack, silent: Job
) -> None:
    message_id = bury(stack, JobMessage.about(silent).to_json())
    letter = listed(admin, message_id)
    assert (letter["job_id"], letter["job_status"]) == (silent.job_id, "queued")
    assert act(admin, "redrive", message_id)["outcome"] == "resent"
    assert wait(api, silent.job_id)["status"] == "completed"
    assert ("operator", "redrive") in history(admin, silent.job_id)


def test_the_letter_of_a_failed_job_becomes_a_new_job(
    admin: httpx.Client, api: httpx.Client, stack: LocalStack, jobs: DynamoJobs
) -> None:
    job_id = failed(api)
    before = jobs.get(job_id)
    message_id = bury(stack, json.dumps({"job_id": job_id, "kind": "analysis"}))
    letter = act(admin, "redrive", message_id)
    assert letter["outcome"] == "retried"
    again = wait(api, letter["retry_job_id"])
    assert (again["status"], again["retry_of"]) == ("failed", job_id)
    assert jobs.get(job_id) == before


def test_a_failed_job_is_tried_again(admin: httpx.Client, api: httpx.Client) -> None:
    job_id = failed(api)
    answers = [admin.post(f"/admin/tasks/{job_id}/retry") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    assert answers[0].json() == answers[1].json()
    again = wait(api, answers[0].json()["job_id"])
    assert (again["retry_of"], again["error"]["type"]) == (job_id, wait(api, job_id)["error"]["type"])
    assert history(admin, job_id)[-2:] == [("operator", "retry")] * 2


def test_a_job_whose_worker_hangs(
    admin: httpx.Client, api: httpx.Client, jobs: DynamoJobs, silent: Job
) -> None:
    change = states.take(silent, utc_now(), "worker-that-hangs", timedelta(hours=1))
    jobs.save(silent, change)

    workers = {one["job_id"]: one for one in admin.get("/admin/workers").json()["workers"]}
    worker = workers[silent.job_id]
    assert (worker["worker_id"], worker["overdue"], worker["owner"]) == (
        "worker-that-hangs",
        False,
        OWNER.key,
    )
    assert 3000 < worker["lease_left"] <= 3600
    task = admin.get(f"/admin/tasks/{silent.job_id}").json()
    assert (task["activity"], task["fence"], task["owner"]) == ("working", 1, OWNER.key)

    unlocked = admin.post(f"/admin/tasks/{silent.job_id}/unlock")
    assert unlocked.status_code == httpx.codes.OK, unlocked.text
    assert wait(api, silent.job_id)["status"] == "completed"
    assert admin.post(f"/admin/tasks/{silent.job_id}/unlock").status_code == httpx.codes.CONFLICT
    with pytest.raises(states.FencedError):
        states.complete(jobs.get(silent.job_id) or silent, change.job.fence, utc_now(), {}, {})
    story = history(admin, silent.job_id)
    # The first is written by the operator's clock before the second.
    assert story.index(("operator", "unlock")) < story.index(("job", "unlocked"))
    assert [type_ for _, type_ in story].count("started") == 2


def test_queues_tell_of_jobs_that_wait(admin: httpx.Client, jobs: DynamoJobs, silent: Job) -> None:
    paused = states.request_pause(silent, utc_now(), OWNER.key)
    jobs.save(silent, paused)
    long_ago = utc_now() - timedelta(days=1)
    waiting = states.request_resume(paused.job, long_ago, OWNER.key)
    jobs.save(paused.job, waiting)

    answer = admin.get("/admin/queues")
    assert answer.status_code == httpx.codes.OK, answer.text
    analysis, cleanup, notification = answer.json()["queues"]
    assert [one["kind"] for one in (analysis, cleanup, notification)] == [
        "analysis",
        "cleanup",
        "notification",
    ]
    assert analysis["oldest_age"] is not None
    assert all(queue[name] >= 0 for queue in (analysis, cleanup) for name in ("depth", "dead_letters"))


def test_tasks_are_everybodys(admin: httpx.Client, api: httpx.Client) -> None:
    job_id = failed(api)
    filters: dict[str, str | int] = {"owner": OWNER.key, "status": "failed", "kind": "analysis", "limit": 100}
    tasks = admin.get("/admin/tasks", params=filters).json()["tasks"]
    assert job_id in [task["job_id"] for task in tasks]
    assert {task["owner"] for task in tasks} == {OWNER.key}
    assert api.get("/jobs", params={"all": "true"}).status_code == httpx.codes.FORBIDDEN


def test_a_jobs_lines_of_all_functions(admin: httpx.Client, api: httpx.Client) -> None:
    job_id = str(upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"])
    assert wait(api, job_id)["status"] == "completed"
    deadline = time.monotonic() + PATIENCE_SECONDS
    functions: set[str] = set()
    while not {"api", "analyze"} <= functions and time.monotonic() < deadline:
        lines: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = admin.get(f"/admin/tasks/{job_id}/logs", params={"limit": 3, "cursor": cursor})
            assert answer.status_code == httpx.codes.OK, answer.text
            lines += answer.json()["lines"]
            cursor = answer.json()["next_cursor"]
        functions = {line["function"].rpartition("-")[2] for line in lines}
    assert {"api", "analyze"} <= functions
    moments = [line["at"] for line in lines]
    assert moments == sorted(moments)
    assert len({(line["at"], line["message"], str(line["fields"])) for line in lines}) == len(lines)
    assert lines[0]["message"] == "Job accepted"

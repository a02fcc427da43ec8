"""Pause, resume, cancel and starting again at a tier, through gateway, queue and worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.s3 import S3Files
from shared.aws.sqs import SqsQueue
from shared.clock import utc_now
from shared.files.keys import job_prefix
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Event, Job, Kind, Owner
from shared.jobs.queue import JobMessage
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.paths import SAMPLES
from tests.support.stack.api import PROBLEM, WAIT_SECONDS, artifact, bearer, upload, wait

OWNER = Owner("directus", "steersman")
PAGES = 300
LINES = ["Nothing of any interest to an insurer stands on this page of the document."] * 6


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
def files(stack: LocalStack) -> S3Files:
    """Return the file store, as the functions use it."""
    return S3Files(stack.environment("ApiFunction")["DOCUMENTS_BUCKET"], stack.deployed.endpoint)


@pytest.fixture
def long_document() -> bytes:
    """Return a PDF, never seen before (it would not be read again), of many units and little else."""
    first = f"Document {uuid7()}"
    return write_pdf(
        *(Sheet().lines(50, 60, first, f"Page {n}", *LINES, step=17) for n in range(1, PAGES + 1))
    )


def until(api: httpx.Client, job_id: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the job's status once it is as wanted."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        job: dict[str, Any] = api.get(f"/jobs/{job_id}").raise_for_status().json()
        if reached(job):
            return job
        time.sleep(0.1)
    raise AssertionError(f"job {job_id} did not get there: {job}")


def reading(job: dict[str, Any]) -> bool:
    """Say whether the worker has read some pages."""
    return bool(job["current_stage"] == "extract" and job["current"] > 0)


def steer(api: httpx.Client, path: str, action: str) -> dict[str, Any]:
    answer = api.post(f"/{path}/{action}")
    assert answer.status_code == httpx.codes.OK, answer.text
    flags: dict[str, Any] = answer.json()
    return flags


def without_a_message(jobs: DynamoJobs) -> Job:
    """Store a job that no worker hears of, so that it stays queued."""
    now = utc_now()
    job = Job(uuid7(), Kind.ANALYSIS, OWNER, {"document_id": uuid7()}, now, now)
    return jobs.create(states.submitted(job, OWNER.key))


def units(events: list[Event]) -> list[tuple[str, int]]:
    return [(event.stage, event.current) for event in events if event.type == "progress"]


def all_events(jobs: DynamoJobs, job_id: str) -> list[Event]:
    return jobs.events(job_id, limit=1000)


def left_behind(stack: LocalStack, job_id: str) -> list[str]:
    bucket = stack.environment("ApiFunction")["DOCUMENTS_BUCKET"]
    found = stack.client("s3").list_objects_v2(Bucket=bucket, Prefix=job_prefix(job_id))
    return [item["Key"] for item in found.get("Contents", [])]


@pytest.mark.parametrize("by_document", [False, True], ids=["by job", "by document"])
def test_a_running_job_pauses_and_goes_on_where_it_stopped(
    api: httpx.Client, jobs: DynamoJobs, long_document: bytes, *, by_document: bool
) -> None:
    accepted = upload(api, "long.pdf", long_document)
    job_id = accepted["job_id"]
    path = f"documents/{accepted['document_id']}" if by_document else f"jobs/{job_id}"
    until(api, job_id, reading)
    first, again = steer(api, path, "pause"), steer(api, path, "pause")
    assert first["job_id"] == again["job_id"] == job_id
    paused = until(api, job_id, lambda job: job["status"] == "paused")
    assert (paused["can_resume"], paused["completed_at"]) == (True, None)
    assert 0 < paused["percent_complete"] < 100
    before = units(all_events(jobs, job_id))
    steer(api, path, "resume")
    steer(api, path, "resume")
    ended = wait(api, job_id)
    assert (ended["status"], ended["attempt"]) == ("completed", 1), ended["error"]
    events = all_events(jobs, job_id)
    after = units(events)
    assert after[: len(before)] == before
    assert len(after) == len(set(after)) > len(before)
    kinds = [event.type for event in events]
    assert (kinds.count("paused"), kinds.count("resumed"), kinds.count("started")) == (1, 1, 2)
    percents = [event.progress for event in events]
    assert percents == sorted(percents)
    refused = api.post(f"/{path}/pause")
    assert refused.status_code == httpx.codes.CONFLICT
    assert refused.json()["type"] == PROBLEM + "state-conflict"
    assert refused.json()["job"]["status"] == "completed"


@pytest.mark.parametrize("by_document", [False, True], ids=["by job", "by document"])
def test_a_running_job_is_cancelled_and_leaves_nothing(
    api: httpx.Client, stack: LocalStack, long_document: bytes, *, by_document: bool
) -> None:
    accepted = upload(api, "long.pdf", long_document)
    job_id = accepted["job_id"]
    path = f"documents/{accepted['document_id']}" if by_document else f"jobs/{job_id}"
    until(api, job_id, reading)
    assert left_behind(stack, job_id)
    assert steer(api, path, "cancel")["cancel_requested"]
    ended = wait(api, job_id)
    assert (ended["status"], ended["result"]) == ("cancelled", None)
    assert left_behind(stack, job_id) == []
    assert steer(api, path, "cancel")["status"] == "cancelled"


@pytest.mark.parametrize("paused", [False, True], ids=["queued", "paused"])
def test_a_waiting_job_is_cancelled_by_a_worker(
    api: httpx.Client, stack: LocalStack, jobs: DynamoJobs, files: S3Files, *, paused: bool
) -> None:
    job = without_a_message(jobs)
    if paused:
        assert steer(api, f"jobs/{job.job_id}", "pause")["status"] == "paused"
    files.put(f"{job_prefix(job.job_id)}1/units/x", b"partial", "text/plain")
    steer(api, f"jobs/{job.job_id}", "cancel")
    assert wait(api, job.job_id)["status"] == "cancelled"
    assert left_behind(stack, job.job_id) == []
    events = [event.type for event in all_events(jobs, job.job_id)]
    assert events[-1] == "cancelled"
    assert events.count("cancelled") == 1


class TestStartingAgain:
    @pytest.fixture
    def source(self, api: httpx.Client) -> dict[str, Any]:
        data = (SAMPLES / "small.md").read_bytes()
        job = wait(api, upload(api, "small.md", data, debug="true")["job_id"])
        assert job["status"] == "completed"
        return job

    def again(self, api: httpx.Client, source: dict[str, Any], **options: Any) -> dict[str, Any]:
        body = {"document_id": source["document_id"], **options}
        answer = api.post("/jobs/analysis", json=body)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return wait(api, answer.json()["job_id"])

    @pytest.mark.parametrize("tier", ["segments", "details"])
    def test_at_a_tier(self, api: httpx.Client, jobs: DynamoJobs, source: dict[str, Any], tier: str) -> None:
        job = self.again(api, source, debug_from=tier, source_job_id=source["job_id"])
        assert job["status"] == "completed", job["error"]
        assert job["result"] == source["result"]
        tiers = ["segments", "benefits", "details", "check"]
        stages = {stage for stage, _ in units(all_events(jobs, job["job_id"]))}
        assert stages == set(tiers[tiers.index(tier) :])
        for name in ("result.json", "pages.json"):
            assert artifact(api, job["job_id"], name) == artifact(api, source["job_id"], name)

    def test_whose_files_are_gone(self, api: httpx.Client, files: S3Files, source: dict[str, Any]) -> None:
        files.delete_prefix(job_prefix(source["job_id"]))
        job = self.again(api, source, debug_from="details", source_job_id=source["job_id"])
        assert (job["status"], job["attempt"]) == ("failed", 1)
        assert job["error"]["type"] == PROBLEM + "source-gone"

    def test_and_removing_earlier_debug_files(self, api: httpx.Client, source: dict[str, Any]) -> None:
        assert artifact(api, source["job_id"], "debug-segments.json")
        job = self.again(api, source, debug=True, debug_clean=True)
        assert job["status"] == "completed", job["error"]
        assert artifact(api, job["job_id"], "debug-segments.json")
        gone = api.get(f"/jobs/{source['job_id']}/artifacts/debug-segments.json")
        assert gone.json()["type"] == PROBLEM + "file-missing"
        assert artifact(api, source["job_id"], "result.json")


@pytest.fixture
def queue_url(stack: LocalStack) -> Iterator[str]:
    """Return a standard queue that nobody else reads."""
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=f"fair-{uuid7()}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def test_a_standard_queue_takes_the_group_of_the_owner(stack: LocalStack, queue_url: str) -> None:
    now = utc_now()
    owners = (OWNER, Owner("directus", "another"))
    messages = [JobMessage.about(Job(uuid7(), Kind.ANALYSIS, owner, {}, now, now)) for owner in owners]
    ungrouped = JobMessage(uuid7(), Kind.ANALYSIS)
    queue = SqsQueue({Kind.ANALYSIS: queue_url}, stack.deployed.endpoint)
    for message in (*messages, ungrouped):
        queue.send(message)
    received: dict[JobMessage, str | None] = {}
    deadline = time.monotonic() + 30
    while len(received) < 3 and time.monotonic() < deadline:
        answer = stack.client("sqs").receive_message(
            QueueUrl=queue_url,
            MessageSystemAttributeNames=["MessageGroupId"],
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
        )
        for raw in answer.get("Messages", []):
            received[JobMessage.from_json(raw["Body"])] = raw.get("Attributes", {}).get("MessageGroupId")
    assert received == {message: message.group for message in messages} | {ungrouped: None}

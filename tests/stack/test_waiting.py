"""Waiting clients against the stack: bounded answers behind the gateway, true streams on the server."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.paths import Paths
from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.clock import utc_now
from shared.documents.model import DocumentRecord
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.store import edit
from tests.support.paths import SAMPLES
from tests.support.stack.api import bearer, upload

SUBJECT = "watcher"
LEASE = timedelta(minutes=10)
LIMIT_SECONDS = 60.0
WATCHERS = 100


@pytest.fixture
def jobs(stack: LocalStack) -> DynamoJobs:
    """Return the job store, for writing what a worker would."""
    return DynamoJobs(stack.deployed.outputs["JobsTable"], stack.deployed.endpoint)


@pytest.fixture(params=["gateway", "server"])
def api(request: pytest.FixtureRequest, stack: LocalStack) -> Iterator[httpx.Client]:
    """Return a client of one user: behind the gateway, and of the server."""
    address = stack.gateway_url if request.param == "gateway" else request.getfixturevalue("server_url")
    headers = bearer(stack.token(SUBJECT))
    with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
        yield client


class Worker:
    """Writes what a worker would for a job that is on no queue."""

    def __init__(self, jobs: DynamoJobs, params: Mapping[str, Any] | None = None) -> None:
        job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", SUBJECT), params or {}, utc_now(), utc_now())
        self._jobs = jobs
        self.job_id = jobs.create(states.submitted(job, SUBJECT)).job_id

    def take(self) -> Job:
        return edit(self._jobs, self.job_id, lambda job: states.take(job, utc_now(), "w", LEASE))

    def unit(self, number: int, of: int) -> Job:
        progress = {"stage": "extract", "percent": number, "current": number, "total": of}
        return edit(
            self._jobs,
            self.job_id,
            lambda job: states.advance(job, job.fence, utc_now(), LEASE, **progress),  # type: ignore[arg-type]
        )

    def complete(self) -> Job:
        return edit(self._jobs, self.job_id, lambda job: states.complete(job, job.fence, utc_now(), {}, {}))

    def run(self, units: int, pause: Callable[[], float]) -> None:
        self.take()
        for number in range(1, units + 1):
            time.sleep(pause())
            self.unit(number, units)
        self.complete()


class EventSource:
    """Follows an address as browsers do: comes back after ``retry`` with the last id, until 204.

    ``leave_after`` says after how many events it hangs up of its own accord.
    """

    def __init__(self, api: httpx.Client, path: str, leave_after: Callable[[], int] = lambda: 10_000) -> None:
        self.events: list[dict[str, Any]] = []
        self.last = ""
        self.answers = 0
        self._api, self._path, self._leave_after = api, path, leave_after
        self._retry = 1.0

    def run(self) -> list[dict[str, Any]]:
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            headers = {"Last-Event-ID": self.last} if self.last else {}
            with self._api.stream("GET", self._path, headers=headers) as answer:
                self.answers += 1
                if answer.status_code == 204:
                    return self.events
                assert answer.status_code == 200, answer.read()
                self._read(answer.iter_lines(), self._leave_after())
            time.sleep(self._retry)
        raise AssertionError(f"{self._path} has not ended: {self.events}")

    def _read(self, lines: Iterator[str], limit: int) -> None:
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "retry":
                self._retry = int(value) / 1000
            elif name == "id":
                self.last = value
            elif name == "data":
                self.events.append(json.loads(value))
                limit -= 1
                if limit == 0:
                    return


def test_every_event_once_over_many_answers(api: httpx.Client, jobs: DynamoJobs) -> None:
    dice = random.Random(7)  # noqa: S311
    worker = Worker(jobs)
    source = EventSource(api, f"/jobs/{worker.job_id}/events", lambda: dice.randint(1, 4))
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(worker.run, 15, lambda: dice.choice((0.0, 0.02, 0.3)))
        events = source.run()
        working.result()

    job = jobs.get(worker.job_id)
    assert job is not None
    assert [event["id"] for event in events] == list(range(1, job.version + 1))
    assert (events[-1]["status"], events[-1]["progress"]) == ("completed", 100)
    assert source.answers > 4


def test_a_real_job_is_followed_to_its_end(api: httpx.Client) -> None:
    document = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())
    by_job = EventSource(api, f"/jobs/{document['job_id']}/events")
    by_document = EventSource(api, f"/documents/{document['document_id']}/progress")
    with ThreadPoolExecutor(2) as pool:
        following = [pool.submit(source.run) for source in (by_job, by_document)]
        first, second = (each.result() for each in following)

    assert first == second
    assert [event["id"] for event in first] == list(range(1, len(first) + 1))
    assert first[-1]["status"] == "completed"
    assert by_document.last == f"{document['job_id']}:{len(first)}"


def test_progress_goes_on_with_a_documents_next_job(
    api: httpx.Client, stack: LocalStack, jobs: DynamoJobs
) -> None:
    document = DocumentRecord(uuid7(), Owner("directus", SUBJECT), "a.md", "text/markdown", utc_now())
    DynamoDocuments(stack.deployed.outputs["JobsTable"], stack.deployed.endpoint).put(document)
    params = {"document_id": document.document_id}
    workers = [Worker(jobs, params)]

    def work() -> None:
        workers[0].take()
        time.sleep(0.2)
        workers.append(Worker(jobs, params))
        workers[0].complete()
        workers[1].run(2, lambda: 0.1)

    source = EventSource(api, f"/documents/{document.document_id}/progress", lambda: 2)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        events = source.run()
        working.result()

    expected = [(workers[0].job_id, number) for number in range(1, 4)]
    expected += [(workers[1].job_id, number) for number in range(1, 6)]
    assert [(event["job_id"], event["id"]) for event in events] == expected


def test_a_long_poll_answers_with_the_change(api: httpx.Client, jobs: DynamoJobs) -> None:
    worker = Worker(jobs)
    address, tag = f"/jobs/{worker.job_id}/status?wait=20", {"If-None-Match": '"1"'}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.get, address, headers=tag, follow_redirects=True)
        time.sleep(0.5)
        worker.take()
        answer = waiting.result()

    assert (answer.status_code, answer.json()["status"]) == (200, "running")
    assert answer.headers["etag"] == '"2"'


def test_a_long_poll_without_a_change(api: httpx.Client, jobs: DynamoJobs) -> None:
    worker = Worker(jobs)
    tag = {"If-None-Match": api.get(f"/jobs/{worker.job_id}").headers["etag"]}

    assert api.get(f"/jobs/{worker.job_id}/wait?seconds=1", headers=tag).status_code == 304
    answer = api.get(f"/jobs/{worker.job_id}?wait=1", follow_redirects=True)
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")


def test_who_does_not_follow_redirects_has_polled(
    gateway: httpx.Client, stack: LocalStack, jobs: DynamoJobs
) -> None:
    worker = Worker(jobs)
    answer = gateway.get(f"/jobs/{worker.job_id}/status?wait=20", headers=bearer(stack.token(SUBJECT)))

    assert (answer.status_code, answer.json()["status"]) == (307, "queued")
    assert answer.headers["etag"] == '"1"'


def test_strangers_see_nothing(api: httpx.Client, stack: LocalStack, jobs: DynamoJobs) -> None:
    worker = Worker(jobs)
    stranger = bearer(stack.token("somebody-else"))
    job = f"/jobs/{worker.job_id}"
    for path in (f"{job}/events", f"{job}/wait", f"/documents/{uuid7()}/progress"):
        assert api.get(path, headers=stranger).status_code == 404
        assert api.get(path, headers={"Authorization": ""}).status_code == 401


def test_the_prefixed_addresses_wait_too(gateway: httpx.Client, stack: LocalStack, jobs: DynamoJobs) -> None:
    worker = Worker(jobs)
    worker.run(0, lambda: 0.0)
    answer = gateway.get(f"/api/v1/jobs/{worker.job_id}/events", headers=bearer(stack.token(SUBJECT)))

    assert answer.status_code == 200
    assert answer.text.count("id: ") == 3


def test_many_watch_while_others_submit(server_url: str, stack: LocalStack, jobs: DynamoJobs) -> None:
    workers = [Worker(jobs) for _ in range(10)]
    told: list[str] = []
    opened = threading.Barrier(WATCHERS + 1)
    limits = httpx.Limits(max_connections=WATCHERS + 1)
    headers = bearer(stack.token(SUBJECT))

    def watch(number: int) -> None:
        worker = workers[number % len(workers)]
        with server.stream("GET", f"/jobs/{worker.job_id}/events") as answer:
            opened.wait(LIMIT_SECONDS)
            told.append("".join(answer.iter_text()))

    with (
        httpx.Client(
            base_url=server_url, headers=headers, timeout=60, limits=limits, trust_env=False
        ) as server,
        ThreadPoolExecutor(WATCHERS) as pool,
    ):
        watching = [pool.submit(watch, number) for number in range(WATCHERS)]
        opened.wait(LIMIT_SECONDS)
        document = upload(server, "small.md", (SAMPLES / "small.md").read_bytes())
        assert document["status"] == "queued"
        for worker in workers:
            worker.run(1, lambda: 0.0)
        for each in watching:
            each.result()

    assert [text.count("id: ") for text in told] == [4] * WATCHERS


def test_beyond_the_cap_polling_goes_on(stack: LocalStack, tmp_path: Path) -> None:
    """The emulator's word for a function at its cap is 429; on AWS it is the gateway's, or 502."""
    paths = Paths(stack.paths.root, tmp_path / "state", stack.paths.cache)
    settings = {"WAIT_CONCURRENCY": "1", "WAIT_SECONDS": "10"}
    capped = LocalStack(paths, settings, name="clauseworks-capped", fixed_ports=False)
    known = {"If-None-Match": '"1"'}
    with capped:
        worker = Worker(DynamoJobs(capped.deployed.outputs["JobsTable"], capped.deployed.endpoint))
        job, headers = f"/jobs/{worker.job_id}", bearer(capped.token(SUBJECT))
        with (
            httpx.Client(base_url=capped.gateway_url, headers=headers, timeout=60, trust_env=False) as api,
            ThreadPoolExecutor(2) as pool,
        ):
            clients = [pool.submit(api.get, f"{job}/wait?seconds=10", headers=known) for _ in range(2)]
            (refused,), (waiting,) = futures.wait(clients, return_when=futures.FIRST_COMPLETED)
            assert refused.result().status_code == httpx.codes.TOO_MANY_REQUESTS
            assert api.get(job, headers=known).status_code == httpx.codes.NOT_MODIFIED
            worker.take()
            assert api.get(job, headers=known).json()["status"] == "running"
            assert waiting.result().json()["status"] == "running"

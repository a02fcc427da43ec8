"""Progress latency: from a worker's write to the client that sees it, for three clients at once."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import httpx

from infra.local.stack import CREDENTIALS, LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.store import edit
from tests.benchmarks.figures import percentile, show

SUBJECT = "watcher"
CHANGES = 60
GAPS = (0.2, 0.5, 1.0, 2.0, 4.0)
POLL_SECONDS = 2.0
LEASE = timedelta(minutes=10)

Seen = Callable[[int], None]


def run(stack: LocalStack) -> None:
    """Print p50 and p95 of each client."""
    server_url = stack.serve()
    jobs = store_of(stack)
    job_id = submitted(jobs)
    written: dict[int, float] = {}
    seen: dict[str, dict[int, float]] = {}
    clients: dict[str, tuple[Callable[[httpx.Client, str, Seen], None], str]] = {
        "events through the gateway": (_events, stack.gateway_url),
        "stream of the local server": (_events, server_url),
        f"polling each {POLL_SECONDS:.0f} s with ETag, gateway": (_polling, stack.gateway_url),
    }
    token = stack.token(SUBJECT)

    def follow(name: str) -> None:
        kind, url = clients[name]
        moments = seen.setdefault(name, {})
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as api:
            kind(api, job_id, partial(_note, moments))

    with ThreadPoolExecutor(len(clients)) as pool:
        following = [pool.submit(follow, name) for name in clients]
        _work(jobs, job_id, written)
        for each in following:
            each.result()
    for name, moments in seen.items():
        # The first two are written before everybody is there.
        took = [moments[number] - moment for number, moment in written.items() if number > 2]
        p50, p95 = (1000 * max(0.0, percentile(took, share)) for share in (0.5, 0.95))
        show(f"write to client, {name} ({len(took)})", f"p50 {p50:7.1f} ms   p95 {p95:7.1f} ms")


def _note(moments: dict[int, float], number: int) -> None:
    moments.setdefault(number, time.perf_counter())


def store_of(stack: LocalStack) -> DynamoJobs:
    """Return the stack's job store, for writing what workers would."""
    os.environ.update(CREDENTIALS)
    return DynamoJobs(stack.deployed.outputs["JobsTable"], stack.deployed.endpoint)


def submitted(jobs: DynamoJobs) -> str:
    """Store a job that is on no queue, and return its id."""
    job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", SUBJECT), {}, utc_now(), utc_now())
    return jobs.create(states.submitted(job, SUBJECT)).job_id


def _work(jobs: DynamoJobs, job_id: str, written: dict[int, float]) -> None:
    """Change the job as a worker would, at the pace of quick and of slow documents."""
    dice = random.Random(5)  # noqa: S311
    after = edit(jobs, job_id, lambda job: states.take(job, utc_now(), "w", LEASE))
    time.sleep(10)
    for number in range(1, CHANGES + 1):
        time.sleep(dice.uniform(0.5, 1.5) * dice.choice(GAPS))
        progress = {"stage": "extract", "percent": number, "current": number, "total": CHANGES}
        after = edit(
            jobs,
            job_id,
            lambda job: states.advance(job, job.fence, utc_now(), LEASE, **progress),  # type: ignore[arg-type]  # noqa: B023
        )
        written[after.version] = time.perf_counter()
    after = edit(jobs, job_id, lambda job: states.complete(job, job.fence, utc_now(), {}, {}))
    written[after.version] = time.perf_counter()


def _events(api: httpx.Client, job_id: str, seen: Seen) -> None:
    """Follow the job as event sources do."""
    last, retry = 0, 1.0
    while True:
        with api.stream("GET", f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(last)}) as answer:
            if answer.status_code == httpx.codes.NO_CONTENT:
                return
            for name, value in _fields(answer.raise_for_status().iter_lines()):
                if name == "retry":
                    retry = int(value) / 1000
                elif name == "data":
                    last = int(json.loads(value)["id"])
                    seen(last)
        time.sleep(retry)


def _polling(api: httpx.Client, job_id: str, seen: Seen) -> None:
    """Ask for the status again and again."""
    version, ended = 0, False
    while not ended:
        answer = api.get(f"/jobs/{job_id}", headers={"If-None-Match": f'"{version}"'})
        if answer.status_code == httpx.codes.OK:
            newest = int(answer.headers["etag"].strip('"'))
            for number in range(version + 1, newest + 1):
                seen(number)
            version, ended = newest, answer.json()["status"] == "completed"
        time.sleep(POLL_SECONDS)


def _fields(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, _, value in (line.partition(": ") for line in lines) if value)

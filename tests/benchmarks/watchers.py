"""What a thousand clients that wait do to submissions: POST with and without them, in one run.

Run as a module it is the watchers: python -m tests.benchmarks.watchers URL KIND, with a token and job ids
on standard input; it writes "ready" once all have asked, and then, at the end of its input, what they got.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.clock import utc_now
from shared.jobs import states
from shared.jobs.store import edit
from tests.benchmarks.figures import milliseconds, show
from tests.benchmarks.progress import SUBJECT, store_of, submitted
from tests.support.paths import ROOT, SAMPLES

WATCHERS = 1000
POSTS = 100
# A client that was refused asks for the status meanwhile. The emulator starts a process for each request at
# a time, as Lambda does: on one machine only a few may come at once.
FALLBACK_SECONDS = 30.0
POLLS_AT_ONCE = 2
SMALL = SAMPLES / "small.md"


def run(stack: LocalStack) -> None:
    """Print p50 and p99 of submissions, at the local server and through the gateway."""
    jobs = store_of(stack)
    with ThreadPoolExecutor(8) as pool:
        job_ids = list(pool.map(lambda _: _paused(jobs), range(WATCHERS)))
    with _no_workers(stack):
        for name, url in (("local server", stack.serve()), ("gateway", stack.gateway_url)):
            headers = {"Authorization": f"Bearer {stack.token('submitter')}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as api:
                _posts(api, 10)
                show(f"POST, {name}, nobody waits ({POSTS})", milliseconds(_posts(api)))
                with _watching(url, stack.token(SUBJECT), job_ids, name) as got:
                    show(f"POST, {name}, {WATCHERS} wait ({POSTS})", milliseconds(_posts(api)))
                show(f"what the {WATCHERS} got, {name}", json.dumps(got))
                show(f"POST, {name}, nobody waits any more ({POSTS})", milliseconds(_posts(api)))


def _paused(jobs: DynamoJobs) -> str:
    """Store a job that nobody touches, the reconciliation neither; it has two events."""
    return edit(jobs, submitted(jobs), lambda job: states.request_pause(job, utc_now(), SUBJECT)).job_id


def _posts(api: httpx.Client, count: int = POSTS) -> list[float]:
    """Return the seconds that each submission took."""
    file = {"file": (SMALL.name, SMALL.read_bytes(), "text/markdown")}
    document = api.post("/jobs/upload", files=file).raise_for_status().json()["document_id"]
    took = []
    for _ in range(count):
        began = time.perf_counter()
        api.post("/jobs/analysis", json={"document_id": document}).raise_for_status()
        took.append(time.perf_counter() - began)
    return took


@contextmanager
def _no_workers(stack: LocalStack) -> Iterator[None]:
    """Keep the workers from their queue: what is measured is the submission alone."""
    functions = stack.client("lambda")
    name = stack.deployed.outputs["AnalyzeFunctionName"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        url = stack.deployed.outputs["AnalysisQueueUrl"]
        stack.client("sqs").purge_queue(QueueUrl=url)
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def _watching(url: str, token: str, job_ids: list[str], name: str) -> Iterator[dict[str, int]]:
    """Have every job watched by a process of its own; fill in what the clients got at the end."""
    kind = "streams" if name == "local server" else "answers"
    command = [sys.executable, "-m", "tests.benchmarks.watchers", url, kind]
    got: dict[str, int] = {}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([token, job_ids]) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        yield got
        process.stdin.close()
        got.update(json.loads(process.stdout.readline()))


async def _watch(url: str, kind: str) -> None:
    """Let all clients wait until the input ends."""
    loop = asyncio.get_running_loop()
    token, job_ids = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    got: Counter[str] = Counter()
    asked: set[str] = set()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=WATCHERS)
    client: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}, "limits": limits}
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False, **client) as api:
        waiting = _stream if kind == "streams" else _answers
        turn = asyncio.Semaphore(POLLS_AT_ONCE)
        tasks = [asyncio.create_task(waiting(api, job_id, got, asked, turn)) for job_id in job_ids]
        while len(asked) < len(job_ids):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        print("ready", flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(got), flush=True)


async def _stream(
    api: httpx.AsyncClient, job_id: str, got: Counter[str], asked: set[str], _turn: asyncio.Semaphore
) -> None:
    """Read a stream that goes on."""
    async with api.stream("GET", f"/jobs/{job_id}/events") as answer:
        got[f"stream {answer.status_code}"] += 1
        asked.add(job_id)
        async for _ in answer.aiter_raw():
            pass


async def _answers(
    api: httpx.AsyncClient, job_id: str, got: Counter[str], asked: set[str], turn: asyncio.Semaphore
) -> None:
    """Wait for events; where there is no room, ask for the status meanwhile."""
    while True:
        with suppress(httpx.TransportError):
            answer = await api.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": "2"})
            got[f"wait {answer.status_code}"] += 1
            asked.add(job_id)
            if answer.status_code == httpx.codes.OK:
                continue
            await asyncio.sleep(FALLBACK_SECONDS * random.random())  # noqa: S311
            async with turn:
                answer = await api.get(f"/jobs/{job_id}", headers={"If-None-Match": '"2"'})
            got[f"poll {answer.status_code}"] += 1
            await asyncio.sleep(FALLBACK_SECONDS)


if __name__ == "__main__":
    asyncio.run(_watch(sys.argv[1], sys.argv[2]))

"""Latency and throughput of jobs, through the gateway, the queue and real workers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from infra.local.stack import LocalStack
from shared.clock import from_text
from tests.benchmarks.figures import milliseconds, show
from tests.support.paths import SAMPLES

SMALL = SAMPLES / "small.md"
POSTS = 100
JOBS = 60
TIMEOUT_SECONDS = 300.0


def run(stack: LocalStack) -> None:
    """Print the figures of small documents."""
    with httpx.Client(
        base_url=stack.gateway_url,
        headers={"Authorization": f"Bearer {stack.token()}"},
        timeout=60,
        trust_env=False,
    ) as api:
        _wait(api, [_upload(api)["job_id"]])
        _latency(api)
        _submit_to_running(api)
        _throughput(api)


def _latency(api: httpx.Client) -> None:
    document = _upload(api)["document_id"]
    took, job_ids = [], []
    for _ in range(POSTS):
        began = time.perf_counter()
        answer = api.post("/jobs/analysis", json={"document_id": document})
        took.append(time.perf_counter() - began)
        job_ids.append(answer.raise_for_status().json()["job_id"])
    show(f"POST /jobs/analysis through the gateway ({POSTS})", milliseconds(took))
    _wait(api, job_ids)


def _submit_to_running(api: httpx.Client) -> None:
    waits = []
    for _ in range(20):
        job = _wait(api, [_upload(api)["job_id"]])[0]
        waits.append((from_text(job["started_at"]) - from_text(job["created_at"])).total_seconds())
    show("record written to worker running, one at a time", milliseconds(waits))


def _throughput(api: httpx.Client) -> None:
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        job_ids = [answer["job_id"] for answer in pool.map(lambda _: _upload(api), range(JOBS))]
    _wait(api, job_ids)
    rate = JOBS / (time.perf_counter() - began)
    show(f"small documents uploaded and analysed ({JOBS})", f"{rate:6.1f} jobs/s")


def _upload(api: httpx.Client) -> Any:
    files = {"file": (SMALL.name, SMALL.read_bytes(), "text/markdown")}
    return api.post("/jobs/upload", files=files).raise_for_status().json()


def _wait(api: httpx.Client, job_ids: list[str]) -> list[dict[str, Any]]:
    """Return the jobs once all have completed; raises RuntimeError for any other ending."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    ended = []
    for job_id in job_ids:
        while (job := api.get(f"/jobs/{job_id}/status").raise_for_status().json())["status"] != "completed":
            if job["status"] in {"failed", "cancelled"} or time.monotonic() > deadline:
                raise RuntimeError(f"job {job_id} is {job['status']}: {job.get('error')}")
            time.sleep(0.02)
        ended.append(job)
    return ended

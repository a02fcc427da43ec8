"""A document of 400 pages with a function time-out of 20 seconds: many invocations, each page read once.

The stack is one of its own. It keeps most of each invocation in reserve, so that a fast machine, too, has to
go on in the next one again and again. A part of the document is a policy, the rest an annex, which is read
faster: what counts here is the number of pages.
"""

from __future__ import annotations

import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local import guard
from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.jobs.model import Event
from tests.support.fakes.long_documents import SAMPLE, long_policy
from tests.support.stack.api import TERMINAL, artifact, bearer, upload
from tests.support.stack.run import run_paths

PAGES = 400
POLICY = 98
TIMEOUT = 20
RESERVE = 19
PATIENCE = 600.0


@pytest.fixture(scope="module")
def hasty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Return a stack whose analyses have 20 seconds an invocation, and use few of them."""
    folder = tmp_path_factory.mktemp("continuation")
    paths = run_paths(folder)
    paths.state.mkdir()
    settings = {"ANALYZE_TIMEOUT": str(TIMEOUT), "RESERVE_SECONDS": str(RESERVE), "LEASE_SECONDS": "30"}
    stack = LocalStack(
        paths,
        settings,
        endpoint=request.config.getoption("--endpoint-url"),
        name=f"hasty-{uuid.uuid4().hex[:8]}",
        fixed_ports=False,
    )
    guard.watch(paths, folder, os.getpid())
    try:
        with stack:
            yield stack
    finally:
        guard.dismiss(paths)


@pytest.fixture(scope="module")
def api(hasty: LocalStack) -> Iterator[httpx.Client]:
    """Return a client of that stack."""
    headers = bearer(hasty.token("reader"))
    with httpx.Client(base_url=hasty.gateway_url, timeout=60.0, headers=headers) as client:
        yield client


def follow(api: httpx.Client, job_id: str) -> list[dict[str, Any]]:
    """Return the job's states as a client sees them, the last one terminal."""
    seen: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        job = api.get(f"/jobs/{job_id}/status").raise_for_status().json()
        if not seen or seen[-1] != job:
            seen.append(job)
        if job["status"] in TERMINAL:
            return seen
        time.sleep(0.2)
    raise AssertionError(f"job {job_id} has not ended within {PATIENCE} s: {seen[-1]}")


def granted(api: httpx.Client, job_id: str) -> dict[str, list[str]]:
    """Return the names of the benefits that an analysis found, by segment."""
    tree = artifact(api, job_id, "result.json")
    return {
        segment["item_name"]: sorted(benefit["item_name"] for benefit in segment["benefits"])
        for segment in tree["segments"]
    }


@pytest.mark.slow(reason="invocations time out in real time")
def test_a_long_document_goes_on_over_many_invocations(api: httpx.Client, hasty: LocalStack) -> None:
    environment = hasty.environment("AnalyzeFunction")
    name = hasty.deployed.outputs["AnalyzeFunctionName"]
    function = hasty.client("lambda").get_function_configuration(FunctionName=name)
    assert (function["Timeout"], environment["RESERVE_SECONDS"]) == (TIMEOUT, str(RESERVE))

    job_id = upload(api, "long.pdf", long_policy(POLICY, PAGES - POLICY))["job_id"]
    states = follow(api, job_id)
    ended = states[-1]
    assert ended["status"] == "completed", ended["error"]
    assert ended["attempt"] == 1
    assert ended["result"]["pages"] == PAGES

    jobs = DynamoJobs(environment["JOBS_TABLE"], hasty.deployed.endpoint)
    events = jobs.events(job_id, limit=10_000)
    kinds = Counter(event.type for event in events)
    assert kinds["continued"] >= 3
    assert kinds["started"] == kinds["continued"] + 1
    assert set(kinds) == {"submitted", "started", "progress", "continued", "completed"}
    _pages_were_read_once(hasty, environment["DOCUMENTS_BUCKET"], job_id, events)

    percents = [event.progress for event in events]
    assert percents == sorted(percents)
    reading = [state["details"] for state in states if state["current_stage"] == "extract"]
    assert reading
    assert {details["total_pages"] for details in reading} == {PAGES}

    pages = artifact(api, job_id, "pages.json")
    assert [page["number"] for page in pages] == list(range(1, PAGES + 1))
    short = upload(api, "short.pdf", SAMPLE.read_bytes())["job_id"]
    assert follow(api, short)[-1]["status"] == "completed"
    assert granted(api, job_id) == granted(api, short)


def _pages_were_read_once(stack: LocalStack, bucket: str, job_id: str, events: list[Event]) -> None:
    """Check by the history, and by the files that any invocation has ever written."""
    counted = [event.current for event in events if event.stage == "extract" and event.type == "progress"]
    assert counted == list(range(10, PAGES + 1, 10))
    pages = (
        stack.client("s3")
        .get_paginator("list_object_versions")
        .paginate(Bucket=bucket, Prefix=f"jobs/{job_id}/")
    )
    keys = [version["Key"] for page in pages for version in page.get("Versions", [])]
    units = Counter(key.split("/units/")[1] for key in keys if "/units/" in key)
    assert {name for name in units if name.startswith("extract/")} == {
        f"extract/{index:06d}.json" for index in range(PAGES // 10)
    }
    assert set(units.values()) == {1}
    # Invocations write under fences of their own.
    assert len({key.split("/")[2] for key in keys}) >= 3

"""How the integration tests talk to the stack: submit, wait, read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from infra.local.stack import LocalStack

# LocalStack does one job of a queue at a time, and answering those who wait takes the time from the work.
WAIT_SECONDS = 300.0
LONGEST_PAUSE = 1.0
TERMINAL = {"completed", "failed", "cancelled"}
PROBLEM = "urn:clauseworks:problem:"


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def is_localstack(stack: LocalStack) -> bool:
    """Tell whether the stack's endpoint is LocalStack, which says so in each of its answers."""
    answer = httpx.get(f"{stack.deployed.endpoint}/_localstack/health", trust_env=False)
    return "x-localstack" in answer.headers


def upload(
    api: httpx.Client, name: str, data: bytes, media_type: str = "", **options: str
) -> Mapping[str, Any]:
    """Upload a document and start its analysis; return the answer's body.

    Unless ``index`` is asked for the document cannot be searched afterwards: an index takes many times as
    long as the analysis, and those that nobody looks at would keep the workers from what the tests wait for.
    """
    options = {"index": "false", **options}
    file = (name, data, media_type) if media_type else (name, data)
    answer = api.post("/jobs/upload", files={"file": file}, data=options)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    body: dict[str, Any] = answer.json()
    return body


def wait(api: httpx.Client, job_id: str) -> dict[str, Any]:
    """Return the job's status once it has ended."""
    deadline, pause = time.monotonic() + WAIT_SECONDS, 0.1
    while time.monotonic() < deadline:
        answer = api.get(f"/jobs/{job_id}/status")
        assert answer.status_code == httpx.codes.OK, answer.text
        job: dict[str, Any] = answer.json()
        if job["status"] in TERMINAL:
            return job
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)
    raise AssertionError(f"job {job_id} has not ended within {WAIT_SECONDS} s: {job}")


def artifact(api: httpx.Client, job_id: str, name: str) -> Any:
    """Return a published JSON file, read through its presigned redirect."""
    answer = api.get(f"/jobs/{job_id}/artifacts/{name}")
    assert answer.status_code == httpx.codes.TEMPORARY_REDIRECT, answer.text
    # A link is valid by its own signature: the token stays here.
    return httpx.get(answer.headers["location"], trust_env=False).raise_for_status().json()


def findings(tree: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every finding of a result tree."""
    found: list[dict[str, Any]] = []
    for kind in ("segments", "benefits", "limits", "conditions", "exclusions"):
        for finding in tree.get(kind, []):
            found += [finding, *findings(finding)]
    return found

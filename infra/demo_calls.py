"""What both demos say and ask of the API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from infra.local.errors import LocalError

TIMEOUT_SECONDS = 180.0


POLL_SECONDS = 0.2


def watch(api: httpx.Client, job_id: str) -> Mapping[str, Any]:
    """Print a line for every step of a job until it has ended."""
    shown, deadline = None, time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        job: Mapping[str, Any] = read_json(api.get(f"/jobs/{job_id}/status"))
        step = (job["percent_complete"], job["status"], job["current_stage"])
        if step != shown:
            shown = step
            bar = "#" * (step[0] // 5)
            say(f"  [{bar:<20}] {step[0]:3} %  {step[1]:10} {step[2]}")
        if job["status"] in {"completed", "failed", "cancelled"}:
            return job
        time.sleep(POLL_SECONDS)
    raise LocalError(f"job {job_id} did not end within {TIMEOUT_SECONDS:.0f} seconds")


def read_json(answer: httpx.Response) -> Any:
    """Return a response's JSON; raises LocalError with the problem that the API states."""
    if answer.is_error:
        raise LocalError(
            f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text}"
        )
    return answer.json()


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)

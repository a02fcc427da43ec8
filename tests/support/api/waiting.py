"""What tests of waiting clients share: time that passes only in sleeps, a worker, and a reader of streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI

from functions.api.ports.dependencies import RecordDependencies
from functions.api.waiting.app import create_app
from functions.api.waiting.settings import WaitSettings
from functions.api.waiting.watch import Polling
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind, Owner
from shared.jobs.store import JobStore, edit
from tests.support.api.client import ALICE, SECRET, Backend

LEASE = timedelta(seconds=60)
UNITS = 8


@dataclass
class Time:
    """Seconds that pass in sleeps only; ``plan`` holds what happens at which second."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)
    plan: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def at(self, second: float, happens: Callable[[], object]) -> None:
        self.plan.append((second, happens))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        for entry in [entry for entry in self.plan if entry[0] <= self.now]:
            self.plan.remove(entry)
            entry[1]()


@dataclass
class Work:
    """A worker's writes for one job; each gives one event."""

    jobs: JobStore
    job_id: str

    def take(self) -> Job:
        return edit(self.jobs, self.job_id, lambda job: states.take(job, utc_now(), "w1", LEASE))

    def unit(self, current: int = 1) -> Job:
        return edit(self.jobs, self.job_id, partial(self._unit, current=current))

    def complete(self) -> Job:
        return edit(self.jobs, self.job_id, lambda job: states.complete(job, job.fence, utc_now(), {}, {}))

    def all(self, units: int = UNITS) -> list[Callable[[], Job]]:
        """Return every write of the job, in order."""
        return [self.take, *(partial(self.unit, n + 1) for n in range(units)), self.complete]

    def _unit(self, job: Job, current: int) -> Change:
        return states.advance(
            job, job.fence, utc_now(), LEASE, stage="extract", percent=current, current=current, total=UNITS
        )


def submitted(
    backend: Backend, owner: str = ALICE, document_id: str = "", kind: Kind = Kind.ANALYSIS
) -> Work:
    """Store a new job, of a document where one is named."""
    params = {"document_id": document_id} if document_id else {}
    job = Job(uuid7(), kind, Owner("directus", owner), params, utc_now(), utc_now())
    backend.jobs.create(states.submitted(job, job.owner.key))
    return Work(backend.jobs, job.job_id)


def wait_settings(**changes: Any) -> WaitSettings:
    values: dict[str, Any] = {
        "jobs_table": "jobs",
        "documents_bucket": "documents",
        "analysis_queue_url": "analysis",
        "cleanup_queue_url": "cleanup",
        "notification_queue_url": "notifications",
        "directus_secret": SECRET,
    }
    return WaitSettings(**(values | changes))


def wait_app(backend: Backend, time: Time, **settings: Any) -> FastAPI:
    """Return the wait function's application, whose waits pass by ``time``."""
    made = wait_settings(**settings)
    polling = partial(Polling, longest=made.wait_seconds, sleep=time.sleep, now=time)
    app = create_app(RecordDependencies(backend.jobs, backend.documents), made, polling)
    app.router = _routes()
    return app


@cache
def _routes() -> APIRouter:
    """Return the routes of the first application, which all share as in ``support.application``."""
    return create_app(settings=wait_settings()).router


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """Return the events of an answer, each with the stream's id as ``sse_id``, after a look at its form."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return parsed(answer.text)


def parsed(text: str) -> list[dict[str, Any]]:
    """Return the events of a stream's text."""
    events = []
    for block in text.split("\n\n"):
        fields: dict[str, str] = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if "data" in fields:
            events.append({"sse_id": fields["id"], **json.loads(fields["data"])})
    return events


def numbers(events: Sequence[dict[str, Any]]) -> list[int]:
    return [event["id"] for event in events]

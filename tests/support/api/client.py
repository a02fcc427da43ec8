"""A client of the application, tokens for it, and what stands behind it: everything in memory."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import jwt
from fastapi import APIRouter, FastAPI

from functions.api.app import create_app
from functions.api.ports.dependencies import ApiDependencies
from functions.api.ports.notifying import NotificationDependencies
from functions.api.ports.watch import WatchMaker
from functions.api.settings import ApiSettings
from functions.api.waiting.watch import NoWait
from shared.errors import PROBLEM_BASE
from shared.jobs.model import Job
from tests.support.fakes.operations import MemoryOperations
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.faulty import FaultyFiles, FaultyJobs, FaultyNotificationQueue, FaultyQueue
from tests.support.memory.notifications import MemoryNotifications, MemoryWebhooks
from tests.support.memory.reviews import MemoryReviews

SECRET = "a-secret-of-at-least-32-characters"
PDF = b"%PDF-1.7\n" + b"text of a policy " * 20
ALICE = "alice"
BOB = "bob"


def make_settings(**changes: Any) -> ApiSettings:
    """Return settings, made once for the same changes: pydantic reads the environment each time."""
    try:
        return _settings(**changes)
    except TypeError:  # a value that is not hashable
        return _settings.__wrapped__(**changes)


@cache
def _settings(**changes: Any) -> ApiSettings:
    values: dict[str, Any] = {
        "jobs_table": "jobs",
        "documents_bucket": "documents",
        "analysis_queue_url": "analysis",
        "cleanup_queue_url": "cleanup",
        "notification_queue_url": "notifications",
        "directus_secret": SECRET,
        "seed_roles": ("seeder",),
    }
    return ApiSettings(**(values | changes))


def token(
    subject: str | None = ALICE, *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any
) -> str:
    """Return a token like those of Directus; a claim given as None is left out."""
    now = int(time.time())
    body = {"id": subject, "iss": "directus", "iat": now, "exp": now + 36_000, "role": None} | claims
    return jwt.encode({k: v for k, v in body.items() if v is not None}, secret, algorithm=algorithm)


ADMIN = token("root", admin_access=True)


@dataclass
class Backend:
    """The stores behind the application, with faults that tests can switch on."""

    failing: set[str] = field(default_factory=set)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.jobs = FaultyJobs(fault=self._fault)
        self.documents = MemoryDocuments(fault=self._fault)
        self.files = FaultyFiles(fault=self._fault)
        self.queue = FaultyQueue(fault=self._fault)
        self.operations = MemoryOperations(self.queue, fault=self._fault)
        self.reviews = MemoryReviews(fault=self._fault)
        self.webhooks = MemoryWebhooks(fault=self._fault)
        self.notifications = MemoryNotifications(self.jobs, fault=self._fault)
        self.notification_queue = FaultyNotificationQueue(fault=self._fault)
        # What names lead to; every other name leads to a public address.
        self.names: dict[str, tuple[str, ...]] = {}

    def dependencies(self, **checks: Any) -> ApiDependencies:
        return ApiDependencies(
            self.jobs,
            self.documents,
            self.files,
            self.queue,
            operations=self.operations.ports(),
            notifying=NotificationDependencies(
                self.webhooks,
                self.notifications,
                self.notification_queue,
                lambda host, _port: self.names.get(host, ("93.184.215.14",)),
            ),
            reviews=self.reviews,
            checks=checks,
        )

    def fail(self, error: Exception, *operations: str) -> None:
        self.error = error
        self.failing = set(operations)

    def job(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        assert job is not None
        return job

    def sent(self) -> list[str]:
        return [message.job_id for _, message in self.queue.messages]

    def _fault(self, operation: str) -> None:
        if operation in self.failing:
            assert self.error is not None
            raise self.error


class Client:
    """Sends requests as somebody; ``bearer`` None sends no token."""

    def __init__(self, app: FastAPI, bearer: str | None = None) -> None:
        self.app = app
        self.bearer = token() if bearer is None else bearer

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if self.bearer and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.bearer}"
        root = more.pop("root_path", "")

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True, root_path=root)
            async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
                return await client.request(method, path, headers=headers, **more)

        return asyncio.run(send())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def upload(
        self, content: bytes = PDF, name: str = "policy.pdf", *, path: str = "/jobs/upload", **more: Any
    ) -> httpx.Response:
        return self.post(path, files={"file": (name, content, "application/octet-stream")}, **more)

    def submit(self, **more: Any) -> str:
        """Upload a document, and return the job's id."""
        answer = self.upload(**more)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def reserve(self, name: str = "policy.pdf", **more: Any) -> str:
        answer = self.post("/uploads", json={"file_name": name, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["document_id"])


def application(
    dependencies: ApiDependencies, settings: ApiSettings | None = None, watch: WatchMaker = NoWait
) -> FastAPI:
    """Return an application with routes that all tests share: FastAPI takes a while to work them out."""
    app = create_app(dependencies, settings or make_settings(), watch)
    app.router = _routes()
    return app


@cache
def _routes() -> APIRouter:
    return create_app(Backend().dependencies(), make_settings()).router


def client_of(backend: Backend, bearer: str | None = None, **settings: Any) -> Client:
    return Client(application(backend.dependencies(), make_settings(**settings)), bearer)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and type of a problem, after a look at its form."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    assert set(body) <= {"type", "title", "status", "detail", "errors", "stage", "job"}
    assert body["type"].startswith(PROBLEM_BASE)
    return answer.status_code, str(body["type"]).removeprefix(PROBLEM_BASE)


def places(answer: httpx.Response) -> list[str]:
    """Return the places that a problem names."""
    return [error["loc"] for error in answer.json()["errors"]]

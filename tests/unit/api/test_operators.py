"""Who may call the routes of operators, and what these show of tasks, workers and queues."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from functions.api.ports.dependencies import ApiDependencies
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage
from tests.support.api.client import ADMIN, Backend, Client, application, problem, token
from tests.support.paths import OPENAPI
from tests.support.worlds.operators import OperatorsWorld

DOCUMENT = json.loads(OPENAPI.read_text())
ROUTES = [
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if path.startswith("/admin/")
]


def tasks(desk: OperatorsWorld, **query: Any) -> list[str]:
    answer = desk.client.get("/admin/tasks", params=query)
    assert answer.status_code == 200, answer.text
    return [task["job_id"] for task in answer.json()["tasks"]]


class TestAccess:
    def test_there_are_routes(self) -> None:
        assert len(ROUTES) == 14

    @pytest.mark.parametrize(("method", "path"), ROUTES)
    @pytest.mark.parametrize("prefix", ["", "/api/v1"])
    def test_for_administrators_only(self, alice: Client, method: str, path: str, prefix: str) -> None:
        address = prefix + path.replace("{job_id}", alice.submit())
        for bearer in (token(), token(role="seeder"), token(admin_access=False)):
            answer = Client(alice.app, bearer).request(method.upper(), address, content=b"{not json")
            assert problem(answer) == (403, "forbidden")
        assert problem(Client(alice.app, "").request(method.upper(), address)) == (401, "token-missing")

    @pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{job_id}" in route[1]])
    @pytest.mark.parametrize("job_id", ["0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47", "nonsense"])
    def test_no_such_task(self, admin: Client, method: str, path: str, job_id: str) -> None:
        answer = admin.request(method.upper(), path.replace("{job_id}", job_id))
        assert problem(answer) == (404, "job-not-found")

    def test_an_application_wired_without_the_ports_says_so(self, backend: Backend) -> None:
        dependencies = ApiDependencies(backend.jobs, backend.documents, backend.files, backend.queue)
        client = Client(application(dependencies), ADMIN)
        assert problem(client.get("/admin/queues")) == (500, "internal-error")


class TestTasks:
    def test_everybodys_newest_first(self, desk: OperatorsWorld) -> None:
        ids = sorted(desk.submitted().job_id for _ in range(3))
        assert tasks(desk) == ids[::-1]

    def test_pages(self, desk: OperatorsWorld) -> None:
        ids = sorted(desk.submitted().job_id for _ in range(3))
        first = desk.client.get("/admin/tasks", params={"limit": 2}).json()
        assert [task["job_id"] for task in first["tasks"]] == ids[:0:-1]
        assert tasks(desk, cursor=first["next_cursor"]) == ids[:1]
        assert problem(desk.client.get("/admin/tasks", params={"cursor": "?"})) == (422, "invalid-cursor")

    def test_filters(self, desk: OperatorsWorld) -> None:
        params = {"document_id": "d1", "product_id": "p1", "case_id": "c1"}
        wanted = desk.submitted(params=params, kind=Kind.CLEANUP)
        other = desk.failed()
        everything = sorted([wanted.job_id, other.job_id], reverse=True)
        assert tasks(desk, status="failed") == [other.job_id]
        assert tasks(desk, owner=wanted.owner.key) == everything
        assert tasks(desk, owner="directus|nobody") == []
        for name, value in {**params, "kind": "cleanup", "status": "queued"}.items():
            assert tasks(desk, **{name: value}) == [wanted.job_id]

    def test_by_activity(self, desk: OperatorsWorld) -> None:
        waiting = sorted(desk.submitted().job_id for _ in range(3))
        working = desk.running(kind=Kind.CLEANUP)
        desk.failed()
        assert tasks(desk, activity="working") == [working.job_id]
        assert tasks(desk, activity="working", kind="analysis") == []
        assert tasks(desk, activity="waiting", owner="directus|nobody") == []
        page = desk.client.get("/admin/tasks", params={"activity": "waiting", "limit": 2}).json()
        assert [task["job_id"] for task in page["tasks"]] == [waiting[2], waiting[1]]
        assert tasks(desk, activity="waiting", cursor=page["next_cursor"]) == waiting[:1]

    def test_those_that_wait_are_read_together(self, desk: OperatorsWorld) -> None:
        ids = sorted(desk.submitted().job_id for _ in range(3))
        reads: Counter[str] = Counter()
        desk.jobs.fault = lambda operation: reads.update([operation])
        assert tasks(desk, activity="waiting") == ids[::-1]
        assert (reads["jobs.get"], reads["jobs.many"]) == (0, 1)

    def test_one_with_its_worker(self, desk: OperatorsWorld) -> None:
        job = desk.running()
        body = desk.client.get(f"/admin/tasks/{job.job_id}").json()
        assert {
            "owner": "directus|alice",
            "status": "running",
            "fence": 1,
            "version": 2,
            "activity": "working",
            "worker_id": "w1",
            "lease_until": "2026-11-21T12:01:30.000Z",
            "since": "2026-11-21T12:00:00.000Z",
            "nudges": 0,
            "stalled": 0,
            "units_done": 0,
            "can_pause": True,
        }.items() <= body.items()


class TestWorkers:
    def test_who_works_on_what(self, desk: OperatorsWorld) -> None:
        first = desk.running(lease=timedelta(seconds=10))
        desk.clock.advance(seconds=30)
        second = desk.running(kind=Kind.CLEANUP)
        desk.submitted()
        workers = desk.client.get("/admin/workers").json()["workers"]
        assert [(worker["job_id"], worker["lease_left"], worker["overdue"]) for worker in workers] == [
            (first.job_id, 0.0, True),
            (second.job_id, 90.0, False),
        ]
        assert workers[1] == {
            "worker_id": "w1",
            "job_id": second.job_id,
            "kind": "cleanup",
            "stage": "",
            "percent_complete": 0,
            "owner": "directus|alice",
            "since": "2026-11-21T12:00:30.000Z",
            "lease_left": 90.0,
            "overdue": False,
        }
        workers = desk.client.get("/admin/workers", params={"kind": "analysis"}).json()["workers"]
        assert [worker["job_id"] for worker in workers] == [first.job_id]


class TestQueues:
    def test_how_full_and_how_old(self, desk: OperatorsWorld) -> None:
        oldest = desk.submitted()
        desk.clock.advance(seconds=40)
        desk.letter(desk.submitted())
        desk.running(kind=Kind.CLEANUP)
        for job_id in tasks(desk, status="queued"):
            desk.queue.send(
                JobMessage(job_id, Kind.ANALYSIS), timedelta(seconds=5 if job_id == oldest.job_id else 0)
            )
        assert desk.client.get("/admin/queues").json()["queues"] == [
            {
                "kind": "analysis",
                "depth": 1,
                "in_flight": 0,
                "delayed": 1,
                "oldest_age": 40.0,
                "oldest_job_id": oldest.job_id,
                "dead_letters": 1,
            },
            {
                "kind": "cleanup",
                "depth": 0,
                "in_flight": 0,
                "delayed": 0,
                "oldest_age": None,
                "oldest_job_id": None,
                "dead_letters": 0,
            },
        ]

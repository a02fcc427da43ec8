"""What operators see of tasks, workers and queues, and what they do to one task."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.api.bootstrap import Services
from shared.audit import AuditEntry, Outcome
from shared.errors import TransientError
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Kind, Status
from shared.jobs.queue import JobMessage
from tests.unit.api.operating import Desk
from tests.unit.api.support import ADMIN, Backend, Client, application, problem, token

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "api" / "openapi.json").read_text())
ROUTES = [
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if path.startswith("/admin/")
]
TROUBLE = TransientError("aws-unavailable", "Busy.")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def tasks(desk: Desk, **query: Any) -> list[str]:
    answer = desk.client.get("/admin/tasks", params=query)
    assert answer.status_code == 200, answer.text
    return [task["job_id"] for task in answer.json()["tasks"]]


class TestAccess:
    def test_there_are_routes(self) -> None:
        assert len(ROUTES) == 12

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
        services = Services(backend.jobs, backend.documents, backend.files, backend.queue)
        client = Client(application(services), ADMIN)
        assert problem(client.get("/admin/queues")) == (500, "internal-error")


class TestTasks:
    def test_everybodys_newest_first(self, desk: Desk) -> None:
        ids = sorted(desk.submitted().job_id for _ in range(3))
        assert tasks(desk) == ids[::-1]

    def test_pages(self, desk: Desk) -> None:
        ids = sorted(desk.submitted().job_id for _ in range(3))
        first = desk.client.get("/admin/tasks", params={"limit": 2}).json()
        assert [task["job_id"] for task in first["tasks"]] == ids[:0:-1]
        assert tasks(desk, cursor=first["next_cursor"]) == ids[:1]
        assert problem(desk.client.get("/admin/tasks", params={"cursor": "?"})) == (422, "invalid-cursor")

    def test_filters(self, desk: Desk) -> None:
        params = {"document_id": "d1", "product_id": "p1", "case_id": "c1"}
        wanted = desk.submitted(params=params, kind=Kind.CLEANUP)
        other = desk.failed()
        everything = sorted([wanted.job_id, other.job_id], reverse=True)
        assert tasks(desk, status="failed") == [other.job_id]
        assert tasks(desk, owner=wanted.owner.key) == everything
        assert tasks(desk, owner="directus|nobody") == []
        for name, value in {**params, "kind": "cleanup", "status": "queued"}.items():
            assert tasks(desk, **{name: value}) == [wanted.job_id]

    def test_by_activity(self, desk: Desk) -> None:
        waiting = sorted(desk.submitted().job_id for _ in range(3))
        working = desk.running(kind=Kind.CLEANUP)
        desk.failed()
        assert tasks(desk, activity="working") == [working.job_id]
        assert tasks(desk, activity="working", kind="analysis") == []
        assert tasks(desk, activity="waiting", owner="directus|nobody") == []
        page = desk.client.get("/admin/tasks", params={"activity": "waiting", "limit": 2}).json()
        assert [task["job_id"] for task in page["tasks"]] == [waiting[2], waiting[1]]
        assert tasks(desk, activity="waiting", cursor=page["next_cursor"]) == waiting[:1]

    def test_those_that_wait_are_read_together(self, desk: Desk) -> None:
        ids = sorted(desk.submitted().job_id for _ in range(3))
        reads: Counter[str] = Counter()
        desk.jobs.fault = lambda operation: reads.update([operation])
        assert tasks(desk, activity="waiting") == ids[::-1]
        assert (reads["jobs.get"], reads["jobs.many"]) == (0, 1)

    def test_one_with_its_worker(self, desk: Desk) -> None:
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


class TestHistory:
    def address(self, job_id: str) -> str:
        return f"/admin/tasks/{job_id}/history"

    def acted(self, desk: Desk, job_id: str, action: str) -> None:
        desk.audit.record(AuditEntry(uuid7(), job_id, action, "root", desk.clock(), Outcome.DONE, {"a": 1}))

    def test_events_and_actions_in_the_order_of_time(self, desk: Desk) -> None:
        job = desk.running()
        desk.clock.advance(seconds=1)
        self.acted(desk, job.job_id, "unlock")
        desk.clock.advance(seconds=1)
        desk.then(job, lambda job: states.unlock(job, desk.clock(), "directus|root"))
        body = desk.client.get(self.address(job.job_id)).json()
        assert body["next_after"] is None
        assert [(entry["source"], entry["type"]) for entry in body["entries"]] == [
            ("job", "submitted"),
            ("job", "started"),
            ("operator", "unlock"),
            ("job", "unlocked"),
        ]
        assert [entry["number"] for entry in body["entries"]] == [1, 2, None, 3]
        assert body["entries"][3]["actor"] == "directus|root"
        assert body["entries"][2] | {"at": ""} == {
            "at": "",
            "source": "operator",
            "type": "unlock",
            "actor": "root",
            "outcome": "done",
            "details": {"a": 1},
            **dict.fromkeys(("number", "status", "stage", "progress", "current", "total", "message")),
        }

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
    def test_pages_hold_everything_once(self, desk: Desk, limit: int) -> None:
        job = desk.running()
        for number in range(6):
            self.acted(desk, job.job_id, f"before{number}")
            # A worker whose clock is late: its list still keeps its order.
            moment = desk.clock() - timedelta(seconds=number % 3)
            done: dict[str, Any] = {"stage": "extract", "percent": 0, "current": number, "total": 6}
            change = states.advance(job, job.fence, moment, timedelta(seconds=90), **done)
            desk.jobs.save(job, change)
            job = change.job
            desk.clock.advance(seconds=1)
        whole = desk.client.get(self.address(job.job_id)).json()["entries"]
        assert len(whole) == 14
        found: list[Any] = []
        after: Any = ""
        while after is not None:
            page = desk.client.get(self.address(job.job_id), params={"limit": limit, "after": after}).json()
            assert len(page["entries"]) <= limit
            found += page["entries"]
            after = page["next_after"]
        assert found == whole
        numbers = [entry["number"] for entry in whole if entry["number"] is not None]
        assert numbers == list(range(1, 9))

    def test_the_trail_outlives_the_record(self, desk: Desk) -> None:
        job = desk.completed()
        self.acted(desk, job.job_id, "retry")
        desk.jobs.remove(job.job_id)
        (entry,) = desk.client.get(self.address(job.job_id)).json()["entries"]
        assert (entry["source"], entry["type"]) == ("operator", "retry")
        assert problem(desk.client.get(f"/admin/tasks/{job.job_id}")) == (404, "job-not-found")

    def test_what_was_done_to_a_queue_is_no_history_of_a_task(self, desk: Desk) -> None:
        self.acted(desk, "queue:analysis", "purge")
        assert problem(desk.client.get(self.address("queue:analysis"))) == (404, "job-not-found")

    @pytest.mark.parametrize("after", ["?", "bnVsbA==", "WzEsICJ4Il0=", "Wy0xLCAiIl0=", "WzEsIDJd", "é"])
    def test_foreign_cursors(self, desk: Desk, after: str) -> None:
        job = desk.submitted()
        answer = desk.client.get(self.address(job.job_id), params={"after": after})
        assert problem(answer) == (422, "invalid-cursor")


class TestLogs:
    def test_the_lines_of_one_job(self, desk: Desk) -> None:
        job = desk.completed()
        logs = desk.operations.logs
        line = {"service": "clauseworks", "level": "INFO", "timestamp": "x", "job_id": job.job_id}
        for second, text in enumerate(["Job accepted", "Request", {"odd": 1}]):
            logs.write(desk.clock() + timedelta(seconds=second), **line, message=text, status=202)
        logs.write(desk.clock(), job_id=uuid7(), message="another job")
        logs.write(desk.clock() + timedelta(minutes=2), **line, message="long after the end")
        address = f"/admin/tasks/{job.job_id}/logs"
        first = desk.client.get(address, params={"limit": 2}).json()
        assert first["lines"][0] == {
            "at": "2026-11-21T12:00:00.000Z",
            "function": "api",
            "level": "INFO",
            "message": "Job accepted",
            "fields": {"status": 202},
        }
        second = desk.client.get(address, params={"cursor": first["next_cursor"]}).json()
        assert [line["message"] for line in second["lines"]] == ["{'odd': 1}"]
        assert second["next_cursor"] is None

    def test_of_a_job_that_runs(self, desk: Desk) -> None:
        job = desk.running()
        desk.clock.advance(minutes=10)
        desk.operations.logs.write(desk.clock(), job_id=job.job_id, message="still here")
        body = desk.client.get(f"/admin/tasks/{job.job_id}/logs").json()
        assert [line["message"] for line in body["lines"]] == ["still here"]

    def test_foreign_cursor(self, desk: Desk) -> None:
        job = desk.submitted()
        answer = desk.client.get(f"/admin/tasks/{job.job_id}/logs", params={"cursor": "?"})
        assert problem(answer) == (422, "invalid-cursor")


class TestWorkers:
    def test_who_works_on_what(self, desk: Desk) -> None:
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
        found = desk.client.get("/admin/workers", params={"kind": "analysis"}).json()["workers"]
        assert [worker["job_id"] for worker in found] == [first.job_id]


class TestQueues:
    def test_how_full_and_how_old(self, desk: Desk) -> None:
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


class TestRetry:
    def address(self, job_id: str) -> str:
        return f"/admin/tasks/{job_id}/retry"

    def test_a_new_job_of_the_same_owner(self, desk: Desk) -> None:
        job = desk.failed(params={"document_id": "d1", "as_admin": True}, metadata={"a": "b"}, max_attempts=2)
        desk.clock.advance(hours=1)
        answer = desk.client.post(self.address(job.job_id))
        assert answer.status_code == 202, answer.text
        (again,) = desk.retries_of(job)
        body = answer.json()
        assert body["job_id"] == again.job_id
        assert answer.headers["location"] == f"/jobs/{again.job_id}/status" == body["status_url"]
        assert "idempotent-replay" not in answer.headers
        assert (again.kind, again.owner, again.params, again.metadata, again.max_attempts) == (
            job.kind,
            job.owner,
            job.params,
            job.metadata,
            2,
        )
        assert (again.status, again.attempt, again.fence, again.created_at) == (
            Status.QUEUED,
            1,
            0,
            desk.clock(),
        )
        assert again.expires_at == desk.clock() + desk.settings.retention
        assert desk.sent() == [again.job_id]
        assert desk.job(job.job_id) == job
        assert desk.jobs.events(again.job_id)[0].actor == "directus|root"
        (entry,) = desk.audit.entries(job.job_id)
        assert (entry.action, entry.outcome, entry.details) == (
            "retry",
            Outcome.DONE,
            {"retry_job_id": again.job_id},
        )
        assert entry.expires_at == desk.clock() + desk.settings.retention

    def test_without_a_key_once(self, desk: Desk) -> None:
        job = desk.failed()
        first, second = (desk.client.post(self.address(job.job_id)) for _ in range(2))
        assert first.json() == second.json()
        assert second.headers["idempotent-replay"] == "true"
        assert len(desk.sent()) == 1
        again = first.json()["job_id"]
        assert problem(desk.client.post(self.address(again))) == (409, "state-conflict")

    def test_under_a_key_as_often_as_there_are_keys(self, desk: Desk) -> None:
        job, other = desk.failed(), desk.completed()
        made = {
            desk.client.post(self.address(job.job_id), headers={"Idempotency-Key": key}).json()["job_id"]
            for key in ("a", "b", "a")
        }
        assert len(made) == len(desk.sent()) == 2
        answer = desk.client.post(self.address(other.job_id), headers={"Idempotency-Key": "a"})
        assert problem(answer) == (422, "idempotency-key-reused")

    def test_keys_are_an_operators_own(self, desk: Desk) -> None:
        job = desk.failed()
        second = Client(desk.client.app, token("other", admin_access=True))
        made = {
            client.post(self.address(job.job_id), headers={"Idempotency-Key": "a"}).json()["job_id"]
            for client in (desk.client, second)
        }
        assert len(made) == 2

    def test_not_before_the_end(self, desk: Desk) -> None:
        job = desk.running()
        answer = desk.client.post(self.address(job.job_id))
        assert answer.status_code == 409
        body = answer.json()
        assert body["type"].endswith("state-conflict")
        assert body["job"]["status"] == "running"
        (entry,) = desk.audit.entries(job.job_id)
        assert (entry.outcome, entry.details) == (Outcome.REFUSED, {"problem": "state-conflict"})

    def test_an_answer_that_was_lost(self, desk: Desk) -> None:
        """The store fails after the entry: it stays in the trail as failed, and the call can be repeated."""
        job = desk.failed()

        def fault(operation: str) -> None:
            if operation == "jobs.create":
                raise TROUBLE

        desk.fault = fault
        assert problem(desk.client.post(self.address(job.job_id))) == (503, "aws-unavailable")
        desk.fault = lambda _operation: None
        assert desk.client.post(self.address(job.job_id)).status_code == 202
        outcomes = [entry.outcome for entry in desk.audit.entries(job.job_id)]
        assert outcomes == [Outcome.FAILED, Outcome.DONE]

    def test_an_entry_that_cannot_be_closed_stays_open(self, desk: Desk) -> None:
        job = desk.failed()
        written = 0

        def fault(operation: str) -> None:
            nonlocal written
            written += operation == "audit.record"
            if written == 2:
                raise TROUBLE

        desk.fault = fault
        assert desk.client.post(self.address(job.job_id)).status_code == 202
        desk.fault = lambda _operation: None
        assert [entry.outcome for entry in desk.audit.entries(job.job_id)] == [Outcome.BEGUN]


class TestUnlock:
    def address(self, job_id: str) -> str:
        return f"/admin/tasks/{job_id}/unlock"

    def test_the_worker_loses_the_job_and_another_goes_on(self, desk: Desk) -> None:
        job = desk.running()
        body = desk.client.post(self.address(job.job_id)).json()
        assert body["status"] == "queued"
        assert body["fence"] == job.fence + 1
        after = desk.job(job.job_id)
        assert (after.worker_id, after.lease_until, after.attempt) == ("", None, 1)
        assert desk.sent() == [job.job_id]
        with pytest.raises(states.FencedError):
            states.complete(after, job.fence, desk.clock(), {}, {})
        (entry,) = desk.audit.entries(job.job_id)
        assert (entry.action, entry.details) == ("unlock", {"worker_id": "w1", "fence": 2})

    def test_repeating_it_changes_nothing(self, desk: Desk) -> None:
        job = desk.running()
        desk.client.post(self.address(job.job_id))
        before = desk.job(job.job_id)
        answer = desk.client.post(self.address(job.job_id))
        assert answer.status_code == 409
        assert answer.json()["job"]["status"] == "queued"
        assert desk.job(job.job_id) == before

    def test_an_end_is_an_end(self, desk: Desk) -> None:
        job = desk.completed()
        assert desk.client.post(self.address(job.job_id)).status_code == 409
        assert desk.job(job.job_id) == job
        assert desk.sent() == []


class TestAudit:
    def test_pages(self, desk: Desk) -> None:
        for _ in range(3):
            desk.client.post("/admin/dead-letters/redrive", json={"kind": "cleanup"})
        first = desk.client.get("/admin/audit", params={"kind": "cleanup", "limit": 2}).json()
        assert len(first["entries"]) == 2
        rest = desk.client.get(
            "/admin/audit", params={"kind": "cleanup", "after": first["next_after"]}
        ).json()
        assert (len(rest["entries"]), rest["next_after"]) == (1, None)
        assert desk.client.get("/admin/audit").json() == {"entries": [], "next_after": None}
        assert problem(desk.client.get("/admin/audit", params={"after": "x"})) == (422, "invalid-cursor")

    def test_entries_expire(self, desk: Desk) -> None:
        desk.client.post("/admin/dead-letters/redrive", json={"kind": "analysis"})
        desk.clock.advance(days=desk.settings.retention_days)
        assert desk.client.get("/admin/audit").json()["entries"] == []

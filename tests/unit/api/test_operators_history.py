"""What operators are told of the past of one task: its history, its log lines, and who did what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.ids import uuid7
from shared.jobs import states
from shared.operations.audit import AuditEntry, AuditOutcome
from tests.support.api.client import problem
from tests.support.worlds.operators import OperatorsWorld


class TestHistory:
    def address(self, job_id: str) -> str:
        return f"/admin/tasks/{job_id}/history"

    def acted(self, desk: OperatorsWorld, job_id: str, action: str) -> None:
        desk.audit.record(
            AuditEntry(uuid7(), job_id, action, "root", desk.clock(), AuditOutcome.DONE, {"a": 1})
        )

    def test_events_and_actions_in_the_order_of_time(self, desk: OperatorsWorld) -> None:
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
    def test_pages_hold_everything_once(self, desk: OperatorsWorld, limit: int) -> None:
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
        entries: list[Any] = []
        after: Any = ""
        while after is not None:
            page = desk.client.get(self.address(job.job_id), params={"limit": limit, "after": after}).json()
            assert len(page["entries"]) <= limit
            entries += page["entries"]
            after = page["next_after"]
        assert entries == whole
        numbers = [entry["number"] for entry in whole if entry["number"] is not None]
        assert numbers == list(range(1, 9))

    def test_the_trail_outlives_the_record(self, desk: OperatorsWorld) -> None:
        job = desk.completed()
        self.acted(desk, job.job_id, "retry")
        desk.jobs.remove(job.job_id)
        (entry,) = desk.client.get(self.address(job.job_id)).json()["entries"]
        assert (entry["source"], entry["type"]) == ("operator", "retry")
        assert problem(desk.client.get(f"/admin/tasks/{job.job_id}")) == (404, "job-not-found")

    def test_what_was_done_to_a_queue_is_no_history_of_a_task(self, desk: OperatorsWorld) -> None:
        self.acted(desk, "queue:analysis", "purge")
        assert problem(desk.client.get(self.address("queue:analysis"))) == (404, "job-not-found")

    @pytest.mark.parametrize("after", ["?", "bnVsbA==", "WzEsICJ4Il0=", "Wy0xLCAiIl0=", "WzEsIDJd", "é"])
    def test_foreign_cursors(self, desk: OperatorsWorld, after: str) -> None:
        job = desk.submitted()
        answer = desk.client.get(self.address(job.job_id), params={"after": after})
        assert problem(answer) == (422, "invalid-cursor")


class TestLogs:
    def test_the_lines_of_one_job(self, desk: OperatorsWorld) -> None:
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

    def test_of_a_job_that_runs(self, desk: OperatorsWorld) -> None:
        job = desk.running()
        desk.clock.advance(minutes=10)
        desk.operations.logs.write(desk.clock(), job_id=job.job_id, message="still here")
        body = desk.client.get(f"/admin/tasks/{job.job_id}/logs").json()
        assert [line["message"] for line in body["lines"]] == ["still here"]

    def test_foreign_cursor(self, desk: OperatorsWorld) -> None:
        job = desk.submitted()
        answer = desk.client.get(f"/admin/tasks/{job.job_id}/logs", params={"cursor": "?"})
        assert problem(answer) == (422, "invalid-cursor")


class TestAudit:
    def test_pages(self, desk: OperatorsWorld) -> None:
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

    def test_entries_expire(self, desk: OperatorsWorld) -> None:
        desk.client.post("/admin/dead-letters/redrive", json={"kind": "analysis"})
        desk.clock.advance(days=desk.settings.retention_days)
        assert desk.client.get("/admin/audit").json()["entries"] == []

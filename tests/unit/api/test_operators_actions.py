"""What operators do to one task: retry it, take it from its worker."""

from __future__ import annotations

import pytest

from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.model import Status
from shared.operations.audit import AuditOutcome
from tests.support.api.client import Client, problem, token
from tests.support.worlds.operators import OperatorsWorld

TROUBLE = TransientError("aws-unavailable", "Busy.")


class TestRetry:
    def address(self, job_id: str) -> str:
        return f"/admin/tasks/{job_id}/retry"

    def test_a_new_job_of_the_same_owner(self, desk: OperatorsWorld) -> None:
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
            AuditOutcome.DONE,
            {"retry_job_id": again.job_id},
        )
        assert entry.expires_at == desk.clock() + desk.settings.retention

    def test_without_a_key_once(self, desk: OperatorsWorld) -> None:
        job = desk.failed()
        first, second = (desk.client.post(self.address(job.job_id)) for _ in range(2))
        assert first.json() == second.json()
        assert second.headers["idempotent-replay"] == "true"
        assert len(desk.sent()) == 1
        again = first.json()["job_id"]
        assert problem(desk.client.post(self.address(again))) == (409, "state-conflict")

    def test_under_a_key_as_often_as_there_are_keys(self, desk: OperatorsWorld) -> None:
        job, other = desk.failed(), desk.completed()
        made = {
            desk.client.post(self.address(job.job_id), headers={"Idempotency-Key": key}).json()["job_id"]
            for key in ("a", "b", "a")
        }
        assert len(made) == len(desk.sent()) == 2
        answer = desk.client.post(self.address(other.job_id), headers={"Idempotency-Key": "a"})
        assert problem(answer) == (422, "idempotency-key-reused")

    def test_keys_are_an_operators_own(self, desk: OperatorsWorld) -> None:
        job = desk.failed()
        second = Client(desk.client.app, token("other", admin_access=True))
        made = {
            client.post(self.address(job.job_id), headers={"Idempotency-Key": "a"}).json()["job_id"]
            for client in (desk.client, second)
        }
        assert len(made) == 2

    def test_not_before_the_end(self, desk: OperatorsWorld) -> None:
        job = desk.running()
        answer = desk.client.post(self.address(job.job_id))
        assert answer.status_code == 409
        body = answer.json()
        assert body["type"].endswith("state-conflict")
        assert body["job"]["status"] == "running"
        (entry,) = desk.audit.entries(job.job_id)
        assert (entry.outcome, entry.details) == (AuditOutcome.REFUSED, {"problem": "state-conflict"})

    def test_an_answer_that_was_lost(self, desk: OperatorsWorld) -> None:
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
        assert outcomes == [AuditOutcome.FAILED, AuditOutcome.DONE]

    def test_an_entry_that_cannot_be_closed_stays_open(self, desk: OperatorsWorld) -> None:
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
        assert [entry.outcome for entry in desk.audit.entries(job.job_id)] == [AuditOutcome.BEGUN]


class TestUnlock:
    def address(self, job_id: str) -> str:
        return f"/admin/tasks/{job_id}/unlock"

    def test_the_worker_loses_the_job_and_another_goes_on(self, desk: OperatorsWorld) -> None:
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

    def test_repeating_it_changes_nothing(self, desk: OperatorsWorld) -> None:
        job = desk.running()
        desk.client.post(self.address(job.job_id))
        before = desk.job(job.job_id)
        answer = desk.client.post(self.address(job.job_id))
        assert answer.status_code == 409
        assert answer.json()["job"]["status"] == "queued"
        assert desk.job(job.job_id) == before

    def test_an_end_is_an_end(self, desk: OperatorsWorld) -> None:
        job = desk.completed()
        assert desk.client.post(self.address(job.job_id)).status_code == 409
        assert desk.job(job.job_id) == job
        assert desk.sent() == []

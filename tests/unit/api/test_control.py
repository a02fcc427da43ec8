"""Pause, resume and cancel, by job: repeated, refused, and by those who may not."""

from __future__ import annotations

import pytest

from shared.clock import utc_now
from shared.errors import Problem, TransientError
from shared.jobs import states
from shared.jobs.model import Change, Job, Status
from shared.jobs.queue import JobMessage
from shared.jobs.store import edit
from tests.support.api.client import Backend, Client, problem, token
from tests.support.api.jobs import ACTIONS, cancelled, complete, take


def test_pause_and_resume(backend: Backend, alice: Client) -> None:
    job_id = alice.submit()
    paused = alice.post(f"/jobs/{job_id}/pause").json()
    assert (paused["status"], paused["can_pause"], paused["can_resume"]) == ("paused", False, True)
    assert backend.sent() == [job_id]
    resumed = alice.post(f"/jobs/{job_id}/resume").json()
    assert (resumed["status"], resumed["can_resume"]) == ("queued", False)
    assert backend.sent() == [job_id, job_id]


def test_running_job_pauses_later(backend: Backend, alice: Client) -> None:
    job_id = alice.submit()
    take(backend, job_id)
    flags = alice.post(f"/jobs/{job_id}/pause").json()
    assert (flags["status"], flags["pause_requested"]) == ("running", True)
    taken_back = alice.post(f"/jobs/{job_id}/resume").json()
    assert (taken_back["status"], taken_back["pause_requested"]) == ("running", False)
    assert backend.sent() == [job_id]


@pytest.mark.parametrize("paused", [False, True])
def test_cancel_is_sent_to_a_worker(backend: Backend, alice: Client, *, paused: bool) -> None:
    job_id = alice.submit()
    if paused:
        alice.post(f"/jobs/{job_id}/pause")
    flags = alice.post(f"/jobs/{job_id}/cancel").json()
    assert (flags["cancel_requested"], flags["can_cancel"]) == (True, False)
    assert flags["status"] == ("paused" if paused else "queued")
    assert backend.sent() == [job_id, job_id]


class TestRepetition:
    @pytest.mark.parametrize("running", [False, True])
    @pytest.mark.parametrize("action", ACTIONS)
    def test_nothing_changes(self, backend: Backend, alice: Client, action: str, *, running: bool) -> None:
        job_id = alice.submit()
        if running:
            take(backend, job_id)
        if action == "resume":
            alice.post(f"/jobs/{job_id}/pause")
        first = alice.post(f"/jobs/{job_id}/{action}")
        before = backend.job(job_id)
        again = alice.post(f"/jobs/{job_id}/{action}")
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == first.json()
        assert backend.job(job_id) == before

    def test_resume_and_cancel_send_the_message_again(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        alice.post(f"/jobs/{job_id}/pause")
        backend.fail(TransientError("aws-unavailable", "SQS answered 503."), "queue.send")
        assert alice.post(f"/jobs/{job_id}/resume").status_code == 200
        backend.failing = set()
        assert backend.sent() == [job_id]
        alice.post(f"/jobs/{job_id}/resume")
        alice.post(f"/jobs/{job_id}/cancel")
        alice.post(f"/jobs/{job_id}/cancel")
        reasons = [message.reason for _, message in backend.queue.messages]
        assert reasons == ["submitted", "resumed", "cancelled", "cancelled"]

    def test_resume_of_a_job_that_runs_again_sends_nothing(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        alice.post(f"/jobs/{job_id}/pause")
        alice.post(f"/jobs/{job_id}/resume")
        take(backend, job_id)
        answer = alice.post(f"/jobs/{job_id}/resume")
        assert (answer.status_code, answer.json()["status"]) == (200, "running")
        assert backend.sent() == [job_id, job_id]

    def test_pause_that_a_worker_has_obeyed(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        take(backend, job_id)
        alice.post(f"/jobs/{job_id}/pause")
        edit(backend.jobs, job_id, lambda job: states.paused(job, job.fence, utc_now()))
        answer = alice.post(f"/jobs/{job_id}/pause")
        assert (answer.status_code, answer.json()["status"]) == (200, "paused")

    def test_cancel_that_is_done(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        alice.post(f"/jobs/{job_id}/cancel")
        cancelled(backend, job_id)
        sent = backend.sent()
        answer = alice.post(f"/jobs/{job_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert backend.sent() == sent


class TestRefusal:
    def test_resume_of_what_was_never_paused(self, alice: Client) -> None:
        job_id = alice.submit()
        answer = alice.post(f"/jobs/{job_id}/resume")
        assert problem(answer) == (409, "state-conflict")
        assert "queued" in answer.json()["detail"]
        assert answer.json()["job"] == {
            "job_id": job_id,
            "status": "queued",
            "can_pause": True,
            "can_resume": False,
            "can_cancel": True,
            "pause_requested": False,
            "cancel_requested": False,
            "message": "",
        }

    @pytest.mark.parametrize("action", ACTIONS)
    def test_nothing_steers_a_job_that_has_ended(self, backend: Backend, alice: Client, action: str) -> None:
        job_id = alice.submit()
        after = complete(backend, job_id)
        answer = alice.post(f"/jobs/{job_id}/{action}")
        assert problem(answer) == (409, "state-conflict")
        assert answer.json()["job"]["status"] == "completed"
        assert backend.job(job_id) == after
        assert backend.sent() == [job_id]

    @pytest.mark.parametrize("action", ["pause", "resume"])
    def test_nor_one_that_is_being_cancelled(self, backend: Backend, alice: Client, action: str) -> None:
        job_id = alice.submit()
        alice.post(f"/jobs/{job_id}/pause")
        alice.post(f"/jobs/{job_id}/cancel")
        answer = alice.post(f"/jobs/{job_id}/{action}")
        assert problem(answer) == (409, "state-conflict")
        assert answer.json()["job"]["cancel_requested"] is True

    def test_a_failed_job_is_not_cancelled_twice(self, backend: Backend, alice: Client) -> None:
        """A cancellation whose removal failed for good: the job has failed, and says so."""
        job_id = alice.submit()
        alice.post(f"/jobs/{job_id}/cancel")
        take(backend, job_id)

        def fail(job: Job) -> Change:
            return states.fail(job, job.fence, utc_now(), Problem("x", "X", "x"))

        assert edit(backend.jobs, job_id, fail).status is Status.FAILED
        answer = alice.post(f"/jobs/{job_id}/cancel")
        assert problem(answer) == (409, "state-conflict")
        assert answer.json()["job"]["status"] == "failed"

    @pytest.mark.parametrize("action", ACTIONS)
    def test_those_who_may_only_read(self, backend: Backend, alice: Client, action: str) -> None:
        job_id = Client(alice.app, token(team="t1")).submit()
        before = backend.job(job_id)
        mate = Client(alice.app, token("mate", team="t1"))
        assert problem(mate.post(f"/jobs/{job_id}/{action}")) == (403, "forbidden")
        assert backend.job(job_id) == before


def test_administrator_is_named_in_the_history(backend: Backend, alice: Client, admin: Client) -> None:
    job_id = alice.submit()
    admin.post(f"/jobs/{job_id}/pause")
    assert [event.actor for event in backend.jobs.events(job_id)] == ["directus|alice", "directus|root"]


def test_every_message_carries_the_group_of_the_job_s_owner(
    backend: Backend, alice: Client, bob: Client, admin: Client
) -> None:
    mine, theirs = alice.submit(), bob.submit()
    for job_id in (mine, theirs):
        admin.post(f"/jobs/{job_id}/pause")
        admin.post(f"/jobs/{job_id}/resume")
        admin.post(f"/jobs/{job_id}/cancel")
    groups: dict[str, set[str]] = {mine: set(), theirs: set()}
    for _, message in backend.queue.messages:
        groups[message.job_id].add(message.group)
    assert groups[mine] == {JobMessage.about(backend.job(mine)).group}
    assert groups[theirs] == {JobMessage.about(backend.job(theirs)).group}
    assert "" not in groups[mine] | groups[theirs]
    assert groups[mine] != groups[theirs]

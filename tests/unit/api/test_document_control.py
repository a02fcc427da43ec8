"""Pause, resume and cancel by document: which of its jobs is meant."""

from __future__ import annotations

import pytest

from shared.clock import utc_now
from shared.jobs import states
from shared.jobs.store import edit
from tests.contracts.jobs import LEASE
from tests.support.api.client import Backend, Client, client_of, problem, token
from tests.support.api.jobs import ACTIONS, cancelled, complete

UNKNOWN = "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"


def analyse(client: Client, document_id: str) -> str:
    """Submit another analysis of a document, and return the job's id."""
    answer = client.post("/jobs/analysis", json={"document_id": document_id})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def document_of(backend: Backend, job_id: str) -> str:
    return backend.job(job_id).document_id


def test_the_active_job_is_steered(backend: Backend, alice: Client) -> None:
    job_id = alice.submit()
    path = f"/documents/{document_of(backend, job_id)}"
    seen = [alice.post(f"{path}/{action}").json() for action in ACTIONS]
    assert [flags["job_id"] for flags in seen] == [job_id] * 3
    assert [flags["status"] for flags in seen] == ["paused", "queued", "queued"]
    assert seen[-1]["cancel_requested"]
    assert backend.sent() == [job_id] * 3


def test_the_newest_job_that_has_not_ended(backend: Backend, alice: Client) -> None:
    first = alice.submit()
    document_id = document_of(backend, first)
    second, third = analyse(alice, document_id), analyse(alice, document_id)
    assert alice.post(f"/documents/{document_id}/pause").json()["job_id"] == third
    complete_paused(backend, alice, third)
    assert alice.post(f"/documents/{document_id}/pause").json()["job_id"] == second


def test_what_follows_from_an_analysis_is_not_meant(backend: Backend, alice: Client) -> None:
    """The index of a document is made after its result is out: people who ask for the document are done."""
    job_id = alice.submit()
    path = f"/documents/{document_of(backend, job_id)}"
    taken = edit(backend.jobs, job_id, lambda j: states.take(j, utc_now(), "w", LEASE))
    done = states.complete(taken, taken.fence, utc_now(), {}, {}, {"index": {}})
    backend.jobs.save(taken, done)
    answer = alice.post(f"{path}/pause")
    assert problem(answer) == (409, "state-conflict")
    assert answer.json()["job"]["job_id"] == job_id
    follow_up = done.follow_ups[0].job.job_id
    listed = alice.get("/jobs", params={"kind": "output"}).json()["jobs"]
    assert [(job["job_id"], job["params"]["outputs"]) for job in listed] == [(follow_up, ["index"])]
    assert alice.post(f"/jobs/{follow_up}/cancel").json()["cancel_requested"]


def complete_paused(backend: Backend, client: Client, job_id: str) -> None:
    client.post(f"/jobs/{job_id}/resume")
    complete(backend, job_id)


@pytest.mark.parametrize("action", ACTIONS)
def test_without_an_active_job_the_newest_says_why(backend: Backend, alice: Client, action: str) -> None:
    first = alice.submit()
    document_id = document_of(backend, first)
    second = analyse(alice, document_id)
    complete(backend, first)
    complete(backend, second)
    answer = alice.post(f"/documents/{document_id}/{action}")
    assert problem(answer) == (409, "state-conflict")
    assert (answer.json()["job"]["job_id"], answer.json()["job"]["status"]) == (second, "completed")


def test_repeated_cancellation_is_harmless(backend: Backend, alice: Client) -> None:
    job_id = alice.submit()
    path = f"/documents/{document_of(backend, job_id)}/cancel"
    assert alice.post(path).status_code == 200
    cancelled(backend, job_id)
    answer = alice.post(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


def test_document_without_a_job(alice: Client) -> None:
    answer = alice.post(f"/documents/{alice.reserve()}/cancel")
    assert problem(answer) == (409, "document-without-job")


@pytest.mark.parametrize("action", ACTIONS)
def test_unknown_and_others_documents_look_the_same(
    backend: Backend, alice: Client, bob: Client, action: str
) -> None:
    job_id = alice.submit()
    document_id = document_of(backend, job_id)
    before = backend.job(job_id)
    theirs = bob.post(f"/documents/{document_id}/{action}")
    unknown = bob.post(f"/documents/{UNKNOWN}/{action}")
    assert problem(theirs) == problem(unknown) == (404, "document-not-found")
    assert theirs.text.replace(document_id, UNKNOWN) == unknown.text
    assert problem(bob.post(f"/documents/x/{action}")) == (404, "document-not-found")
    assert backend.job(job_id) == before


class TestTeam:
    @pytest.fixture
    def mine(self, alice: Client) -> Client:
        return Client(alice.app, token(team="t1"))

    @pytest.fixture
    def mate(self, alice: Client) -> Client:
        return Client(alice.app, token("mate", team="t1"))

    @pytest.mark.parametrize("action", ACTIONS)
    def test_may_read_and_not_change(self, backend: Backend, mine: Client, mate: Client, action: str) -> None:
        job_id = mine.submit()
        before = backend.job(job_id)
        answer = mate.post(f"/documents/{before.document_id}/{action}")
        assert problem(answer) == (403, "forbidden")
        assert backend.job(job_id) == before

    def test_one_s_own_job_goes_before_a_mate_s(self, backend: Backend, mine: Client, mate: Client) -> None:
        own = mine.submit()
        document_id = document_of(backend, own)
        theirs = analyse(mate, document_id)
        assert mine.post(f"/documents/{document_id}/pause").json()["job_id"] == own
        assert mate.post(f"/documents/{document_id}/pause").json()["job_id"] == theirs
        complete_paused(backend, mine, own)
        assert problem(mine.post(f"/documents/{document_id}/cancel")) == (403, "forbidden")


def test_jobs_of_others_about_the_document_are_nobody_s_business(
    backend: Backend, alice: Client, admin: Client
) -> None:
    own = alice.submit()
    document_id = document_of(backend, own)
    hidden = admin.post("/jobs/cleanup", json={"document_id": document_id}).json()["job_id"]
    assert alice.post(f"/documents/{document_id}/pause").json()["job_id"] == own
    assert admin.post(f"/documents/{document_id}/pause").json()["job_id"] == hidden


def test_a_product_s_job_is_not_the_document_s(backend: Backend) -> None:
    client = client_of(backend, directus_url="https://cms.example.com")
    document_id = client.reserve()
    answer = client.post("/jobs/analysis", json={"product_id": document_id})
    assert answer.status_code == 202
    assert problem(client.post(f"/documents/{document_id}/cancel")) == (409, "document-without-job")


def test_a_job_that_expires_while_it_is_looked_for(backend: Backend, alice: Client) -> None:
    job_id = alice.submit()
    document_id = document_of(backend, job_id)
    complete(backend, job_id)
    backend.jobs.clock = lambda: utc_now().replace(year=2100)
    answer = alice.post(f"/documents/{document_id}/cancel")
    assert problem(answer) == (409, "document-without-job")


def test_what_is_paused_counts_as_active(backend: Backend, alice: Client) -> None:
    paused = alice.submit()
    document_id = document_of(backend, paused)
    later = analyse(alice, document_id)
    alice.post(f"/jobs/{paused}/pause")
    complete(backend, later)
    assert alice.post(f"/documents/{document_id}/resume").json()["job_id"] == paused

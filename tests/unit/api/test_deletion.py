"""The deletion of a document: hidden at once, refused while somebody works on it, harmless to repeat."""

from __future__ import annotations

import httpx
import pytest

from shared.clock import utc_now
from shared.documents.model import DocumentGoneError
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.store import edit
from tests.support.api.client import PDF, Backend, Client, problem
from tests.support.api.jobs import ROUTES, document_of, finish, publish


def delete(client: Client, document_id: str) -> httpx.Response:
    return client.request("DELETE", f"/documents/{document_id}")


def read(backend: Backend, client: Client) -> str:
    """Have a document analysed, and return its id."""
    about = publish(backend, client.submit())
    finish(backend, about.job_id)
    return about.document_id


def test_nobody_sees_it_from_now_on(backend: Backend, alice: Client, admin: Client) -> None:
    document_id = read(backend, alice)
    answer = delete(alice, document_id)
    assert answer.status_code == 202
    assert (answer.json()["document_id"], answer.json()["status"]) == (document_id, "deleting")
    for method, path in ROUTES:
        if method != "DELETE":
            for client in (alice, admin):
                answer = client.request(method, f"/documents/{document_id}{path}")
                assert problem(answer) == (404, "document-not-found"), path
    submitted = alice.post("/jobs/analysis", json={"document_id": document_id})
    assert problem(submitted) == (404, "document-not-found")
    cleanup = admin.post("/jobs/cleanup", json={"document_id": document_id})
    assert problem(cleanup) == (404, "document-not-found")


def test_repeating_is_harmless_and_nobody_else_learns_of_it(
    backend: Backend, alice: Client, bob: Client
) -> None:
    document_id = read(backend, alice)
    first = delete(alice, document_id)
    marked = backend.documents.expired(document_id)
    assert delete(alice, document_id).json() == first.json()
    assert backend.documents.expired(document_id) == marked
    assert problem(delete(bob, document_id)) == (404, "document-not-found")
    backend.documents.delete(document_id)
    assert problem(delete(alice, document_id)) == (404, "document-not-found")


def test_a_reserved_document_can_be_deleted_before_anything_was_uploaded(
    backend: Backend, alice: Client
) -> None:
    document_id = alice.reserve()
    assert delete(alice, document_id).status_code == 202
    assert backend.documents.get(document_id) is None


@pytest.mark.parametrize("status", ["queued", "running", "paused"])
def test_a_job_that_has_not_ended_is_said(backend: Backend, alice: Client, status: str) -> None:
    job_id = alice.submit()
    document_id = document_of(backend, job_id)
    if status == "running":
        publish(backend, job_id)
    if status == "paused":
        alice.post(f"/jobs/{job_id}/pause")
    answer = delete(alice, document_id)
    assert problem(answer) == (409, "state-conflict")
    assert (answer.json()["job"]["job_id"], answer.json()["job"]["status"]) == (job_id, status)
    assert backend.documents.get(document_id) is not None


def test_what_follows_from_an_analysis_by_itself_is_cancelled(backend: Backend, alice: Client) -> None:
    about = publish(backend, alice.submit())
    finish(backend, about.job_id, index={})
    index = alice.get(f"/documents/{about.document_id}").json()["index"]["job_id"]
    sent = len(backend.sent())
    assert delete(alice, about.document_id).status_code == 202
    assert backend.job(index).cancel_requested
    assert backend.sent()[sent:] == [index]


def test_a_job_that_ends_while_it_is_to_be_cancelled_is_no_obstacle(backend: Backend, alice: Client) -> None:
    about = publish(backend, alice.submit())
    finish(backend, about.job_id, index={})
    index = alice.get(f"/documents/{about.document_id}").json()["index"]["job_id"]
    edit(backend.jobs, index, lambda j: states.request_cancel(j, utc_now(), "x"))
    assert delete(alice, about.document_id).status_code == 202


def test_a_hidden_job_does_not_show_itself(backend: Backend, alice: Client, admin: Client) -> None:
    document_id = read(backend, alice)
    hidden = admin.post("/jobs/analysis", json={"document_id": document_id}).json()["job_id"]
    answer = delete(alice, document_id)
    assert answer.status_code == 202
    assert hidden not in answer.text
    assert not backend.job(hidden).cancel_requested


def test_an_administrator_may_delete_anything(backend: Backend, alice: Client, admin: Client) -> None:
    assert delete(admin, read(backend, alice)).status_code == 202


def test_a_store_in_trouble_is_said_and_nothing_is_half_done(backend: Backend, alice: Client) -> None:
    document_id = read(backend, alice)
    backend.fail(TransientError("aws-unavailable", "Try again."), "documents.begin_deletion")
    assert problem(delete(alice, document_id)) == (503, "aws-unavailable")
    backend.failing.clear()
    assert backend.documents.get(document_id) is not None
    assert delete(alice, document_id).status_code == 202


def test_a_repeated_upload_brings_nothing_back(backend: Backend, alice: Client) -> None:
    headers = {"Idempotency-Key": "k1"}
    job_id = alice.upload(headers=headers).json()["job_id"]
    document_id = document_of(backend, job_id)
    publish(backend, job_id)
    finish(backend, job_id)
    delete(alice, document_id)
    # The job is there for a moment: its key still stands for it.
    assert alice.upload(headers=headers).json()["job_id"] == job_id
    backend.jobs.remove(job_id)
    assert problem(alice.upload(headers=headers)) == (409, "document-being-removed")
    backend.documents.delete(document_id)
    again = alice.upload(headers=headers)
    assert again.status_code == 202
    assert again.json()["job_id"] != job_id
    assert backend.files.get(f"documents/{document_id}/original") == PDF


def test_a_document_deleted_while_a_job_is_submitted_is_not_found(backend: Backend, alice: Client) -> None:
    document_id = alice.reserve()
    backend.files.put(f"documents/{document_id}/original", PDF, "application/pdf")
    backend.fail(DocumentGoneError(document_id), "documents.put")
    answer = alice.post("/jobs/analysis", json={"document_id": document_id})
    assert problem(answer) == (404, "document-not-found")


def test_a_person_may_delete_what_only_was_emptied(backend: Backend, alice: Client) -> None:
    """Then its jobs go, too."""
    document_id = read(backend, alice)
    for reading in (backend.documents.get(document_id) or pytest.fail("no document")).extractions:
        backend.documents.withdraw(document_id, reading.job_id)
    assert backend.documents.mark_emptied(document_id, utc_now())
    assert delete(alice, document_id).status_code == 202
    marked = backend.documents.expired(document_id)
    assert marked is not None
    assert not marked.emptied

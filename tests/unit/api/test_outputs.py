"""Outputs of a completed analysis, asked for later; and what readers are told of a job on its way."""

from __future__ import annotations

from typing import Any

import pytest

from functions.api.schemas.job_views import processing_status
from shared.jobs.model import Kind, Status
from tests.support.api.client import BOB, Backend, Client, client_of, places, problem, token
from tests.support.api.jobs import complete

BODY = {"outputs": ["translation", "report"], "translate_to": "en", "report_language": "en"}


@pytest.fixture
def done(backend: Backend, alice: Client) -> str:
    job_id = alice.submit(data={"case_id": "case-1"})
    complete(backend, job_id, "result.json")
    return job_id


def test_outputs_are_a_job_of_their_own(backend: Backend, alice: Client, done: str) -> None:
    answer = alice.post(f"/jobs/{done}/outputs", json=BODY | {"metadata": {"client": "Muster"}})
    assert answer.status_code == 202
    job = backend.job(answer.json()["job_id"])
    source = backend.job(done)
    assert (job.kind, job.retry_of, job.source_job_id) == (Kind.OUTPUT, done, done)
    assert (job.document_id, job.case_id) == (source.document_id, "case-1")
    assert job.params["outputs"] == ["translation", "report"]
    assert job.params["translate_to"] == "en"
    assert dict(job.metadata) == {"client": "Muster"}
    assert backend.sent()[-1] == job.job_id


def test_a_key_brings_the_same_job(alice: Client, done: str) -> None:
    answers = [
        alice.post(f"/jobs/{done}/outputs", json=BODY, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert len({answer.json()["job_id"] for answer in answers}) == 1


def test_only_a_completed_analysis_has_outputs(backend: Backend, alice: Client, done: str) -> None:
    waiting = alice.submit()
    answer = alice.post(f"/jobs/{waiting}/outputs", json=BODY)
    assert problem(answer) == (409, "result-not-ready")
    output = alice.post(f"/jobs/{done}/outputs", json=BODY).json()["job_id"]
    assert problem(alice.post(f"/jobs/{output}/outputs", json=BODY)) == (422, "not-an-analysis")


def test_other_peoples_analyses_are_not_there(backend: Backend, done: str) -> None:
    bob = client_of(backend, token(BOB))
    assert problem(bob.post(f"/jobs/{done}/outputs", json=BODY)) == (404, "job-not-found")


def test_a_colleague_may_read_and_not_order(backend: Backend) -> None:
    alice = client_of(backend, token(team="t"))
    job_id = alice.submit()
    complete(backend, job_id, "result.json")
    colleague = client_of(backend, token(BOB, team="t"))
    assert problem(colleague.post(f"/jobs/{job_id}/outputs", json=BODY)) == (403, "forbidden")


@pytest.mark.parametrize(
    "body",
    [
        {"outputs": []},
        {"outputs": ["report", "report"]},
        {"outputs": ["translation"]},
        {"outputs": ["report"], "translate_to": "en"},
        {"outputs": ["index"]},
        {"outputs": ["translation"], "translate_to": "xx"},
        {"outputs": ["summary"], "summary_sentences": 0},
        {},
    ],
)
def test_bad_wishes(alice: Client, done: str, body: dict[str, Any]) -> None:
    answer = alice.post(f"/jobs/{done}/outputs", json=body)
    assert problem(answer) == (422, "invalid-request")
    assert places(answer)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.QUEUED, "queued"),
        (Status.RUNNING, "translation_started"),
        (Status.PAUSED, "paused"),
        (Status.COMPLETED, "completed"),
    ],
)
def test_a_running_job_shows_its_phase(status: Status, expected: str) -> None:
    assert processing_status(status, "translation_started") == expected


def test_a_running_job_without_a_phase_is_processing() -> None:
    assert processing_status(Status.RUNNING, "") == "processing"

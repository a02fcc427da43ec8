"""``POST /compare``: which analyses are meant, and which cannot stand side by side."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind
from tests.support.api.client import Backend, Client, problem
from tests.support.api.jobs import TAXONOMY, completed


def analysed(backend: Backend, client: Client, sum_insured: float = 1.0, taxonomy: str = TAXONOMY) -> Job:
    """Return a completed analysis of an upload."""
    return completed(backend, client.submit(), sum_insured, taxonomy)


def compare(client: Client, **body: Any) -> httpx.Response:
    return client.post("/compare", json=body)


def test_two_jobs_side_by_side(backend: Backend, alice: Client) -> None:
    first, second = analysed(backend, alice, 1000.0), analysed(backend, alice, 2000.0)
    answer = compare(alice, job_ids=[first.job_id, second.job_id])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["taxonomy"] == TAXONOMY
    assert [product["job_id"] for product in body["products"]] == [first.job_id, second.job_id]
    (limit,) = body["comparison"]["segments"][0]["benefits"][0]["limits"]
    assert limit["comparable"] is True
    assert limit["highest"] == [1]
    assert [cells[0]["value"] for cells in limit["cells"]] == [1000.0, 2000.0]
    assert limit["cells"][0][0]["evidence"] == [{"page": 1, "quote": "up to a sum", "start": 5, "end": 16}]


def test_a_document_stands_for_its_newest_completed_analysis(backend: Backend, alice: Client) -> None:
    old, other = analysed(backend, alice), analysed(backend, alice)
    again = alice.post("/jobs/analysis", json={"document_id": old.document_id}).json()["job_id"]
    body = compare(alice, document_ids=[old.document_id], job_ids=[other.job_id]).json()
    assert [product["job_id"] for product in body["products"]] == [other.job_id, old.job_id]
    assert again != old.job_id


def test_a_product_stands_for_its_newest_completed_analysis(backend: Backend, alice: Client) -> None:
    ids = []
    for product in ("p1", "p2"):
        owner, now = backend.job(alice.submit()).owner, utc_now()
        job = Job(uuid7(), Kind.ANALYSIS, owner, {"product_id": product}, now, now)
        backend.jobs.create(states.submitted(job, "test"))
        ids.append(completed(backend, job.job_id).job_id)
    body = compare(alice, product_ids=["p2", "p1"]).json()
    assert [(each["job_id"], each["product_id"]) for each in body["products"]] == [
        (ids[1], "p2"),
        (ids[0], "p1"),
    ]


def test_others_analyses_are_not_there(backend: Backend, alice: Client, bob: Client, admin: Client) -> None:
    first, second = analysed(backend, alice), analysed(backend, alice)
    own = analysed(backend, bob)
    assert problem(compare(bob, job_ids=[own.job_id, first.job_id])) == (404, "job-not-found")
    documents = [first.document_id, second.document_id]
    assert problem(compare(bob, document_ids=documents)) == (404, "document-not-found")
    assert compare(admin, job_ids=[first.job_id, own.job_id]).status_code == 200


def test_different_taxonomies_are_refused(backend: Backend, alice: Client) -> None:
    first, second = analysed(backend, alice), analysed(backend, alice, taxonomy="household-contents 1.0")
    answer = compare(alice, job_ids=[first.job_id, second.job_id])
    assert problem(answer) == (422, "taxonomies-differ")
    assert TAXONOMY in answer.json()["detail"]
    assert "household-contents 1.0" in answer.json()["detail"]


def test_what_has_not_completed_has_no_result(backend: Backend, alice: Client) -> None:
    done, waiting = analysed(backend, alice), alice.submit()
    assert problem(compare(alice, job_ids=[done.job_id, waiting])) == (409, "result-not-ready")
    document = backend.job(waiting).document_id
    answer = compare(alice, job_ids=[done.job_id], document_ids=[document])
    assert problem(answer) == (404, "analysis-not-found")


def test_a_cleanup_is_no_analysis(backend: Backend, alice: Client, admin: Client) -> None:
    done = analysed(backend, alice)
    cleanup = admin.post("/jobs/cleanup", json={"document_id": done.document_id}).json()["job_id"]
    assert problem(compare(admin, job_ids=[done.job_id, cleanup])) == (422, "not-an-analysis")


@pytest.mark.parametrize(
    "body", [{}, {"job_ids": ["x"]}, {"job_ids": ["x"] * 11}, {"job_ids": ["x", "y"], "more": 1}]
)
def test_two_to_ten_are_compared(alice: Client, body: dict[str, Any]) -> None:
    assert problem(compare(alice, **body)) == (422, "invalid-request")


def test_what_is_too_large_to_answer_says_so(
    backend: Backend, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.api.routes.comparison.MAX_ANSWER", 100)
    ids = [analysed(backend, alice).job_id for _ in range(2)]
    assert problem(compare(alice, job_ids=ids)) == (422, "comparison-too-large")

"""Which analysis another one may take up with ``debug_from``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.clock import utc_now
from shared.errors import Problem
from shared.jobs import states
from shared.jobs.model import Change, Job
from shared.jobs.store import edit
from tests.support.api.client import ADMIN, PDF, Backend, Client, client_of, places, problem, token
from tests.support.api.jobs import cancelled, complete, take

UNKNOWN = "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"


def fail(backend: Backend, job_id: str) -> Job:
    take(backend, job_id)

    def decide(job: Job) -> Change:
        return states.fail(job, job.fence, utc_now(), Problem("x", "X", "x"))

    return edit(backend.jobs, job_id, decide)


def again(client: Client, document_id: str, source: str, **more: Any) -> httpx.Response:
    body = {"document_id": document_id, "source_job_id": source, "debug_from": "benefits"} | more
    return client.post("/jobs/analysis", json=body)


@pytest.mark.parametrize("end", [complete, fail])
def test_an_analysis_of_one_s_own_that_has_ended(backend: Backend, alice: Client, end: Any) -> None:
    source = end(backend, alice.submit())
    answer = again(alice, source.document_id, source.job_id)
    assert answer.status_code == 202
    job = backend.job(answer.json()["job_id"])
    assert (job.debug_from, job.source_job_id) == ("benefits", source.job_id)
    params = alice.get(f"/jobs/{job.job_id}").json()["params"]
    assert (params["debug_from"], params["source_job_id"]) == ("benefits", source.job_id)


def test_the_same_bytes_uploaded_again(backend: Backend, alice: Client) -> None:
    source = complete(backend, alice.submit())
    fields = {"debug_from": "segments", "source_job_id": source.job_id}
    answer = alice.upload(data=fields, name="renamed.pdf")
    assert answer.status_code == 202
    assert backend.job(answer.json()["job_id"]).document_id != source.document_id


def test_the_same_bytes_read_as_another_type(backend: Backend, alice: Client) -> None:
    text = b"# Cover\n\nLuggage is insured."
    first = alice.upload(text, name="policy.md")
    source = complete(backend, first.json()["job_id"])
    fields = {"debug_from": "segments", "source_job_id": source.job_id}
    assert alice.upload(text, name="renamed.md", data=fields).status_code == 202
    assert problem(alice.upload(text, name="policy.txt", data=fields)) == (422, "source-mismatch")


def test_other_bytes(backend: Backend, alice: Client) -> None:
    source = complete(backend, alice.submit())
    files = backend.files.keys()
    fields = {"debug_from": "segments", "source_job_id": source.job_id}
    answer = alice.upload(PDF + b"!", data=fields)
    assert problem(answer) == (422, "source-mismatch")
    assert places(answer) == ["body.source_job_id"]
    assert backend.files.keys() == files
    backend.files.put(f"documents/{source.document_id}/original", PDF + b"new", "application/pdf")
    assert problem(again(alice, source.document_id, source.job_id)) == (422, "source-mismatch")


class TestProduct:
    @pytest.fixture
    def alice(self, backend: Backend) -> Client:
        return client_of(backend, directus_url="https://cms.example.com")

    def analyse(self, client: Client, product_id: str, **more: Any) -> httpx.Response:
        return client.post("/jobs/analysis", json={"product_id": product_id} | more)

    def test_the_same_or_another_product(self, backend: Backend, alice: Client) -> None:
        source = complete(backend, self.analyse(alice, "p1").json()["job_id"])
        more = {"source_job_id": source.job_id, "debug_from": "details"}
        assert self.analyse(alice, "p1", **more).status_code == 202
        assert problem(self.analyse(alice, "p2", **more)) == (422, "source-mismatch")

    def test_a_document_for_a_product(self, backend: Backend, alice: Client) -> None:
        upload = complete(backend, alice.submit())
        more = {"source_job_id": upload.job_id, "debug_from": "details"}
        assert problem(self.analyse(alice, "p1", **more)) == (422, "source-mismatch")
        product = complete(backend, self.analyse(alice, "p1").json()["job_id"])
        answer = again(alice, upload.document_id, product.job_id)
        assert problem(answer) == (422, "source-mismatch")


class TestOwner:
    def test_unknown_and_others_look_the_same(self, backend: Backend, alice: Client, bob: Client) -> None:
        source = complete(backend, alice.submit())
        own = backend.job(bob.submit()).document_id
        theirs, unknown = again(bob, own, source.job_id), again(bob, own, UNKNOWN)
        assert problem(theirs) == problem(unknown) == (404, "job-not-found")
        assert problem(again(bob, own, "no-id")) == (404, "job-not-found")

    @pytest.mark.parametrize("bearer", [ADMIN, token("mate", team="t1")])
    def test_to_read_is_not_to_own(self, backend: Backend, alice: Client, bearer: str) -> None:
        source = complete(backend, Client(alice.app, token(team="t1")).submit())
        other = Client(alice.app, bearer)
        answer = again(other, source.document_id, source.job_id)
        assert problem(answer) == (422, "source-mismatch")

    def test_a_cleanup_is_no_analysis(self, backend: Backend, admin: Client) -> None:
        document_id = backend.job(admin.submit()).document_id
        cleanup = admin.post("/jobs/cleanup", json={"document_id": document_id}).json()["job_id"]
        complete(backend, cleanup)
        assert problem(again(admin, document_id, cleanup)) == (422, "source-mismatch")


class TestState:
    @pytest.mark.parametrize("status", ["queued", "running", "paused"])
    def test_not_ended(self, backend: Backend, alice: Client, status: str) -> None:
        job_id = alice.submit()
        if status == "paused":
            alice.post(f"/jobs/{job_id}/pause")
        if status == "running":
            take(backend, job_id)
        answer = again(alice, backend.job(job_id).document_id, job_id)
        assert problem(answer) == (409, "source-not-usable")
        assert (answer.json()["job"]["job_id"], answer.json()["job"]["status"]) == (job_id, status)

    def test_cancelled(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        alice.post(f"/jobs/{job_id}/cancel")
        document_id = cancelled(backend, job_id).document_id
        answer = again(alice, document_id, job_id)
        assert problem(answer) == (409, "source-not-usable")
        assert "gone" in answer.json()["detail"]


class TestParameters:
    """What is taken up depends on the parameters of the stages before."""

    SHAPING = (
        ("language", "fr", "segments"),
        ("chunk_size", 400, "segments"),
        ("chunk_overlap", 10, "segments"),
        ("engine", "rules", "benefits"),
        ("segment_chunks", 3, "benefits"),
        ("benefit_chunks", 3, "details"),
        ("detail_chunks", 3, ""),
    )
    TIERS = ("segments", "benefits", "details")

    @pytest.mark.parametrize(("name", "value", "first"), SHAPING)
    @pytest.mark.parametrize("tier", TIERS)
    def test_have_to_be_those_of_the_source(
        self, backend: Backend, alice: Client, name: str, value: object, first: str, tier: str
    ) -> None:
        source = complete(backend, alice.submit())
        answer = again(alice, source.document_id, source.job_id, **{name: value, "debug_from": tier})
        if first and self.TIERS.index(tier) >= self.TIERS.index(first):
            assert problem(answer) == (422, "source-mismatch")
            assert places(answer) == [f"body.{name}"]
        else:
            assert answer.status_code == 202

    def test_that_are_repeated(self, backend: Backend, alice: Client) -> None:
        changed = {name: value for name, value, _ in self.SHAPING}
        source = complete(backend, alice.submit(data={k: str(v) for k, v in changed.items()}))
        answer = again(alice, source.document_id, source.job_id, **changed | {"debug_from": "details"})
        assert answer.status_code == 202, answer.text

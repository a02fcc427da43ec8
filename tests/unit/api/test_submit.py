from __future__ import annotations

from typing import Any

import pytest

from shared.errors import TransientError
from shared.jobs.model import Kind, Status
from tests.support.api.client import ADMIN, PDF, Backend, Client, client_of, places, problem, token


def upload(backend: Backend, client: Client, data: bytes = PDF, name: str = "policy.pdf") -> str:
    """Reserve a document and put its file as a browser would."""
    document_id = client.reserve(name)
    backend.files.put(f"documents/{document_id}/original", data, "application/pdf")
    return document_id


def test_analysis_is_accepted_recorded_and_sent(backend: Backend, alice: Client) -> None:
    document_id = upload(backend, alice)
    answer = alice.post(
        "/jobs/analysis",
        json={"document_id": document_id, "case_id": "c-1", "metadata": {"client_name": "M"}},
    )
    body = answer.json()
    assert answer.status_code == 202
    assert body["status"] == "queued"
    assert body["status_url"] == f"/jobs/{body['job_id']}/status"
    assert body["events_url"] == f"/jobs/{body['job_id']}/events"
    assert answer.headers["location"] == body["status_url"]
    assert answer.headers["retry-after"] == "1"
    job = backend.job(body["job_id"])
    assert (job.kind, job.status, job.owner.key) == (Kind.ANALYSIS, Status.QUEUED, "directus|alice")
    assert (job.case_id, job.metadata) == ("c-1", {"client_name": "M"})
    assert job.expires_at is not None
    assert (job.expires_at - job.created_at).days == 90
    assert backend.sent() == [job.job_id]


def test_defaults_are_written_down(backend: Backend, alice: Client) -> None:
    answer = alice.post("/jobs/analysis", json={"document_id": upload(backend, alice)})
    params = backend.job(answer.json()["job_id"]).params
    assert params["segment_chunks"] == 8
    assert params["chunk_size"] == 800
    assert params["language"] == "auto"
    assert "engine" not in params


def test_upload_is_pinned_at_submission(backend: Backend, alice: Client) -> None:
    document_id = upload(backend, alice)
    first = alice.post("/jobs/analysis", json={"document_id": document_id}).json()["job_id"]
    backend.files.put(f"documents/{document_id}/original", b"%PDF-another", "application/pdf")
    second = alice.post("/jobs/analysis", json={"document_id": document_id}).json()["job_id"]
    first_params, second_params = backend.job(first).params, backend.job(second).params
    assert (first_params["document_version"], first_params["document_size"]) == ("v1", len(PDF))
    assert second_params["document_version"] == "v2"
    assert first_params["document_sha256"] != second_params["document_sha256"]
    assert backend.files.get(first_params["document_key"], first_params["document_version"]) == PDF


def test_pinned_upload_is_not_read_twice(backend: Backend, alice: Client) -> None:
    document_id = upload(backend, alice)
    assert alice.post("/jobs/analysis", json={"document_id": document_id}).status_code == 202
    backend.fail(AssertionError("read again"), "files.get")
    assert alice.post("/jobs/analysis", json={"document_id": document_id}).status_code == 202


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"", "policy.pdf", "empty-file"),
        (b"<html>", "policy.pdf", "file-type-mismatch"),
        (b"%PDF-1.7", "policy.docx", "file-type-mismatch"),
        (b"a\0b", "policy.txt", "file-type-mismatch"),
    ],
)
def test_uploaded_file_is_looked_at(
    backend: Backend, alice: Client, data: bytes, name: str, expected: str
) -> None:
    answer = alice.post("/jobs/analysis", json={"document_id": upload(backend, alice, data, name)})
    assert problem(answer) == (422, expected)
    assert backend.sent() == []


def test_uploaded_file_above_the_limit(backend: Backend) -> None:
    small = client_of(backend, max_upload_size=100)
    answer = small.post("/jobs/analysis", json={"document_id": upload(backend, small)})
    assert problem(answer) == (413, "payload-too-large")


def test_analysis_before_the_upload(alice: Client) -> None:
    answer = alice.post("/jobs/analysis", json={"document_id": alice.reserve()})
    assert problem(answer) == (409, "upload-missing")


def test_file_removed_while_it_is_read(backend: Backend, alice: Client) -> None:
    document_id = upload(backend, alice)
    from shared.files.port import FileMissingError

    backend.fail(FileMissingError("k"), "files.get")
    assert problem(alice.post("/jobs/analysis", json={"document_id": document_id})) == (409, "upload-missing")


@pytest.mark.parametrize("document_id", ["unknown", "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"])
def test_unknown_document(alice: Client, document_id: str) -> None:
    answer = alice.post("/jobs/analysis", json={"document_id": document_id})
    assert problem(answer) == (404, "document-not-found")


def test_document_of_another_owner(backend: Backend, alice: Client, bob: Client, admin: Client) -> None:
    document_id = upload(backend, alice)
    assert problem(bob.post("/jobs/analysis", json={"document_id": document_id})) == (
        404,
        "document-not-found",
    )
    assert admin.post("/jobs/analysis", json={"document_id": document_id}).status_code == 202


def test_product_needs_directus(backend: Backend, alice: Client) -> None:
    assert problem(alice.post("/jobs/analysis", json={"product_id": "4711"})) == (
        422,
        "directus-not-configured",
    )
    configured = client_of(backend, directus_url="https://cms.example.com")
    answer = configured.post("/jobs/analysis", json={"product_id": "4711"})
    assert answer.status_code == 202
    assert backend.job(answer.json()["job_id"]).product_id == "4711"


BAD_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({}, "body"),
    ({"product_id": "1", "document_id": "2"}, "body"),
    ({"product_id": ""}, "body.product_id"),
    ({"product_id": "a b"}, "body.product_id"),
    ({"product_id": "../x"}, "body.product_id"),
    ({"product_id": "x" * 129}, "body.product_id"),
    ({"product_id": 5}, "body.product_id"),
    ({"unknown_field": 1}, "body.unknown_field"),
    ({"segment_chunks": 0}, "body.segment_chunks"),
    ({"segment_chunks": 21}, "body.segment_chunks"),
    ({"segment_chunks": "many"}, "body.segment_chunks"),
    ({"segment_chunks": 1.5}, "body.segment_chunks"),
    ({"benefit_chunks": 21}, "body.benefit_chunks"),
    ({"detail_chunks": 11}, "body.detail_chunks"),
    ({"chunk_size": 99}, "body.chunk_size"),
    ({"chunk_size": 4001}, "body.chunk_size"),
    ({"chunk_overlap": -1}, "body.chunk_overlap"),
    ({"chunk_size": 100, "chunk_overlap": 100}, "body"),
    ({"engine": "magic"}, "body.engine"),
    ({"language": "xx"}, "body.language"),
    ({"debug_from": "start"}, "body.debug_from"),
    ({"debug_from": "segments"}, "body"),
    ({"source_job_id": "j"}, "body"),
    ({"export": "perhaps"}, "body.export"),
    ({"max_attempts": 0}, "body.max_attempts"),
    ({"max_attempts": 11}, "body.max_attempts"),
    ({"metadata": {"a": "x" * 501}}, "body.metadata.a"),
    ({"metadata": {"a": 1}}, "body.metadata.a"),
    ({"metadata": {f"k{i}": "v" for i in range(21)}}, "body.metadata"),
    ({"metadata": {"": "v"}}, "body.metadata..[key]"),
    ({"metadata": "text"}, "body.metadata"),
]


@pytest.mark.parametrize(("body", "place"), BAD_REQUESTS)
def test_request_against_the_contract(
    backend: Backend, alice: Client, body: dict[str, Any], place: str
) -> None:
    whole = body if "product_id" in body or not body else {"document_id": "d", **body}
    answer = alice.post("/jobs/analysis", json=whole)
    assert problem(answer) == (422, "invalid-request")
    assert place in places(answer)
    assert backend.sent() == []


def test_validation_never_repeats_what_was_sent(alice: Client) -> None:
    answer = alice.post(
        "/jobs/analysis", json={"document_id": "d", "metadata": {"a": "hush" * 200}, "engine": "hush-hush"}
    )
    assert problem(answer)[0] == 422
    assert "hush" not in answer.text


@pytest.mark.parametrize(("given", "kept"), [({}, 5), ({"max_attempts": 1}, 1), ({"max_attempts": 10}, 10)])
def test_attempts_are_the_submitters_choice(
    backend: Backend, admin: Client, given: dict[str, int], kept: int
) -> None:
    answers = [
        admin.post("/jobs/analysis", json={"document_id": upload(backend, admin)} | given),
        admin.post("/jobs/cleanup", json={"product_id": "4711"} | given),
        admin.upload(data={name: str(value) for name, value in given.items()}),
    ]
    for answer in answers:
        job = backend.job(answer.json()["job_id"])
        assert job.max_attempts == kept
        assert "max_attempts" not in job.params
        status = admin.get(f"/jobs/{job.job_id}").json()
        assert (status["attempt"], status["max_attempts"], status["not_before"]) == (1, kept, None)


def test_rules_engine_by_name(backend: Backend, alice: Client) -> None:
    body = {"document_id": upload(backend, alice), "engine": "rules"}
    answer = alice.post("/jobs/analysis", json=body)
    assert backend.job(answer.json()["job_id"]).params["engine"] == "rules"


@pytest.mark.parametrize("parameter", ["seed_directus", "dry_run_directus"])
def test_seeding_needs_the_right_and_a_product(backend: Backend, alice: Client, parameter: str) -> None:
    body = {"document_id": upload(backend, alice), parameter: True}
    assert problem(alice.post("/jobs/analysis", json=body)) == (403, "forbidden")
    seeder = Client(alice.app, token(role="seeder"))
    answer = seeder.post("/jobs/analysis", json=body)
    assert problem(answer) == (422, "seeding-not-possible")
    assert places(answer) == [f"body.{parameter}"]
    answer = seeder.upload(data={parameter: "true"})
    assert problem(answer) == (422, "seeding-not-possible")
    body = {"product_id": "4711", parameter: True}
    assert problem(seeder.post("/jobs/analysis", json=body)) == (422, "directus-not-configured")
    configured = client_of(backend, token(role="seeder"), directus_url="https://cms.example.com")
    answer = configured.post("/jobs/analysis", json=body)
    assert answer.status_code == 202
    assert backend.job(answer.json()["job_id"]).params[parameter] is True


def test_cleanup_needs_the_right(backend: Backend, alice: Client, admin: Client) -> None:
    assert problem(alice.post("/jobs/cleanup", json={"product_id": "4711"})) == (403, "forbidden")
    editor = Client(alice.app, token(role="editor"))
    assert problem(editor.post("/jobs/cleanup", json={"product_id": "4711"})) == (403, "forbidden")
    params = {"product_id": "4711", "delete_product": False, "force": False, "dry_run": True}
    seeder = Client(alice.app, token(role="seeder"))
    for client, more in ((admin, {"as_admin": True}), (seeder, {})):
        answer = client.post("/jobs/cleanup", json={"product_id": "4711", "dry_run": True})
        assert answer.status_code == 202
        job = backend.job(answer.json()["job_id"])
        assert (job.kind, job.params) == (Kind.CLEANUP, params | more)
        assert client.get(f"/jobs/{job.job_id}").json()["params"] == params


def test_rights_are_not_for_the_asking(admin: Client) -> None:
    answer = admin.post("/jobs/cleanup", json={"product_id": "4711", "as_admin": True})
    assert places(answer) == ["body.as_admin"]


def test_cleanup_of_a_document_needs_to_own_it(backend: Backend, alice: Client, admin: Client) -> None:
    document_id = upload(backend, alice)
    stranger = Client(alice.app, token("eve", role="seeder"))
    owner = Client(alice.app, token(role="seeder"))
    mate = Client(alice.app, token("mate", role="seeder", team="t"))
    body = {"document_id": document_id, "delete_product": True}
    assert problem(stranger.post("/jobs/cleanup", json=body)) == (404, "document-not-found")
    assert problem(mate.post("/jobs/cleanup", json=body)) == (404, "document-not-found")
    assert owner.post("/jobs/cleanup", json=body).status_code == 202
    assert admin.post("/jobs/cleanup", json=body).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"product_id": "1", "document_id": "2"},
        {"product_id": "1", "force": "maybe"},
        {"product_id": "1", "everything": True},
        {"product_id": "1", "max_attempts": 11},
    ],
)
def test_cleanup_against_the_contract(admin: Client, body: dict[str, Any]) -> None:
    assert problem(admin.post("/jobs/cleanup", json=body)) == (422, "invalid-request")


def test_deleting_a_product_needs_directus(backend: Backend, admin: Client) -> None:
    body = {"product_id": "4711", "delete_product": True}
    assert problem(admin.post("/jobs/cleanup", json=body)) == (422, "directus-not-configured")
    configured = client_of(backend, ADMIN, directus_url="https://cms.example.com")
    assert configured.post("/jobs/cleanup", json=body).status_code == 202


def test_job_is_accepted_although_its_message_is_not_sent(backend: Backend, alice: Client) -> None:
    backend.fail(TransientError("queue-unavailable", "SQS does not answer."), "queue.send")
    answer = alice.post("/jobs/analysis", json={"document_id": upload(backend, alice)})
    assert answer.status_code == 202
    job = backend.job(answer.json()["job_id"])
    from shared.jobs import states

    due = states.due_at(job)
    assert due is not None
    assert backend.jobs.due(due, 10) == [job.job_id]


def test_store_in_trouble(backend: Backend, alice: Client) -> None:
    document_id = upload(backend, alice)
    backend.fail(TransientError("throttled", "Too much at once.", retry_after=7), "jobs.create")
    answer = alice.post("/jobs/analysis", json={"document_id": document_id})
    assert problem(answer) == (503, "throttled")
    assert answer.headers["retry-after"] == "7"
    assert backend.sent() == []

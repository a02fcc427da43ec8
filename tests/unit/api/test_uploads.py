from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from typing import ClassVar

import httpx
import pytest

from functions.api.http.security import MAX_JSON, MAX_MULTIPART_FILE
from tests.support.api.client import PDF, Backend, Client, places, problem

DOCX = b"PK\x03\x04" + b"\0" * 40


def test_small_file_comes_with_the_request(backend: Backend, alice: Client) -> None:
    answer = alice.upload(data={"metadata": '{"report_id": "r-1"}', "segment_chunks": "4", "debug": "true"})
    body = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == body["status_url"]
    assert (body["success"], body["status"], body["file_name"]) == (True, "queued", "policy.pdf")
    assert body["metadata"] == {"report_id": "r-1"}
    assert body["file_size_mb"] == round(len(PDF) / 1_048_576, 3)
    job = backend.job(body["job_id"])
    assert job.params["segment_chunks"] == 4
    assert job.params["debug"] is True
    assert job.params["document_sha256"] == hashlib.sha256(PDF).hexdigest()
    assert backend.files.get(job.params["document_key"], job.params["document_version"]) == PDF
    assert backend.sent() == [job.job_id]
    document = backend.documents.get(body["document_id"])
    assert document is not None
    assert document.owner.key == "directus|alice"
    assert document.expires_at is not None


def test_file_of_a_case(backend: Backend, alice: Client) -> None:
    by_path = alice.upload(path="/cases/c-7/documents/upload").json()["job_id"]
    by_field = alice.upload(data={"case_id": "c-8"}).json()["job_id"]
    assert (backend.job(by_path).case_id, backend.job(by_field).case_id) == ("c-7", "c-8")


def test_case_is_named_once(alice: Client) -> None:
    answer = alice.upload(path="/cases/c-7/documents/upload", data={"case_id": "c-8"})
    assert places(answer) == ["body.case_id"]


def test_case_that_is_no_identifier(alice: Client) -> None:
    assert problem(alice.upload(path="/cases/a%20b/documents/upload")) == (422, "invalid-request")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/policy.pdf", "policy.pdf"),
        ("C:\\Users\\me\\policy.pdf", "policy.pdf"),
        ("/abs/policy.pdf", "policy.pdf"),
        ("Police 🚗 Zürich.pdf", "Police 🚗 Zürich.pdf"),
        ("a" * 296 + ".pdf", "a" * 196 + ".pdf"),
    ],
)
def test_file_names_are_made_safe(backend: Backend, alice: Client, given: str, kept: str) -> None:
    body = alice.upload(name=given).json()
    assert body["file_name"] == kept
    assert backend.files.keys() == [f"documents/{body['document_id']}/original"]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("policy.pdf", b"", (422, "empty-file")),
        ("policy.pdf", b"<html>not a PDF", (422, "file-type-mismatch")),
        ("policy.pdf", b"x" * 2000 + b"%PDF-1.7", (422, "file-type-mismatch")),
        ("policy.docx", b"%PDF-1.7", (422, "file-type-mismatch")),
        ("policy.txt", b"ab\0cd", (422, "file-type-mismatch")),
        ("policy.exe", b"MZ", (422, "unsupported-file-type")),
        ("policy", PDF, (422, "unsupported-file-type")),
        (".pdf", PDF, (422, "unsupported-file-type")),
    ],
)
def test_bad_files(
    backend: Backend, alice: Client, name: str, data: bytes, expected: tuple[int, str]
) -> None:
    assert problem(alice.upload(data, name)) == expected
    assert backend.files.keys() == []
    assert backend.sent() == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", DOCX),
        ("a.html", b"<p>x</p>"),
        ("A.PDF", PDF),
        ("a.pdf", b"\xef\xbb\xbf\n%PDF-1.4"),
        ("a.md", b"# x"),
        ("a.txt", "Käse".encode("utf-16")),
    ],
)
def test_good_files(alice: Client, name: str, data: bytes) -> None:
    assert alice.upload(data, name).status_code == 202


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"segment_chunks": "99"}, "body.segment_chunks"),
        ({"colour": "red"}, "body.colour"),
        ({"metadata": "[1]"}, "body.metadata"),
        ({"metadata": "{"}, "body.metadata"),
        ({"metadata": "[" * 5000}, "body.metadata"),
        ({"metadata": '{"a": 1}'}, "body.metadata.a"),
        ({"chunk_size": "100", "chunk_overlap": "200"}, "body"),
    ],
)
def test_fields_against_the_contract(
    backend: Backend, alice: Client, fields: dict[str, str], place: str
) -> None:
    answer = alice.upload(data=fields)
    assert problem(answer) == (422, "invalid-request")
    assert place in places(answer)
    assert backend.files.keys() == []


def test_empty_metadata_is_none(alice: Client) -> None:
    assert alice.upload(data={"metadata": ""}).json()["metadata"] == {}


def test_form_without_a_file(alice: Client) -> None:
    answer = alice.post("/jobs/upload", files={"other": ("a.pdf", PDF)})
    assert problem(answer) == (422, "invalid-request")
    assert "body.file" in places(answer)


def test_file_as_plain_field(alice: Client) -> None:
    answer = alice.post("/jobs/upload", data={"file": "text"}, files={"x": b"y"})
    assert problem(answer) == (422, "invalid-request")


def test_metadata_as_a_file(alice: Client) -> None:
    answer = alice.post("/jobs/upload", files={"metadata": ("m.json", b"{}")})
    assert problem(answer) == (422, "invalid-request")
    assert "body.metadata" in places(answer)


def test_two_files(alice: Client) -> None:
    files = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    answer = alice.post("/jobs/upload", files=files)
    assert problem(answer) == (400, "invalid-body")
    assert "files" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b"{}", (415, "unsupported-media-type")),
        ("application/x-www-form-urlencoded", b"a=b", (415, "unsupported-media-type")),
        ("multipart/form-data", b"no boundary", (400, "invalid-body")),
        ("multipart/form-data; boundary=x", b"nonsense", (400, "invalid-body")),
    ],
)
def test_bodies_that_are_no_form(
    alice: Client, content_type: str, body: bytes, expected: tuple[int, str]
) -> None:
    answer = alice.post("/jobs/upload", content=body, headers={"Content-Type": content_type})
    assert problem(answer) == expected


def test_body_over_the_limit_is_not_read(alice: Client) -> None:
    answer = alice.post("/jobs/upload", files={"file": ("a.pdf", b"x" * (MAX_MULTIPART_FILE + 70_000))})
    assert problem(answer) == (413, "payload-too-large")
    assert "POST /uploads" in answer.json()["detail"]


@pytest.mark.parametrize("length", ["9" * 30, "-1", "many", "²"])
def test_content_length_that_is_no_length(alice: Client, length: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": length.encode("latin-1")}
    answer = alice.post("/jobs/analysis", content=b"{}", headers=headers)
    assert problem(answer) == (413, "payload-too-large")


@pytest.mark.parametrize("path", ["/jobs/analysis", "/uploads"])
def test_body_without_length_is_counted(alice: Client, path: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_JSON // 2)

    answer = alice.post(path, content=pieces(), headers={"Content-Type": "application/json"})
    assert problem(answer) == (413, "payload-too-large")


def test_slot_for_a_large_file(backend: Backend, alice: Client) -> None:
    answer = alice.post(
        "/uploads", json={"file_name": "dir/Große Police.pdf", "size": 50_000_000, "case_id": "c-1"}
    )
    body = answer.json()
    assert answer.status_code == 201
    assert (body["file_name"], body["expires_in"], body["max_size"]) == (
        "Große Police.pdf",
        3600,
        104_857_600,
    )
    assert body["url"]
    assert body["fields"]["key"] == f"documents/{body['document_id']}/original"
    document = backend.documents.get(body["document_id"])
    assert document is not None
    assert (document.media_type, document.case_id, document.sha256) == ("application/pdf", "c-1", "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"file_name": "policy.exe"}, (422, "unsupported-file-type")),
        ({"file_name": "policy.pdf", "media_type": "text/html"}, (422, "file-type-mismatch")),
        ({"file_name": "policy.pdf", "size": 104_857_601}, (413, "payload-too-large")),
        ({"file_name": "policy.pdf", "size": 0}, (422, "invalid-request")),
        ({"file_name": ""}, (422, "invalid-request")),
        ({"file_name": "x" * 1021 + ".pdf"}, (422, "invalid-request")),
        ({"file_name": "policy.pdf", "owner": "root"}, (422, "invalid-request")),
        ({}, (422, "invalid-request")),
    ],
)
def test_slots_that_are_refused(alice: Client, body: dict[str, object], expected: tuple[int, str]) -> None:
    assert problem(alice.post("/uploads", json=body)) == expected


def test_case_of_the_upload_is_the_job_s(backend: Backend, alice: Client) -> None:
    document_id = alice.reserve(case_id="c-5")
    backend.files.put(f"documents/{document_id}/original", PDF, "application/pdf")
    answer = alice.post("/jobs/analysis", json={"document_id": document_id})
    assert backend.job(answer.json()["job_id"]).case_id == "c-5"


def test_seeding_is_refused_before_the_file_is_stored(backend: Backend, alice: Client) -> None:
    assert problem(alice.upload(data={"seed_directus": "true"})) == (403, "forbidden")
    assert backend.files.keys() == []


class TestIdempotency:
    HEADERS: ClassVar = {"Idempotency-Key": "key-1"}

    def analysis(self, client: Client, key: str = "key-1", **body: object) -> httpx.Response:
        return client.post("/jobs/analysis", json=body, headers={"Idempotency-Key": key})

    def document(self, backend: Backend, client: Client) -> str:
        document_id = client.reserve()
        backend.files.put(f"documents/{document_id}/original", PDF, "application/pdf")
        return document_id

    def test_same_request_same_job(self, backend: Backend, alice: Client) -> None:
        document_id = self.document(backend, alice)
        first = self.analysis(alice, document_id=document_id)
        again = self.analysis(alice, document_id=document_id, segment_chunks=8)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == again.json()
        assert "idempotent-replay" not in first.headers
        assert again.headers["idempotent-replay"] == "true"
        assert backend.sent() == [first.json()["job_id"]]

    def test_replaced_object_is_still_the_same_request(self, backend: Backend, alice: Client) -> None:
        document_id = self.document(backend, alice)
        first = self.analysis(alice, document_id=document_id).json()
        backend.files.put(f"documents/{document_id}/original", b"%PDF-new", "application/pdf")
        assert self.analysis(alice, document_id=document_id).json() == first

    def test_other_request_is_refused(self, backend: Backend, alice: Client) -> None:
        document_id = self.document(backend, alice)
        self.analysis(alice, document_id=document_id)
        answer = self.analysis(alice, document_id=document_id, segment_chunks=9)
        assert problem(answer) == (422, "idempotency-key-reused")

    def test_key_belongs_to_owner_and_route(self, backend: Backend, alice: Client, admin: Client) -> None:
        document_id = self.document(backend, alice)
        mine = self.analysis(alice, document_id=document_id).json()["job_id"]
        theirs = self.analysis(admin, document_id=document_id).json()["job_id"]
        cleanup = admin.post("/jobs/cleanup", json={"document_id": document_id}, headers=self.HEADERS)
        assert len({mine, theirs, cleanup.json()["job_id"]}) == 3

    def test_same_file_is_stored_once(self, backend: Backend, alice: Client) -> None:
        first = alice.upload(headers=self.HEADERS)
        again = alice.upload(headers=self.HEADERS)
        assert first.json() == again.json()
        assert backend.files.keys() == [f"documents/{first.json()['document_id']}/original"]
        assert backend.job(first.json()["job_id"]).params["document_version"] == "v1"

    @pytest.mark.parametrize(
        ("data", "name", "fields"),
        [
            (PDF + b"!", "policy.pdf", {}),
            (PDF, "other.pdf", {}),
            (PDF, "policy.pdf", {"debug": "true"}),
            (PDF, "policy.pdf", {"case_id": "c-1"}),
        ],
    )
    def test_other_file_name_or_option_is_refused(
        self, alice: Client, data: bytes, name: str, fields: dict[str, str]
    ) -> None:
        alice.upload(headers=self.HEADERS)
        answer = alice.post("/jobs/upload", files={"file": (name, data)}, data=fields, headers=self.HEADERS)
        assert problem(answer) == (422, "idempotency-key-reused")

    def test_upload_interrupted_before_the_record_is_taken_up(self, backend: Backend, alice: Client) -> None:
        backend.fail(RuntimeError("power cut"), "jobs.create")
        assert problem(alice.upload(headers=self.HEADERS)) == (500, "internal-error")
        backend.failing = set()
        answer = alice.upload(headers=self.HEADERS)
        assert answer.status_code == 202
        assert len(backend.files.keys()) == 1

    @pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "tab\there"])
    def test_bad_keys(self, backend: Backend, alice: Client, key: str) -> None:
        document_id = self.document(backend, alice)
        headers = {"Idempotency-Key": key.encode("latin-1")}
        answer = alice.post("/jobs/analysis", json={"document_id": document_id}, headers=headers)
        assert problem(answer) == (422, "invalid-request")
        assert places(answer) == ["header.Idempotency-Key"]

    def test_longest_key(self, backend: Backend, alice: Client) -> None:
        document_id = self.document(backend, alice)
        assert self.analysis(alice, "~" * 255, document_id=document_id).status_code == 202


def test_body_of_a_replay_does_not_follow_the_job(backend: Backend, alice: Client) -> None:
    headers = {"Idempotency-Key": "k"}
    first = alice.upload(headers=headers).json()
    assert alice.post(f"/jobs/{first['job_id']}/pause").json()["status"] == "paused"
    assert json.loads(alice.upload(headers=headers).text) == first

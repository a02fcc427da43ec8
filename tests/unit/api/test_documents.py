"""What was understood of a document, as its owner reads it; all others find nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.analyze.document.model import Document as Extracted
from functions.analyze.document.model import Ocr, Page
from shared.clock import utc_now
from shared.documents.model import Extraction
from shared.files import keys
from shared.jobs import states
from shared.jobs.model import Owner
from shared.jobs.store import edit
from tests.contracts.jobs import LEASE
from tests.support.api.client import PDF, Backend, Client, client_of, problem, token
from tests.support.api.jobs import ROUTES, TEXT, document_of, finish, publish

UNKNOWN = "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"


class TestDocument:
    def test_before_anybody_has_read_it(self, backend: Backend, alice: Client) -> None:
        document_id = alice.reserve(case_id="c1")
        answer = alice.get(f"/documents/{document_id}").json()
        assert (answer["document_id"], answer["file_name"]) == (document_id, "policy.pdf")
        assert (answer["size"], answer["sha256"], answer["understood"]) == (None, None, None)
        assert (answer["case_id"], answer["product_id"], answer["first_page_url"]) == ("c1", None, None)
        assert (answer["jobs"], answer["index"]) == ([], {"status": "none", "job_id": None})
        assert answer["expires_at"] > answer["created_at"]

    def test_what_was_understood_and_what_goes_on(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        document_id = document_of(backend, job_id)
        publish(backend, job_id, ocr_pages=(3, 7))
        answer = alice.get(f"/documents/{document_id}").json()
        assert answer["size"] == len(PDF)
        assert answer["sha256"] == backend.job(job_id).params["document_sha256"]
        assert {name: value for name, value in answer["understood"].items() if name != "at"} == {
            "media_type": "application/pdf",
            "pages": 12,
            "language": "de",
            "title": "Bedingungen",
            "headings": 12,
            "chunks": 5,
            "ocr_pages": [3, 7],
        }
        assert [(job["job_id"], job["kind"], job["status"]) for job in answer["jobs"]] == [
            (job_id, "analysis", "running")
        ]
        assert alice.get(answer["first_page_url"]).json()["number"] == 1
        assert alice.get(answer["jobs"][0]["status_url"]).json()["job_id"] == job_id

    def test_the_state_of_the_index_is_that_of_the_newest_job_that_makes_it(
        self, backend: Backend, alice: Client
    ) -> None:
        job_id = alice.submit()
        document_id = document_of(backend, job_id)
        publish(backend, job_id)
        finish(backend, job_id, index={})
        answer = alice.get(f"/documents/{document_id}").json()
        follow_up, analysis = answer["jobs"]
        assert (follow_up["kind"], follow_up["outputs"]) == ("output", ["index"])
        assert (analysis["kind"], analysis["outputs"]) == ("analysis", [])
        assert answer["index"] == {"status": "queued", "job_id": follow_up["job_id"]}

    def test_a_product_s_document_has_the_jobs_that_read_it(self, backend: Backend) -> None:
        client = client_of(backend, directus_url="https://cms.example.com")
        job_id, other = (
            client.post("/jobs/analysis", json={"product_id": "p1"}).json()["job_id"] for _ in range(2)
        )
        document_id = client.reserve()
        record = backend.documents.get(document_id)
        assert record is not None
        edit(backend.jobs, job_id, lambda j: states.take(j, utc_now(), "w", LEASE))
        extraction = Extraction(document_id, job_id, 1, utc_now(), "00", "text/plain", "r", 1)
        backend.documents.publish(extraction, replace(record, product_id="p1"))
        answer = client.get(f"/documents/{document_id}").json()
        assert answer["product_id"] == "p1"
        assert [job["job_id"] for job in answer["jobs"]] == [job_id]
        assert client.post(f"/documents/{document_id}/pause").json()["job_id"] == job_id
        assert backend.job(other).status == "queued"


class TestPage:
    def test_says_all_that_was_found_on_it(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        document_id = document_of(backend, job_id)
        publish(backend, job_id)
        answer = alice.get(f"/documents/{document_id}/pages/11")
        assert answer.status_code == 200
        assert answer.json() == {
            "document_id": document_id,
            "number": 11,
            "pages": 12,
            "label": "12",
            "language": "de",
            "width": 595.3,
            "height": 841.9,
            "scanned": False,
            "ocr": None,
            "text": TEXT,
            "headings": [{"level": 2, "text": "Glas", "start": 0, "end": 4}],
            "blocks": [
                {"kind": "heading", "level": 2, "start": 0, "end": 4},
                {"kind": "table_row", "level": 0, "start": 5, "end": 17},
                {"kind": "paragraph", "level": 0, "start": 18, "end": 29},
            ],
            "tables": [{"rows": [{"cells": ["Glas", "CHF 500"], "header": False, "start": 5, "end": 17}]}],
            "words": [{"text": "Glas", "start": 0, "end": 4, "box": [50.0, 60.0, 80.0, 72.0]}],
            "headers": ["Kopf"],
            "footers": ["Fuss"],
            "image": None,
        }

    def test_says_how_its_text_was_recognised(self, backend: Backend, alice: Client) -> None:
        scan = Page(1, "Glas", width=595.0, height=842.0, scanned=True, ocr=Ocr("ppocr", 0.97), language="fr")
        about = publish(backend, alice.submit(), Extracted((scan,), "de", "image/png"), ocr_pages=(1,))
        answer = alice.get(f"/documents/{about.document_id}/pages/1").json()
        assert (answer["scanned"], answer["language"]) == (True, "fr")
        assert answer["ocr"] == {"engine": "ppocr", "confidence": 0.97}

    def test_comes_with_a_link_to_its_picture(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        about = publish(backend, job_id)
        note = {"ending": "png", "media_type": "image/png", "width": 1240, "height": 1754, "scale": 2.0833}
        key = keys.image(about.prefix, 2, "png")
        backend.files.put(key, b"png", "image/png")
        backend.files.put(keys.image_note(about.prefix, 2), json.dumps(note).encode(), "application/json")
        image = alice.get(f"/documents/{about.document_id}/pages/2").json()["image"]
        assert image["url"].startswith(
            f"memory://{key}?name={about.document_id}-2.png&type=image/png&seconds="
        )
        assert {name: image[name] for name in ("media_type", "width", "height", "scale")} == {
            name: note[name] for name in ("media_type", "width", "height", "scale")
        }
        assert alice.get(f"/documents/{about.document_id}/pages/3").json()["image"] is None

    def test_is_not_there_before_an_analysis_has_read_the_document(
        self, backend: Backend, alice: Client
    ) -> None:
        document_id = document_of(backend, alice.submit())
        answer = alice.get(f"/documents/{document_id}/pages/1")
        assert problem(answer) == (409, "document-not-understood")

    @pytest.mark.parametrize(("number", "expected"), [("13", 404), ("0", 422), ("-1", 422), ("x", 422)])
    def test_has_a_number_within_the_document(
        self, backend: Backend, alice: Client, number: str, expected: int
    ) -> None:
        about = publish(backend, alice.submit())
        answer = alice.get(f"/documents/{about.document_id}/pages/{number}")
        code = "page-not-found" if expected == 404 else "invalid-request"
        assert problem(answer) == (expected, code)

    def test_that_was_taken_back_meanwhile_is_said_to_be_missing(
        self, backend: Backend, alice: Client
    ) -> None:
        about = publish(backend, alice.submit())
        backend.files.delete_prefix(about.prefix)
        answer = alice.get(f"/documents/{about.document_id}/pages/1")
        assert problem(answer) == (404, "file-missing")
        assert TEXT not in answer.text


class TestOwnership:
    @pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part or "document")
    def test_another_s_document_and_an_unknown_one_look_the_same(
        self, backend: Backend, alice: Client, bob: Client, method: str, path: str
    ) -> None:
        about = publish(backend, alice.submit())
        theirs = bob.request(method, f"/documents/{about.document_id}{path}")
        unknown = bob.request(method, f"/documents/{UNKNOWN}{path}")
        assert problem(theirs) == problem(unknown) == (404, "document-not-found")
        assert theirs.text.replace(about.document_id, UNKNOWN) == unknown.text
        assert backend.documents.get(about.document_id) is not None
        nonsense = bob.request(method, f"/documents/..%2f{about.document_id}{path}")
        assert nonsense.status_code == 404

    @pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part or "document")
    def test_a_deleted_or_expired_document_is_there_for_nobody(
        self, backend: Backend, alice: Client, admin: Client, method: str, path: str
    ) -> None:
        about = publish(backend, alice.submit())
        record = backend.documents.get(about.document_id)
        assert record is not None
        backend.documents.put(replace(record, expires_at=utc_now() - timedelta(seconds=1)))
        for client in (alice, admin):
            answer = client.request(method, f"/documents/{about.document_id}{path}")
            assert problem(answer) == (404, "document-not-found")

    def test_a_team_may_read_and_not_delete(self, backend: Backend, alice: Client) -> None:
        mine, mate = Client(alice.app, token(team="t1")), Client(alice.app, token("mate", team="t1"))
        about = publish(backend, mine.submit())
        finish(backend, about.job_id)
        assert mate.get(f"/documents/{about.document_id}").status_code == 200
        assert mate.get(f"/documents/{about.document_id}/pages/1").json()["text"] == TEXT
        assert problem(mate.request("DELETE", f"/documents/{about.document_id}")) == (403, "forbidden")

    def test_jobs_of_others_are_not_shown(self, backend: Backend, alice: Client, admin: Client) -> None:
        job_id = alice.submit()
        document_id = document_of(backend, job_id)
        hidden = admin.post("/jobs/analysis", json={"document_id": document_id}).json()["job_id"]
        about = publish(backend, hidden)
        answer = alice.get(f"/documents/{document_id}")
        assert [job["job_id"] for job in answer.json()["jobs"]] == [job_id]
        assert hidden not in answer.text
        assert answer.json()["understood"]["pages"] == about.page_count
        assert backend.job(hidden).owner == Owner("directus", "root")

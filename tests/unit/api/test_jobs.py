from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.api.http import cursors
from shared.clock import to_text, utc_now
from shared.errors import Problem
from shared.jobs import states
from shared.jobs.model import PAGES, Change, Job, Phase, Status
from shared.jobs.store import edit
from tests.support.api.client import Backend, Client, client_of, places, problem, token
from tests.support.api.jobs import complete

UNKNOWN = "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"
LEASE = timedelta(seconds=60)


def take(backend: Backend, job_id: str) -> Job:
    return edit(backend.jobs, job_id, lambda job: states.take(job, utc_now(), "w1", LEASE))


def advance(backend: Backend, job_id: str, stage: str, current: int, total: int, phase: Phase) -> Job:
    def decide(job: Job) -> Change:
        return states.advance(
            job,
            job.fence,
            utc_now(),
            LEASE,
            stage=stage,
            percent=30,
            current=current,
            total=total,
            phase=phase,
        )

    return edit(backend.jobs, job_id, decide)


class TestStatus:
    def test_new_job(self, alice: Client) -> None:
        job_id = alice.submit(data={"metadata": '{"client_name": "M"}', "case_id": "c-1"})
        body = alice.get(f"/jobs/{job_id}/status").json()
        assert (body["status"], body["percent_complete"], body["attempt"]) == ("queued", 0, 1)
        assert (body["can_pause"], body["can_resume"], body["can_cancel"]) == (True, False, True)
        assert (body["file_name"], body["case_id"]) == ("policy.pdf", "c-1")
        assert body["metadata"] == {"client_name": "M"}
        assert body["params"]["segment_chunks"] == 8
        assert (body["result"], body["error"], body["download_url"]) == (None, None, None)
        assert body["details"]["processing_status"] == "queued"

    def test_both_addresses_say_the_same(self, alice: Client) -> None:
        job_id = alice.submit()
        assert alice.get(f"/jobs/{job_id}").json() == alice.get(f"/jobs/{job_id}/status").json()

    def test_internal_parameters_are_not_told(self, alice: Client) -> None:
        body = alice.get(f"/jobs/{alice.submit()}").json()
        assert not {"document_key", "document_version", "document_sha256"} & set(body["params"])
        assert "documents/" not in json.dumps(body)

    def test_reading_pages(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        take(backend, job_id)
        advance(backend, job_id, "extract", 3, 8, Phase("ocr_started", counts=PAGES))
        body = alice.get(f"/jobs/{job_id}").json()
        assert (body["status"], body["current_stage"], body["percent_complete"]) == ("running", "extract", 30)
        assert (body["details"]["current_page"], body["details"]["total_pages"]) == (4, 8)
        assert body["details"]["processing_status"] == "ocr_started"

    def test_stages_that_count_no_pages(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        take(backend, job_id)
        advance(backend, job_id, "details", 3, 8, Phase("ocr_completed"))
        details = alice.get(f"/jobs/{job_id}").json()["details"]
        assert (details["current_page"], details["total_pages"]) == (None, None)
        assert details["processing_status"] == "ocr_completed"

    def test_completed(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        complete(backend, job_id, "result.json", "export.json", num_segments=3, pages=8)
        answer = alice.get(f"/jobs/{job_id}")
        body = answer.json()
        assert (body["status"], body["percent_complete"]) == ("completed", 100)
        assert body["result"]["num_segments"] == 3
        assert body["result_url"] == f"/jobs/{job_id}/result"
        assert body["download_url"] == f"/jobs/{job_id}/download"
        assert body["details"]["completed_at"] == body["completed_at"] is not None
        assert (body["details"]["current_page"], body["details"]["total_pages"]) == (None, 8)
        assert not body["can_cancel"]
        assert "retry-after" not in answer.headers

    def test_failed_says_why(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        take(backend, job_id)
        why = Problem("encrypted-pdf", "Encrypted PDF", "The PDF needs a password.", 422, "extract")
        edit(backend.jobs, job_id, lambda job: states.fail(job, job.fence, utc_now(), why))
        body = alice.get(f"/jobs/{job_id}").json()
        assert (body["status"], body["error"]) == ("failed", why.to_dict())
        assert body["details"]["error_message"] == "The PDF needs a password."
        assert body["result"] is None

    def test_waiting_for_the_next_attempt(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        take(backend, job_id)
        wait = timedelta(seconds=30)
        why = Problem("x", "X", "x")
        job = edit(backend.jobs, job_id, lambda j: states.retry(j, j.fence, utc_now(), why, wait))
        assert job.not_before is not None
        body = alice.get(f"/jobs/{job_id}").json()
        assert (body["attempt"], body["not_before"]) == (2, to_text(job.not_before))

    def test_expired_job_is_gone(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        before = backend.job(job_id)
        past = utc_now() - timedelta(seconds=1)
        after = replace(before, version=2, status=Status.COMPLETED, expires_at=past)
        backend.jobs.save(before, states.submitted(after, ""))
        assert problem(alice.get(f"/jobs/{job_id}")) == (404, "job-not-found")


class TestEtag:
    def test_unchanged(self, alice: Client) -> None:
        job_id = alice.submit()
        first = alice.get(f"/jobs/{job_id}")
        tag = first.headers["etag"]
        assert first.headers["retry-after"] == "1"
        assert first.headers["cache-control"] == "no-store"
        for value in (tag, f'"0", {tag}', f"W/{tag}", "*"):
            again = alice.get(f"/jobs/{job_id}", headers={"If-None-Match": value})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)

    def test_changed(self, alice: Client) -> None:
        job_id = alice.submit()
        tag = alice.get(f"/jobs/{job_id}").headers["etag"]
        alice.post(f"/jobs/{job_id}/pause")
        answer = alice.get(f"/jobs/{job_id}", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.json()["status"]) == (200, "paused")
        assert answer.headers["etag"] != tag


READS = ["", "/status", "/result", "/artifacts", "/artifacts/result.json", "/events", "/download"]


class TestOwnership:
    @pytest.mark.parametrize("path", READS)
    def test_another_owner_s_job_is_as_unknown(
        self, backend: Backend, alice: Client, bob: Client, path: str
    ) -> None:
        job_id = alice.submit()
        complete(backend, job_id, "result.json")
        theirs = bob.get(f"/jobs/{job_id}{path}")
        unknown = bob.get(f"/jobs/{UNKNOWN}{path}")
        assert problem(theirs) == problem(unknown) == (404, "job-not-found")
        assert theirs.text.replace(job_id, UNKNOWN) == unknown.text

    @pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
    def test_nor_can_it_be_changed(self, backend: Backend, alice: Client, bob: Client, action: str) -> None:
        job_id = alice.submit()
        before = backend.job(job_id)
        assert problem(bob.post(f"/jobs/{job_id}/{action}")) == (404, "job-not-found")
        assert backend.job(job_id) == before

    @pytest.mark.parametrize("path", ["", "/status", "/events"])
    def test_administrators_see_all(self, alice: Client, admin: Client, path: str) -> None:
        assert admin.get(f"/jobs/{alice.submit()}{path}").status_code == 200

    def test_same_subject_of_another_issuer_is_somebody_else(self, backend: Backend) -> None:
        client = client_of(backend, jwt_issuers=("directus", "portal"))
        job_id = client.submit()
        assert problem(Client(client.app, token(iss="portal")).get(f"/jobs/{job_id}"))[0] == 404

    def test_team_reads_and_does_not_change(self, alice: Client) -> None:
        mine = Client(alice.app, token(team="t1"))
        mate = Client(alice.app, token("mate", team="t1"))
        other = Client(alice.app, token("other", team="t2"))
        job_id = mine.submit()
        assert mate.get(f"/jobs/{job_id}").status_code == 200
        assert problem(mate.post(f"/jobs/{job_id}/cancel")) == (403, "forbidden")
        assert problem(other.get(f"/jobs/{job_id}")) == (404, "job-not-found")

    @pytest.mark.parametrize("job_id", ["x", "analysis", UNKNOWN.upper(), "%00", "é" * 300, "a" * 3000])
    def test_what_is_no_id(self, alice: Client, job_id: str) -> None:
        assert problem(alice.get(f"/jobs/{job_id}")) == (404, "job-not-found")


class TestList:
    def test_own_jobs_newest_first(self, alice: Client, bob: Client) -> None:
        first, second = alice.submit(), alice.submit()
        bob.submit()
        body = alice.get("/jobs").json()
        assert [job["job_id"] for job in body["jobs"]] == [second, first]
        assert body["next_cursor"] is None

    def test_pages_by_cursor(self, alice: Client) -> None:
        made = [alice.submit() for _ in range(5)]
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            body = alice.get("/jobs", params={"limit": 2, "cursor": cursor}).json()
            seen += [job["job_id"] for job in body["jobs"]]
            cursor = body["next_cursor"]
        assert seen == made[::-1]
        assert cursor is None

    def test_filters(self, backend: Backend, alice: Client, admin: Client) -> None:
        queued = alice.submit(data={"case_id": "c-1"})
        paused = alice.submit()
        alice.post(f"/jobs/{paused}/pause")
        cleanup = admin.post("/jobs/cleanup", json={"product_id": "4711"}).json()["job_id"]
        document_id = backend.job(queued).document_id

        def ids(client: Client, **filters: str) -> list[str]:
            return [job["job_id"] for job in client.get("/jobs", params=filters).json()["jobs"]]

        assert ids(alice, status="paused") == [paused]
        assert ids(alice, case_id="c-1") == [queued]
        assert ids(alice, document_id=document_id) == [queued]
        assert ids(admin, kind="cleanup") == [cleanup]
        assert ids(admin, product_id="4711") == [cleanup]
        assert ids(alice, product_id="4711") == []
        assert ids(admin, all="true") == [cleanup, paused, queued]

    def test_everybody_s_jobs_are_for_administrators(self, alice: Client) -> None:
        assert problem(alice.get("/jobs", params={"all": "true"})) == (403, "forbidden")

    @pytest.mark.parametrize(
        ("query", "place"),
        [
            ({"status": "done"}, "query.status"),
            ({"kind": "x"}, "query.kind"),
            ({"limit": "0"}, "query.limit"),
            ({"limit": "101"}, "query.limit"),
            ({"product_id": ""}, "query.product_id"),
            ({"colour": "red"}, "query.colour"),
            ({"cursor": "x" * 129}, "query.cursor"),
        ],
    )
    def test_filters_against_the_contract(self, alice: Client, query: dict[str, str], place: str) -> None:
        answer = alice.get("/jobs", params=query)
        assert problem(answer) == (422, "invalid-request")
        assert place in places(answer)

    @pytest.mark.parametrize("cursor", ["x", "é", "%%%", cursors.write("not-an-id"), "/+=="])
    def test_cursor_of_somebody_s_own_making(self, alice: Client, cursor: str) -> None:
        assert problem(alice.get("/jobs", params={"cursor": cursor})) == (422, "invalid-cursor")


class TestResults:
    def test_tree(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        complete(backend, job_id, "result.json")
        answer = alice.get(f"/jobs/{job_id}/result")
        assert (answer.status_code, answer.json()) == (200, {"segments": []})
        assert answer.headers["content-type"] == "application/json"

    def test_large_tree_is_fetched_from_the_store(
        self, backend: Backend, alice: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("functions.api.routes.results.MAX_INLINE", 3)
        job_id = alice.submit()
        complete(backend, job_id, "result.json")
        answer = alice.get(f"/jobs/{job_id}/result")
        assert answer.status_code == 307
        assert answer.headers["location"].startswith("memory://jobs/")

    @pytest.mark.parametrize("path", ["result", "download"])
    def test_before_the_end(self, alice: Client, path: str) -> None:
        answer = alice.get(f"/jobs/{alice.submit()}/{path}")
        assert problem(answer) == (409, "result-not-ready")
        assert "queued" in answer.json()["detail"]

    def test_cleanup_has_no_tree(self, backend: Backend, admin: Client) -> None:
        job_id = admin.post("/jobs/cleanup", json={"product_id": "4711"}).json()["job_id"]
        complete(backend, job_id, success=True)
        assert problem(admin.get(f"/jobs/{job_id}/result")) == (404, "artifact-not-found")
        assert problem(admin.get(f"/jobs/{job_id}/download")) == (404, "artifact-not-found")
        assert admin.get(f"/jobs/{job_id}").json()["download_url"] is None

    def test_files_by_redirect(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        complete(backend, job_id, "result.json", "debug/segments.json")
        listed = alice.get(f"/jobs/{job_id}/artifacts").json()["artifacts"]
        assert [item["name"] for item in listed] == ["debug/segments.json", "result.json"]
        answer = alice.get(listed[0]["url"])
        assert answer.status_code == 307
        assert answer.headers["location"].endswith("&seconds=300")
        assert "name=policy%20debug-segments.json" in answer.headers["location"]
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (("result.json", "export.json", "report.pdf"), "policy%20report.pdf"),
            (("result.json", "export.json"), "policy%20export.json"),
            (("result.json",), "policy%20result.json"),
        ],
    )
    def test_a_download_is_what_is_best_to_read(
        self, backend: Backend, alice: Client, names: tuple[str, ...], expected: str
    ) -> None:
        job_id = alice.submit()
        complete(backend, job_id, *names)
        assert f"name={expected}" in alice.get(f"/jobs/{job_id}/download").headers["location"]

    @pytest.mark.parametrize("name", ["other.json", "..%2F..%2Fx", "result.json/", ""])
    def test_unknown_file(self, backend: Backend, alice: Client, name: str) -> None:
        job_id = alice.submit()
        complete(backend, job_id, "result.json")
        assert problem(alice.get(f"/jobs/{job_id}/artifacts/{name}"))[0] == 404

    def test_file_that_expired(self, backend: Backend, alice: Client) -> None:
        job_id = alice.submit()
        complete(backend, job_id, "result.json")
        backend.files.delete_prefix("jobs/")
        assert problem(alice.get(f"/jobs/{job_id}/result")) == (404, "file-missing")
        assert problem(alice.get(f"/jobs/{job_id}/artifacts/result.json")) == (404, "file-missing")
        assert problem(alice.get(f"/jobs/{job_id}/download")) == (404, "file-missing")

"""From the HTTP call to the result with evidence, through gateway, queue and worker."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.evaluation.run import analyse_file
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from infra.local.stack import LocalStack
from shared.taxonomy.reader import load_taxonomy
from tests.support.builders.pdfs import write_encrypted
from tests.support.paths import ROOT, SAMPLES
from tests.support.stack.api import PROBLEM, artifact, bearer, findings, upload, wait

SCHEMA = ROOT / "shared" / "schemas" / "result.v1.json"


@pytest.fixture
def api(gateway: httpx.Client, stack: LocalStack) -> httpx.Client:
    """Return a client of one user."""
    gateway.headers.update(bearer(stack.token("analyst")))
    return gateway


def documents() -> Iterator[Path]:
    """Yield the samples, and the real documents where there are any."""
    yield from sorted(SAMPLES.glob("helvora-??.pdf"))
    yield SAMPLES / "small.docx"
    if folder := os.environ.get("EVALUATION_DIR"):
        yield from sorted(Path(folder, "documents").glob("*.pdf"))


@pytest.mark.parametrize("document", list(documents()), ids=lambda path: path.name)
def test_every_finding_is_proved_by_the_text(api: httpx.Client, document: Path) -> None:
    job_id = upload(api, document.name, document.read_bytes())["job_id"]
    job = wait(api, job_id)
    assert job["status"] == "completed", job["error"]
    tree = api.get(f"/jobs/{job_id}/result").raise_for_status().json()
    jsonschema.validate(tree, json.loads(SCHEMA.read_text()))
    pages = {page["number"]: page["text"] for page in artifact(api, job_id, "pages.json")}
    found = findings(tree)
    assert len(tree["segments"]) == job["result"]["num_segments"] > 0
    assert job["result"]["num_benefits"] > 0
    for finding in found:
        assert finding["evidence"]
        for proof in finding["evidence"]:
            assert proof["quote"]
            assert pages[proof["page"]][proof["start"] : proof["end"]] == proof["quote"]


@pytest.mark.parametrize("name", ["helvora-de.pdf", "small.docx"])
def test_the_evaluation_exports_the_same(api: httpx.Client, name: str) -> None:
    job = wait(api, upload(api, name, (SAMPLES / name).read_bytes())["job_id"])
    tools = AnalysisDependencies(load_taxonomy("travel-insurance"), {RulesEngine.name: RulesEngine()})
    _, exported = analyse_file(SAMPLES / name, tools, RulesEngine.name)
    assert artifact(api, job["job_id"], "export.json") == json.loads(exported)


def test_progress_is_told_by_stage_and_never_falls(api: httpx.Client) -> None:
    job_id = upload(api, "helvora-en.pdf", (SAMPLES / "helvora-en.pdf").read_bytes())["job_id"]
    seen: list[tuple[int, str]] = []
    while True:
        job = api.get(f"/jobs/{job_id}/status").raise_for_status().json()
        seen.append((job["percent_complete"], job["current_stage"]))
        if job["status"] == "completed":
            break
        assert job["status"] in {"queued", "running"}
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_a_large_document_goes_by_form_and_is_pinned(api: httpx.Client, stack: LocalStack) -> None:
    policy = (SAMPLES / "small.md").read_bytes()
    form = api.post("/uploads", json={"file_name": "small.md"}).raise_for_status().json()
    missing = api.post("/jobs/analysis", json={"document_id": form["document_id"]})
    assert missing.json()["type"] == PROBLEM + "upload-missing"

    def send(data: bytes) -> None:
        file = {"file": ("small.md", data, "text/markdown")}
        answer = httpx.post(form["url"], data=form["fields"], files=file, trust_env=False)
        answer.raise_for_status()

    send(policy)
    first = api.post("/jobs/analysis", json={"document_id": form["document_id"]}).raise_for_status().json()
    send(b"# Another text\n\nNothing is granted here.\n")
    second = api.post("/jobs/analysis", json={"document_id": form["document_id"]}).raise_for_status().json()
    assert wait(api, first["job_id"])["result"]["num_segments"] == 2
    assert wait(api, second["job_id"])["result"]["num_segments"] == 0


def test_a_form_refuses_more_than_was_allowed(api: httpx.Client) -> None:
    form = api.post("/uploads", json={"file_name": "a.txt", "size": 5}).raise_for_status().json()
    file = {"file": ("a.txt", b"x" * 200_000_000, "text/plain")}
    answer = httpx.post(form["url"], data=form["fields"], files=file, trust_env=False, timeout=60)
    assert answer.is_client_error


def zip_bomb() -> bytes:
    """Return a DOCX whose text unpacks to 600 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as entry:
            for _ in range(600):
                entry.write(bytes(1_000_000))
    return buffer.getvalue()


BAD_FILES: dict[str, tuple[str, bytes]] = {
    "empty": ("a.pdf", b""),
    "not a PDF": ("a.pdf", b"GIF89a" + bytes(100)),
    "encrypted": ("a.pdf", write_encrypted()),
    "zip bomb": ("a.docx", zip_bomb()),
    "truncated": ("a.pdf", (SAMPLES / "helvora-de.pdf").read_bytes()[:3000]),
    "only a header": ("a.pdf", b"%PDF-1.7\n"),
    "broken archive": ("a.docx", b"PK\x03\x04" + b"\x00" * 200),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_fails_with_the_reason(api: httpx.Client, name: str) -> None:
    file_name, data = BAD_FILES[name]
    answer = api.post("/jobs/upload", files={"file": (file_name, data)})
    if answer.status_code == httpx.codes.ACCEPTED:
        job = wait(api, answer.json()["job_id"])
        assert job["status"] == "failed"
        assert job["result"] is None
        problem: dict[str, Any] = job["error"]
        assert problem["stage"]
    else:
        problem = answer.json()
    assert problem["type"].startswith(PROBLEM)
    assert problem["title"]
    assert problem["detail"]


def test_a_repeated_request_is_the_same_job(api: httpx.Client) -> None:
    document = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["document_id"]
    header = {"Idempotency-Key": f"key-{document}"}
    body = {"document_id": document}
    one = api.post("/jobs/analysis", json=body, headers=header).raise_for_status().json()
    two = api.post("/jobs/analysis", json=body, headers=header).raise_for_status().json()
    assert one["job_id"] == two["job_id"]
    other = api.post("/jobs/analysis", json=body | {"debug": True}, headers=header)
    assert other.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert other.json()["type"] == PROBLEM + "idempotency-key-reused"


def test_jobs_are_listed_newest_first_page_by_page(api: httpx.Client, stack: LocalStack) -> None:
    api.headers.update(bearer(stack.token("lister")))
    text = (SAMPLES / "small.md").read_bytes()
    made = [upload(api, f"{n}.md", text, case_id=f"case-{n % 2}")["job_id"] for n in range(5)]
    listed, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get("/jobs", params=params).raise_for_status().json()
        listed += [job["job_id"] for job in page["jobs"]]
        cursor = page.get("next_cursor")
        if not cursor:
            break
    assert listed == made[::-1]
    case = api.get("/jobs", params={"case_id": "case-1"}).raise_for_status().json()
    assert [job["job_id"] for job in case["jobs"]] == [made[3], made[1]]


def test_nobody_else_sees_a_job(api: httpx.Client, stack: LocalStack) -> None:
    job_id = upload(api, "small.md", (SAMPLES / "small.md").read_bytes())["job_id"]
    own = wait(api, job_id)
    for path in ("", "/status", "/result", "/artifacts", "/artifacts/result.json"):
        stranger = api.get(f"/jobs/{job_id}{path}", headers=bearer(stack.token("stranger")))
        assert stranger.status_code == httpx.codes.NOT_FOUND
        assert stranger.json()["type"] == PROBLEM + "job-not-found"
    admin = api.get(f"/jobs/{job_id}", headers=bearer(stack.token("operator", admin=True)))
    assert admin.json()["result"] == own["result"]

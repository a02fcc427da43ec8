"""Cleanup of a document through gateway, queue and worker: the files go, the history stays."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.aws.s3 import S3Files
from shared.files.keys import job_prefix
from tests.support.stack.api import PROBLEM, bearer, upload, wait


@pytest.fixture
def api(gateway: httpx.Client, stack: LocalStack) -> httpx.Client:
    """Return a client of an administrator, who may clean up."""
    gateway.headers.update(bearer(stack.token("cleaner", admin=True)))
    return gateway


@pytest.fixture
def files(stack: LocalStack) -> S3Files:
    """Return the file store, as the functions use it."""
    return S3Files(stack.environment("ApiFunction")["DOCUMENTS_BUCKET"], stack.deployed.endpoint)


def clean_up(api: httpx.Client, **params: Any) -> dict[str, Any]:
    """Submit a cleanup and return the job once it has ended."""
    answer = api.post("/jobs/cleanup", json=params)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    return wait(api, answer.json()["job_id"])


def test_a_document_goes_with_everything_made_of_it(api: httpx.Client, files: S3Files) -> None:
    text = "Reisegepäck: Versichert sind Diebstahl und Verlust bis CHF 2'000 pro Person.\n"
    uploaded = upload(api, "policy.txt", text.encode(), index="true")
    document_id, analysis = uploaded["document_id"], uploaded["job_id"]
    assert wait(api, analysis)["status"] == "completed"
    followed = api.get("/jobs", params={"kind": "output", "document_id": document_id}).json()["jobs"]
    assert [wait(api, job["job_id"])["status"] for job in followed] == ["completed"] * len(followed)

    dry = clean_up(api, document_id=document_id, delete_product=True, dry_run=True)["result"]
    assert (dry["success"], dry["dry_run"], dry["jobs"]) == (False, True, 1 + len(followed))
    assert api.get(f"/jobs/{analysis}/result").status_code == httpx.codes.OK

    done = clean_up(api, document_id=document_id, delete_product=True)
    assert done["status"] == "completed", done["error"]
    question = {"query": "Reisegepäck", "document_id": document_id}
    assert api.post("/search", json=question).status_code == httpx.codes.NOT_FOUND
    assert (done["result"]["success"], done["result"]["objects"]) == (True, dry["objects"])
    assert files.delete_prefix(job_prefix(analysis)) == 0
    assert files.delete_prefix(f"documents/{document_id}/") == 0
    assert api.get(f"/jobs/{analysis}/status").json()["status"] == "completed"

    # The document is unknown now, and so is a cleanup of it.
    assert api.post("/jobs/cleanup", json={"document_id": document_id}).status_code == httpx.codes.NOT_FOUND


def test_a_product_that_nobody_knows_fails_with_the_reason(api: httpx.Client) -> None:
    job = clean_up(api, product_id="no-such-product")
    assert (job["status"], job["error"]["type"]) == ("failed", PROBLEM + "unknown-product")

"""Documents through the gateway: read page by page, and deleted until nothing of them is left anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.clock import from_text
from shared.documents.model import DELETION_DELAY
from shared.ids import uuid7
from tests.support.paths import SAMPLES
from tests.support.stack.api import bearer, upload, wait

PDF = SAMPLES / "helvora-de.pdf"


@pytest.fixture
def api(stack: LocalStack) -> Iterator[httpx.Client]:
    token = stack.token(f"reader-{uuid7()}")
    with httpx.Client(
        base_url=stack.gateway_url, headers=bearer(token), timeout=60, trust_env=False
    ) as client:
        yield client


def analysed(api: httpx.Client, **form: str) -> tuple[str, dict[str, Any]]:
    """Upload the sample and wait for its analysis; return the document's id and the job."""
    accepted = upload(api, PDF.name, PDF.read_bytes(), "application/pdf", **form)
    job = wait(api, accepted["job_id"])
    assert job["status"] == "completed", job
    return str(accepted["document_id"]), job


def whole_table(stack: LocalStack) -> str:
    """Return every item of the table as text."""
    pages = stack.client("dynamodb").get_paginator("scan")
    items = pages.paginate(TableName=stack.deployed.outputs["JobsTable"], ConsistentRead=True)
    return json.dumps([item for page in items for item in page["Items"]])


def whole_bucket(stack: LocalStack) -> str:
    """Return the key of every version and delete marker in the bucket as text."""
    pages = stack.client("s3").get_paginator("list_object_versions")
    keys = [
        entry["Key"]
        for page in pages.paginate(Bucket=stack.deployed.outputs["DocumentsBucket"])
        for entry in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
    ]
    return "\n".join(keys)


def reconcile(stack: LocalStack) -> dict[str, int]:
    answer = stack.client("lambda").invoke(
        FunctionName=stack.deployed.outputs["ReconcileFunctionName"], Payload=b"{}"
    )
    report: dict[str, int] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    return report


def make_due(stack: LocalStack, document_id: str) -> None:
    """Let the wait of a deletion be over."""
    table, key = stack.deployed.outputs["JobsTable"], {"pk": {"S": f"DOCUMENT#{document_id}"}}
    dynamodb = stack.client("dynamodb")
    item = dynamodb.get_item(TableName=table, Key=key | {"sk": {"S": "DOCUMENT"}})["Item"]
    # Nothing but the time at which the removal begins.
    assert from_text(item["due_at"]["S"]) - from_text(item["deleted_at"]["S"]) == DELETION_DELAY
    dynamodb.update_item(
        TableName=table,
        Key=key | {"sk": {"S": "DOCUMENT"}},
        UpdateExpression="SET due_at = :then",
        ExpressionAttributeValues={":then": {"S": "2020-01-01T00:00:00.000Z"}},
    )


def test_a_document_is_read_page_by_page(api: httpx.Client) -> None:
    document_id, job = analysed(api, case_id="c1")
    about = api.get(f"/documents/{document_id}").json()
    assert (about["understood"]["pages"], about["understood"]["language"]) == (7, "de")
    assert (about["case_id"], about["file_name"]) == ("c1", PDF.name)
    assert job["job_id"] in [one["job_id"] for one in about["jobs"]]
    evidence = api.get(f"/jobs/{job['job_id']}/result").json()["segments"][0]["evidence"][0]
    page = api.get(f"/documents/{document_id}/pages/{evidence['page']}").json()
    assert page["text"][evidence["start"] : evidence["end"]] == evidence["quote"]
    assert page["width"] == pytest.approx(595.3, abs=0.5)
    words = [
        word["text"]
        for word in page["words"]
        if word["start"] < evidence["end"] and word["end"] > evidence["start"]
    ]
    assert "".join(words) == "".join(evidence["quote"].split())
    address = httpx.URL(str(api.base_url)).join(about["first_page_url"])
    assert api.get(str(address)).json()["number"] == 1


def test_a_page_has_a_picture_on_which_boxes_can_be_drawn(api: httpx.Client) -> None:
    document_id, _ = analysed(api)
    drawing = next(
        job for job in api.get(f"/documents/{document_id}").json()["jobs"] if job["outputs"] == ["images"]
    )
    assert wait(api, drawing["job_id"])["result"] == {"images": {"images": 7}}
    page = api.get(f"/documents/{document_id}/pages/7").json()
    image = page["image"]
    assert image["width"] == pytest.approx(page["width"] * image["scale"], abs=1)
    # The link is valid by its own signature.
    picture = httpx.get(image["url"], trust_env=False).raise_for_status()
    assert picture.headers["content-type"] == image["media_type"] == "image/webp"
    assert picture.content[8:12] == b"WEBP"


def test_the_second_upload_of_a_file_is_not_extracted_again(api: httpx.Client) -> None:
    _, first = analysed(api)
    _, second = analysed(api)
    events = [{event["stage"] for event in _events(api, job["job_id"])} - {""} for job in (first, second)]
    assert "extract" in events[0]
    assert "extract" not in events[1]
    results = [api.get(f"/jobs/{job['job_id']}/result").content for job in (first, second)]
    assert results[0] == results[1]


def _events(api: httpx.Client, job_id: str) -> list[dict[str, Any]]:
    lines = api.get(f"/jobs/{job_id}/events").text.splitlines()
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def test_nothing_of_a_deleted_document_is_left(stack: LocalStack, api: httpx.Client) -> None:
    key = {"Idempotency-Key": uuid7()}
    with PDF.open("rb") as file:
        files = {"file": (PDF.name, file, "application/pdf")}
        uploaded = api.post("/jobs/upload", files=files, headers=key, data={"debug": "true"}).json()
    document_id, job_id = uploaded["document_id"], uploaded["job_id"]
    ended = wait(api, job_id)
    assert ended["status"] == "completed", ended["error"]
    kept, kept_job = analysed(api)
    names = [document_id, *(one["job_id"] for one in api.get(f"/documents/{document_id}").json()["jobs"])]
    assert job_id in names
    for name in (document_id, job_id):
        assert name in whole_table(stack)
        assert name in whole_bucket(stack)
    assert api.delete(f"/documents/{document_id}").status_code == 202
    assert api.delete(f"/documents/{document_id}").status_code == 202
    assert api.get(f"/documents/{document_id}").status_code == 404
    make_due(stack, document_id)
    for _ in range(60):
        # The scheduled reconciliation may be faster.
        reconcile(stack)
        if document_id not in whole_table(stack):
            break
    table, bucket = whole_table(stack), whole_bucket(stack)
    for name in names:
        assert name not in table
        assert name not in bucket
    assert api.delete(f"/documents/{document_id}").status_code == 404
    assert api.get(f"/jobs/{job_id}").status_code == 404
    assert api.get(f"/documents/{kept}/pages/1").status_code == 200
    assert api.get(f"/jobs/{kept_job['job_id']}/result").status_code == 200
    # The key is free again: the same request is a new one.
    with PDF.open("rb") as file:
        files = {"file": (PDF.name, file, "application/pdf")}
        again = api.post("/jobs/upload", files=files, headers=key, data={"debug": "true"})
    assert again.status_code == 202
    assert again.json()["job_id"] != job_id
    assert wait(api, again.json()["job_id"])["status"] == "completed"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/pages/1"),
        ("GET", "/progress"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/cancel"),
        ("DELETE", ""),
    ],
)
def test_another_owner_s_document_is_not_found(
    stack: LocalStack, api: httpx.Client, document: str, method: str, path: str
) -> None:
    headers = bearer(stack.token(f"stranger-{uuid7()}"))
    answer = api.request(method, f"/documents/{document}{path}", headers=headers)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "document-not-found")


@pytest.fixture(scope="module")
def document(stack: LocalStack) -> str:
    headers = bearer(stack.token(f"owner-{uuid7()}"))
    with httpx.Client(base_url=stack.gateway_url, headers=headers, timeout=60, trust_env=False) as api:
        return analysed(api)[0]

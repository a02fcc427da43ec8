"""What the gateway is given: texts as they are, since it decodes base64 only as a request's Accept begins."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

from functions.api.app import create_app
from functions.api.http.gateway import handler_of
from tests.support.api.client import Client, make_settings
from tests.support.api.events import EXECUTE_API, event
from tests.support.api.media_types import ACCEPTS, CONSOLE, first
from tests.support.paths import OPENAPI
from tests.support.shipped import template

PAGES = ["/", "/docs", "/redoc", "/openapi.json"]
BINARY_TYPES = set(template()["Resources"]["Api"]["Properties"]["BinaryMediaTypes"])


def received(answer: dict[str, Any], accept: str) -> bytes:
    """Return what a client gets of a function's answer by API Gateway's rule for proxy integrations."""
    body: str = answer["body"]
    if answer["isBase64Encoded"] and ("*/*" in BINARY_TYPES or first(accept) in BINARY_TYPES):
        return base64.b64decode(body)
    return body.encode()


@pytest.fixture(scope="module")
def served() -> dict[str, httpx.Response]:
    """Return what a server answers at every address of a page or file, by the address."""
    client = Client(create_app(settings=make_settings()), "")
    pages = {path: client.get(f"/dev{path}", root_path="/dev") for path in PAGES}
    named = [
        address
        for page in pages.values()
        for address in re.findall(r'(?:src|href)="/dev(/[^"]+)"', page.text)
    ]
    return pages | {path: client.get(f"/dev{path}", root_path="/dev") for path in {*CONSOLE, *named}}


@pytest.mark.parametrize("accept", ACCEPTS, ids=first)
def test_every_page_and_file_arrives_as_it_is(
    served: dict[str, httpx.Response], gateway: Any, accept: str
) -> None:
    assert {Path(path).suffix for path in served} >= {".js", ".css", ".svg", ".json"}
    for path, local in served.items():
        headers = {"Host": EXECUTE_API, "Accept": accept}
        answer = gateway.handler(event("GET", path, headers=headers), None)
        assert answer["statusCode"] == local.status_code == 200, path
        assert received(answer, accept) == local.content, path
        assert answer["headers"]["content-type"] == local.headers["content-type"]


def types_of_answers(served: dict[str, httpx.Response]) -> set[str]:
    """Return every media type that an answer of the API can have."""
    document = json.loads(OPENAPI.read_text())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    answers = [answer for operation in operations for answer in operation["responses"].values()]
    declared = {kind for answer in answers for kind in answer.get("content", {})}
    return declared | {local.headers["content-type"].partition(";")[0] for local in served.values()}


def answered(kind: str, data: bytes) -> dict[str, Any]:
    """Return what the gateway is given for an answer of a type."""
    app = FastAPI()
    app.state.settings = make_settings()
    app.get("/x")(lambda: Response(data, media_type=kind))
    return handler_of(app)(event("GET", "/x"), None)


def test_no_answer_is_base64(served: dict[str, httpx.Response], gateway: Any) -> None:
    kinds = types_of_answers(served)
    assert kinds >= {"text/html", "image/svg+xml", "text/event-stream", "application/problem+json"}
    binary = {kind for kind in kinds if answered(kind, b"x")["isBase64Encoded"]}
    # None is: documents, reports and pictures come from the store, by a redirect or a link.
    assert binary == set()


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    "kind",
    [
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/zip",
        "font/woff2",
        "image/png",
        "image/webp",
    ],
)
def test_what_is_binary_is_not_taken_for_text(kind: str) -> None:
    answer = answered(kind, b"\x89PNG\x00")
    assert (answer["isBase64Encoded"], base64.b64decode(answer["body"])) == (True, b"\x89PNG\x00")


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(
    "kind", ["text/csv", "text/markdown", "application/manifest+json", "application/xml"]
)
def test_other_texts_are_texts(kind: str) -> None:
    answer = answered(kind, "Versicherungsträger".encode())
    assert (answer["isBase64Encoded"], answer["body"]) == (False, "Versicherungsträger")

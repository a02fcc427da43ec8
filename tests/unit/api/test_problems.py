"""Errors that no route raises on purpose: no token, no route, no JSON, no luck."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from fastapi import Request
from starlette.types import Receive, Scope, Send

from functions.api.http import problems
from functions.api.http.middleware import Edge
from functions.api.http.security import authenticate
from shared.auth import AuthError
from shared.errors import PROBLEM_BASE, PermanentError
from shared.observability import logger
from tests.support.api.client import ALICE, SECRET, Backend, Client, client_of, problem, token
from tests.support.paths import ROOT

JSON = {"Content-Type": "application/json"}

PROTECTED = [
    ("POST", "/jobs/analysis"),
    ("POST", "/jobs/cleanup"),
    ("POST", "/jobs/upload"),
    ("POST", "/cases/c/documents/upload"),
    ("POST", "/uploads"),
    ("GET", "/jobs"),
    ("GET", "/products"),
    ("GET", "/jobs/x"),
    ("GET", "/jobs/x/status"),
    ("GET", "/jobs/x/events"),
    ("GET", "/jobs/x/wait"),
    ("GET", "/documents/x/progress"),
    ("GET", "/documents/x"),
    ("GET", "/documents/x/pages/1"),
    ("DELETE", "/documents/x"),
    ("GET", "/jobs/x/result"),
    ("GET", "/jobs/x/artifacts"),
    ("GET", "/jobs/x/artifacts/y"),
    ("GET", "/jobs/x/download"),
    ("POST", "/compare"),
    ("POST", "/jobs/x/pause"),
    ("POST", "/jobs/x/resume"),
    ("POST", "/jobs/x/cancel"),
    ("POST", "/documents/x/pause"),
    ("POST", "/documents/x/resume"),
    ("POST", "/documents/x/cancel"),
    ("GET", "/admin/tasks"),
    ("GET", "/admin/tasks/x"),
    ("GET", "/admin/tasks/x/history"),
    ("GET", "/admin/tasks/x/logs"),
    ("POST", "/admin/tasks/x/retry"),
    ("POST", "/admin/tasks/x/unlock"),
    ("GET", "/admin/workers"),
    ("GET", "/admin/queues"),
    ("GET", "/admin/dead-letters"),
    ("POST", "/admin/dead-letters/redrive"),
    ("POST", "/admin/dead-letters/purge"),
    ("GET", "/admin/audit"),
    ("POST", "/webhooks"),
    ("GET", "/webhooks"),
    ("POST", "/jobs/x/outputs"),
    ("POST", "/search"),
    ("GET", "/documents/x/tree"),
    ("GET", "/webhooks/x"),
    ("DELETE", "/webhooks/x"),
    ("POST", "/webhooks/x/rotate"),
    ("POST", "/webhooks/x/enable"),
    ("POST", "/webhooks/x/test"),
    ("GET", "/webhooks/x/notifications"),
    ("GET", "/jobs/x/notifications"),
    ("POST", "/jobs/x/notifications/y/redeliver"),
    ("GET", "/admin/notifications"),
    ("POST", "/admin/tasks/x/notifications/y/redeliver"),
    ("GET", "/jobs/x/reviews"),
    ("POST", "/jobs/x/findings/segments/0/review"),
    ("DELETE", "/jobs/x/findings/segments/0/review"),
]


def unsigned() -> str:
    header = base64.urlsafe_b64encode(b'{"alg": "none"}').decode().rstrip("=")
    return f"{header}.{token().split('.')[1]}."


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_no_token(nobody: Client, method: str, path: str) -> None:
    answer = nobody.request(method, path)
    assert problem(answer) == (401, "token-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="clauseworks"'


def test_every_route_of_the_contract_is_protected_or_known_to_be_open(alice: Client) -> None:
    described = alice.get("/openapi.json").json()["paths"]
    guarded = {
        (method.upper(), path)
        for path, operations in described.items()
        for method, operation in operations.items()
        if operation.get("security")
    }
    everything = {(method.upper(), path) for path, operations in described.items() for method in operations}
    sign_in = {("POST", f"/auth/{what}") for what in ("login", "refresh", "logout")}
    assert everything - guarded == {("GET", "/health"), ("GET", "/health/ready")} | sign_in
    assert len(guarded) == len(PROTECTED)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer not.a.token", "token-invalid"),
        ("Bearer", "token-invalid"),
        ("Bearer  ", "token-invalid"),
        ("Basic YTpi", "token-invalid"),
        (f"Bearer {token(exp=1)}", "token-expired"),
        (f"Bearer {token(nbf=4102444800)}", "token-not-yet-valid"),
        (f"Bearer {unsigned()}", "token-invalid"),
        (f"Bearer {token(secret='b' * 32)}", "token-invalid"),
        (f"Bearer {token(algorithm='HS512', secret=SECRET * 2)}", "token-invalid"),
        (f"Bearer {token(exp=None)}", "token-invalid"),
        (f"Bearer {token(iss='elsewhere')}", "token-invalid"),
        (f"Bearer {token(sub='somebody-else')}", "token-ambiguous"),
        (f"Bearer {token(user_id='somebody-else')}", "token-ambiguous"),
        (f"Bearer {token(None)}", "token-without-subject"),
    ],
)
def test_tokens_that_do_not_hold(nobody: Client, header: str, expected: str) -> None:
    answer = nobody.get("/jobs", headers={"Authorization": header})
    assert problem(answer) == (401, expected)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_algorithm_of_another_kind_with_the_secret_as_its_key(nobody: Client) -> None:
    header = jwt.utils.base64url_encode(b'{"alg": "RS256", "typ": "JWT"}').decode()
    _, body, signature = token().split(".")
    answer = nobody.get("/jobs", headers={"Authorization": f"Bearer {header}.{body}.{signature}"})
    assert problem(answer) == (401, "token-invalid")


def test_two_authorization_headers_are_refused() -> None:
    header = (b"authorization", f"Bearer {token()}".encode())
    with pytest.raises(AuthError) as caught:
        authenticate(Request({"type": "http", "headers": [header, header]}))
    assert caught.value.code == "token-invalid"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_scheme_has_no_case(nobody: Client, scheme: str) -> None:
    assert nobody.get("/jobs", headers={"Authorization": f"{scheme} {token()}"}).status_code == 200


def test_token_in_the_address_is_no_token(nobody: Client) -> None:
    assert problem(nobody.get(f"/jobs?token={token()}&access_token={token()}")) == (401, "token-missing")


def test_caller_comes_before_the_body(nobody: Client) -> None:
    assert problem(nobody.post("/jobs/analysis", content=b"{", headers=JSON)) == (401, "token-missing")


@pytest.mark.parametrize(
    "body", [b"{", b"", b"{'a': 1}", b'{"a": 1,}', b"\xff\xfe{}", b"[" * 100_000, b'{"a": ' + b"1" * 5000]
)
def test_broken_json(backend: Backend, alice: Client, body: bytes) -> None:
    status, kind = problem(alice.post("/jobs/analysis", content=body, headers=JSON))
    assert (status, kind) in {(400, "invalid-json"), (400, "invalid-body"), (422, "invalid-request")}
    assert backend.sent() == []


def test_broken_json_says_where(alice: Client) -> None:
    answer = alice.post("/jobs/analysis", content=b'{"secret-value": ', headers=JSON)
    assert problem(answer) == (400, "invalid-json")
    assert "character 17" in answer.json()["detail"]
    assert "secret-value" not in answer.text


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"1"])
def test_json_that_is_no_object(alice: Client, body: bytes) -> None:
    answer = alice.post("/jobs/analysis", content=body, headers=JSON)
    assert problem(answer) == (422, "invalid-request")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "json"]
)
def test_wrong_content_type(alice: Client, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = alice.post("/jobs/analysis", content=b"{}", headers=headers)
    assert problem(answer) == (415, "unsupported-media-type")


def test_content_type_may_name_its_charset(alice: Client) -> None:
    answer = alice.post(
        "/uploads",
        content=b'{"file_name": "a.pdf"}',
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "path", ["/nope", "/jobs/", "/api/v1/nope", "/api/v2/jobs", "/jobs/x/y", "/assets/x"]
)
def test_no_such_address(alice: Client, path: str) -> None:
    assert problem(alice.get(path)) == (404, "not-found")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/jobs"), ("PUT", "/uploads"), ("POST", "/health")])
def test_no_such_method(alice: Client, method: str, path: str) -> None:
    answer = alice.request(method, path)
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"]


def test_options_names_the_methods(nobody: Client) -> None:
    answer = nobody.request("OPTIONS", "/uploads")
    assert (answer.status_code, answer.headers["allow"]) == (204, "POST")
    assert "access-control-allow-origin" not in answer.headers


def test_head_is_get_without_a_body(alice: Client) -> None:
    job_id = alice.submit()
    for path in ("/health", "/docs", f"/jobs/{job_id}"):
        head = alice.request("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == alice.get(path).headers["content-type"]
    assert alice.request("HEAD", "/nope").status_code == 404
    assert alice.request("HEAD", "/uploads").status_code == 405


def test_unexpected_error_tells_nothing(
    backend: Backend, alice: Client, caplog: pytest.LogCaptureFixture
) -> None:
    backend.fail(RuntimeError("the text of a policy"), "jobs.list")
    with caplog.at_level(logging.DEBUG):
        answer = alice.get("/jobs")
    assert problem(answer) == (500, "internal-error")
    assert "policy" not in answer.text
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "policy" not in json.dumps(record.__dict__, default=str)
    assert record.__dict__["error"] == "RuntimeError"


def test_service_that_refuses_us_is_no_fault_of_the_caller(
    backend: Backend, alice: Client, caplog: pytest.LogCaptureFixture
) -> None:
    backend.fail(PermanentError("aws-refused", "DynamoDB refused: AccessDenied."), "jobs.list")
    assert problem(alice.get("/jobs")) == (500, "internal-error")
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.__dict__["problem"] == "aws-refused"


def test_problem_of_another_status() -> None:
    import asyncio

    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    request = Request({"type": "http", "method": "GET", "headers": []})
    answer = asyncio.run(problems._framework(request, HTTPException(418, "hush")))
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["type"]) == (418, PROBLEM_BASE + "request-refused")
    assert "hush" not in body["detail"]


class TestHeaders:
    def test_security(self, alice: Client) -> None:
        headers = alice.get("/jobs").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "strict-transport-security" not in headers
        assert "strict-transport-security" in alice.get("https://api.test/jobs").headers

    def test_request_id(self, alice: Client) -> None:
        assert alice.get("/health", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
        for bad in ("a b", "x" * 129, '"><script>'):
            assert alice.get("/health", headers={"X-Request-Id": bad}).headers["x-request-id"] != bad

    def test_origins_are_allowed_one_by_one(self, backend: Backend) -> None:
        client = client_of(backend, cors_origins="https://app.example.com, https://b.example.com")
        preflight = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "Authorization",
        }
        good = client.request(
            "OPTIONS", "/jobs/analysis", headers={"Origin": "https://b.example.com", **preflight}
        )
        assert good.status_code == 200
        assert good.headers["access-control-allow-origin"] == "https://b.example.com"
        bad = client.request(
            "OPTIONS", "/jobs/analysis", headers={"Origin": "https://evil.test", **preflight}
        )
        assert "access-control-allow-origin" not in bad.headers
        refused = Client(client.app, "").get("/jobs", headers={"Origin": "https://app.example.com"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://app.example.com"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Give a reader of the lines that the application writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    target = logging.getLogger(logger.name)
    target.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    target.removeHandler(handler)


Lines = Callable[[], list[dict[str, Any]]]


class TestLogs:
    def test_request_line(self, alice: Client, lines: Lines) -> None:
        job_id = alice.submit()
        alice.get(f"/jobs/{job_id}?password=hush", headers={"X-Request-Id": "r-9"})
        line = lines()[-1]
        assert (line["request_id"], line["method"], line["route"]) == ("r-9", "GET", "/jobs/{job_id}")
        assert (line["status"], line["job_id"]) == (200, job_id)
        assert "hush" not in json.dumps(lines())

    def test_every_line_of_a_request_names_it(self, alice: Client, lines: Lines) -> None:
        job_id = alice.submit(headers={"X-Request-Id": "r-1"})
        alice.get("/health", headers={"X-Request-Id": "r-2"})
        written = [(line["message"], line["request_id"]) for line in lines()]
        assert written == [("Job accepted", "r-1"), ("Request", "r-1"), ("Request", "r-2")]
        assert lines()[0]["job_id"] == job_id

    def test_no_tokens_links_or_text(self, alice: Client, lines: Lines) -> None:
        job_id = alice.submit(name="Anna Muster.pdf")
        alice.get(f"/jobs/{job_id}")
        alice.reserve("Beat Beispiel.pdf")
        alice.get("/jobs", headers={"Authorization": "Bearer a.b.c"})
        alice.get("/jobs/a.b.c")
        everything = json.dumps(lines())
        assert len(lines()) == 6
        for secret in (alice.bearer, "a.b.c", "policy text", "Muster", "Beispiel", "memory://", ALICE):
            assert secret not in everything


def test_documentation_explains_every_type() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("functions", "shared")
        for path in (ROOT / folder).rglob("*.py")
    )
    raised = set(re.findall(r'(?:Error|Problem|__init__)\(\s*"([a-z]+(?:-[a-z]+)+)"', code))
    raised |= {code for code, _, _ in problems._FRAMEWORK.values()}
    page = (ROOT / "docs" / "api" / "problems.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", page, flags=re.MULTILINE))
    assert len(raised) > 50
    assert raised - explained == set()


def test_gateway_answers_with_types_that_are_explained() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "api" / "problems.md").read_text(encoding="utf-8")
    used = set(re.findall(PROBLEM_BASE + "([a-z-]+)", template))
    assert used
    assert {code for code in used if f"| `{code}` |" not in page} == set()


def test_the_line_of_a_request_has_its_time(caplog: pytest.LogCaptureFixture) -> None:
    moment = 7.0

    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal moment
        moment += 1.25
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with caplog.at_level(logging.INFO):
        app: Any = Edge(slow, now=lambda: moment)
    answer = Client(app, "").get("/")
    assert answer.status_code == 204
    (record,) = [record for record in caplog.records if record.msg == "Request"]
    assert record.__dict__["milliseconds"] == 1250

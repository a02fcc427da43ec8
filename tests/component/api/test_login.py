"""Signing in where there is no Directus, where it is in trouble, and what is never written down."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from functions.api.http.security import MAX_JSON
from functions.api.services.login import DirectusLogins
from tests.support.api.client import Backend, Client, application, problem
from tests.support.fakes.directus_server import DirectusServer, Fault

PASSWORD = "hush-hush"
WHO = {"email": "a@example.com", "password": PASSWORD}


def test_without_a_directus_it_says_what_to_do(nobody: Client) -> None:
    answer = nobody.post("/auth/login", json=WHO)
    assert problem(answer) == (404, "directus-not-configured")
    assert "access token" in answer.json()["detail"]
    assert "data-login" not in nobody.get("/").text


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=401, code="INVALID_CREDENTIALS"), (401, "sign-in-refused")),
        (Fault(status=400, code="INVALID_PAYLOAD"), (401, "sign-in-refused")),
        (Fault(status=429, code="REQUESTS_EXCEEDED", retry_after="7"), (503, "directus-throttled")),
        (Fault(drop=True), (503, "directus-unavailable")),
    ],
)
def test_what_directus_refuses(
    backend: Backend, caplog: pytest.LogCaptureFixture, fault: Fault, expected: tuple[int, str]
) -> None:
    with DirectusServer() as server, closing(DirectusLogins(server.url)) as logins:
        server.fail(fault)
        client = Client(application(replace(backend.dependencies(), logins=logins)), "")
        answer = client.post("/auth/login", json=WHO)
        assert problem(answer) == expected
        assert PASSWORD not in answer.text + caplog.text
        assert server.requests == [("POST", "/auth/login")]
        assert "data-login" in client.get("/").text


def test_bodies_are_bounded(nobody: Client) -> None:
    answer = nobody.post("/auth/login", json={**WHO, "password": "x" * MAX_JSON})
    assert problem(answer) == (413, "payload-too-large")
    assert problem(nobody.post("/auth/refresh", content="x"))[0] == 415


def test_what_is_sent_has_its_form(backend: Backend) -> None:
    with closing(DirectusLogins("http://127.0.0.1:9")) as logins:
        client = Client(application(replace(backend.dependencies(), logins=logins)), "")
        assert problem(client.post("/auth/login", json={"email": "a"})) == (422, "invalid-request")

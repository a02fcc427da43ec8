"""The Lambda handler: how it answers gateway events."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.api.http.gateway import gateway_root
from functions.api.settings import ApiSettings
from tests.support.api.client import SECRET, make_settings, token
from tests.support.api.events import ENVIRONMENT, EXECUTE_API, event


class TestEvents:
    def test_problem_is_text_to_the_gateway(self, gateway: Any) -> None:
        answer = gateway.handler(event("GET", "/nope"), None)
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (404, False)
        assert json.loads(answer["body"])["type"].endswith(":not-found")
        assert answer["headers"]["content-type"] == "application/problem+json"
        assert answer["headers"]["x-request-id"] == "gateway-1"
        assert "strict-transport-security" in answer["headers"]

    def test_stage_is_part_of_every_address(self, gateway: Any) -> None:
        answer = gateway.handler(event("GET", "/api/v1/openapi.json"), None)
        assert json.loads(answer["body"])["servers"] == [{"url": "/dev/api/v1"}]
        assert 'href="/dev/docs"' in gateway.handler(event("GET", "/"), None)["body"]

    def test_scripts_are_text(self, gateway: Any) -> None:
        answer = gateway.handler(event("GET", "/assets/docs.js"), None)
        assert answer["isBase64Encoded"] is False
        assert "SwaggerUIBundle" in answer["body"]

    def test_repeated_query_and_encoded_path(self, gateway: Any) -> None:
        headers = {"Host": EXECUTE_API, "Authorization": f"Bearer {token()}"}
        query = {"limit": ["0"], "status": ["done"]}
        answer = gateway.handler(
            event("GET", "/jobs", headers=headers, multiValueQueryStringParameters=query), None
        )
        places = {error["loc"] for error in json.loads(answer["body"])["errors"]}
        assert places == {"query.limit", "query.status"}
        answer = gateway.handler(event("GET", "/jobs/%C3%A9", headers=headers), None)
        assert answer["statusCode"] == 404

    def test_body_over_the_limit(self, gateway: Any) -> None:
        headers = {
            "Host": EXECUTE_API,
            "Authorization": f"Bearer {token()}",
            "Content-Type": "multipart/form-data; boundary=x",
        }
        body = base64.b64encode(b"x" * 5_000_000).decode()
        answer = gateway.handler(
            event("POST", "/jobs/upload", headers=headers, body=body, isBase64Encoded=True), None
        )
        assert answer["statusCode"] == 413
        assert json.loads(answer["body"])["type"].endswith(":payload-too-large")

    @pytest.mark.parametrize(
        ("changes", "emulated", "root"),
        [
            ({}, False, "/dev"),
            ({"requestContext": {"path": "/docs"}}, False, ""),
            ({"requestContext": {"path": "/base/docs"}}, False, "/base"),
            ({"requestContext": {"path": "/other"}}, False, ""),
            ({"requestContext": {}}, False, ""),
            ({"headers": None}, False, "/dev"),
            ({}, True, "/dev"),
            ({"headers": {"host": "127.0.0.1:4566"}}, True, "/_aws/execute-api/abc/dev"),
            ({"headers": None}, True, "/_aws/execute-api/abc/dev"),
        ],
    )
    def test_root(self, gateway: Any, changes: dict[str, Any], emulated: bool, root: str) -> None:
        assert gateway_root(event("GET", "/docs", **changes), emulated=emulated) == root


class TestSettings:
    def test_lists_are_separated_by_commas(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("JWT_ISSUERS", "directus, portal")
        monkeypatch.setenv("SEED_ROLES", "")
        monkeypatch.setenv("CORS_ORIGINS", "https://a.example.com,")
        settings = ApiSettings()
        assert settings.jwt_issuers == ("directus", "portal")
        assert settings.seed_roles == ()
        assert settings.cors_origins == ("https://a.example.com",)

    @pytest.mark.parametrize(
        "changes",
        [
            {"directus_secret": "x" * 31},
            {"jwt_issuers": " , "},
            {"jwt_issuers": "a|b"},
            {"max_upload_size": 0},
            {"upload_seconds": 1},
        ],
    )
    def test_what_does_not_fit(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=next(iter(changes))):
            make_settings(**changes)

    def test_secret_is_not_shown(self) -> None:
        assert SECRET not in repr(make_settings())

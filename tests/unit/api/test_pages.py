"""Health, documentation pages, the contract, and the addresses they are reached by."""

from __future__ import annotations

import re

import pytest

from functions.api import openapi_snapshot
from functions.api.routes.health import CACHE_SECONDS, Probe
from functions.api.settings import VERSION
from tests.support.api.client import ADMIN, Backend, Client, application, problem, token


class TestHealth:
    def test_alive(self, nobody: Client) -> None:
        answer = nobody.get("/health")
        assert answer.json() == {"status": "ok", "version": VERSION, "stage": "local"}

    def ready(self, backend: Backend, bearer: str, **checks: object) -> Client:
        return Client(application(backend.dependencies(**checks)), bearer)

    def test_ready(self, backend: Backend) -> None:
        answer = self.ready(backend, "", table=lambda: None).get("/health/ready")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})

    def test_details_are_for_administrators(self, backend: Backend) -> None:
        client = self.ready(backend, ADMIN, table=lambda: None)
        assert client.get("/health/ready").json()["checks"]["table"]["ok"] is True
        user = Client(client.app, token())
        assert user.get("/health/ready").json() == {"status": "ready"}
        impostor = Client(client.app, "a.b.c")
        assert problem(impostor.get("/health/ready")) == (401, "token-invalid")

    def test_part_in_trouble(self, backend: Backend) -> None:
        def broken() -> None:
            raise ConnectionError("10.0.0.7 refused")

        client = self.ready(backend, ADMIN, table=lambda: None, queue=broken)
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert {name: check["ok"] for name, check in answer.json()["checks"].items()} == {
            "table": True,
            "queue": False,
        }
        assert "10.0.0.7" not in answer.text
        assert Client(client.app, "").get("/health/ready").json() == {"status": "unavailable"}

    def test_asks_at_most_every_ten_seconds(self, backend: Backend) -> None:
        calls: list[int] = []
        moment = 100.0
        client = self.ready(backend, "", table=lambda: calls.append(1))
        client.app.state.probe = Probe(now=lambda: moment)
        for _ in range(3):
            client.get("/health/ready")
        assert len(calls) == 1
        moment += CACHE_SECONDS
        client.get("/health/ready")
        assert len(calls) == 2

    def test_each_check_has_its_time(self, backend: Backend) -> None:
        moment = 100.0

        def slow() -> None:
            nonlocal moment
            moment += 0.25

        client = self.ready(backend, ADMIN, table=slow, queue=lambda: None)
        client.app.state.probe = Probe(now=lambda: moment)
        checks = client.get("/health/ready").json()["checks"]
        assert {name: check["milliseconds"] for name, check in checks.items()} == {"table": 250, "queue": 0}


class TestPages:
    @pytest.mark.parametrize("path", ["/", "/docs", "/redoc"])
    @pytest.mark.parametrize("root", ["", "/dev"])
    def test_everything_comes_from_us(self, nobody: Client, path: str, root: str) -> None:
        answer = nobody.get(root + path, root_path=root)
        assert answer.headers["content-type"].startswith("text/html")
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe-eval" not in policy
        addresses = re.findall(r'(?:src|href|spec-url)="([^"]+)"', answer.text)
        assert len(addresses) > 1
        for address in addresses:
            if address != "data:," and not address.startswith("#"):
                assert address.startswith(f"{root}/")
                assert nobody.get(address, root_path=root).status_code == 200
        assert "<script>" not in answer.text

    def test_assets_may_be_kept(self, nobody: Client) -> None:
        answer = nobody.get("/assets/swagger-ui-bundle.js")
        assert answer.headers["cache-control"].startswith("public")
        assert len(answer.content) > 1_000_000

    @pytest.mark.parametrize("name", ["favicon.png", "..%2Fapp.py", "__init__.py", "%2Fetc%2Fpasswd"])
    def test_nothing_else_is_served(self, nobody: Client, name: str) -> None:
        assert problem(nobody.get(f"/assets/{name}")) == (404, "not-found")

    def test_hostile_root(self, nobody: Client) -> None:
        root = '/"><script>'
        assert "<script>" not in nobody.get(root + "/redoc", root_path=root).text


class TestAddresses:
    @pytest.mark.parametrize("root", ["", "/dev"])
    @pytest.mark.parametrize("prefix", ["", "/api/v1"])
    def test_links_lead_back_the_way_one_came(
        self, alice: Client, backend: Backend, root: str, prefix: str
    ) -> None:
        base = root + prefix
        accepted = alice.upload(path=f"{base}/jobs/upload", root_path=root)
        assert accepted.headers["location"].startswith(f"{base}/jobs/")
        status = alice.get(accepted.headers["location"], root_path=root).json()
        assert status["status_url"] == accepted.json()["status_url"]
        assert status["events_url"].startswith(f"{base}/jobs/")

    def test_contract_names_the_address_it_came_by(self, nobody: Client) -> None:
        assert nobody.get("/openapi.json").json()["servers"] == [{"url": "/"}]
        versioned = nobody.get("/dev/api/v1/openapi.json", root_path="/dev").json()
        assert versioned["servers"] == [{"url": "/dev/api/v1"}]

    def test_prefix_needs_its_slash(self, nobody: Client) -> None:
        assert problem(nobody.get("/api/v10/health"))[0] == 404
        assert nobody.get("/api/v1").status_code == 404
        assert nobody.get("/api/v1/").status_code == 200


class TestContract:
    def test_snapshot_is_up_to_date(self) -> None:
        assert openapi_snapshot.main(["--check"]) == 0

    def test_document(self, nobody: Client) -> None:
        document = nobody.get("/openapi.json").json()
        assert "/api/v1/jobs" not in document["paths"]
        assert "/docs" not in document["paths"]
        schemas = document["components"]["schemas"]
        assert "HTTPValidationError" not in schemas
        references = set(re.findall(r'"#/components/schemas/([^"]+)"', nobody.get("/openapi.json").text))
        assert references <= set(schemas)
        for operations in document["paths"].values():
            for operation in operations.values():
                assert operation["description"]
                for status, response in operation["responses"].items():
                    if status >= "400" and operation["operationId"] != "get_readiness":
                        assert list(response["content"]) == ["application/problem+json"]

    def test_operations_have_names_of_their_own(self, nobody: Client) -> None:
        paths = nobody.get("/openapi.json").json()["paths"]
        names = [operation["operationId"] for item in paths.values() for operation in item.values()]
        assert len(names) == len(set(names))

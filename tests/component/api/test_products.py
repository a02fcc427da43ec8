"""Who may name a product: those to whom Directus shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from functions.api.services.directus_products import DirectusProducts
from tests.support.api.client import Backend, Client, application, make_settings, problem, token
from tests.support.fakes.directus_server import DirectusServer, Fault

SEEDER = token("s1", role="seeder")
ADMIN = token("root", admin_access=True)
STRANGER = token("s2", role="seeder")
READ = ("GET", "/items/dcm_product/p1")


@pytest.fixture
def server() -> Iterator[DirectusServer]:
    with DirectusServer() as running:
        running.add("dcm_product", {"id": "p1"})
        running.users = {SEEDER: {"p1"}, STRANGER: {"p2"}, ADMIN: {"p1"}}
        yield running


@pytest.fixture
def client(backend: Backend, server: DirectusServer) -> Iterator[Client]:
    with closing(DirectusProducts(server.url)) as products:
        yield connected(backend, server.url, products)


def connected(backend: Backend, url: str, products: DirectusProducts) -> Client:
    dependencies = replace(backend.dependencies(), products=products)
    settings = make_settings(directus_url=url, jwt_issuers=("directus", "crm"))
    return Client(application(dependencies, settings), SEEDER)


@pytest.fixture(params=["/jobs/analysis", "/jobs/cleanup"])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def nothing_happened(backend: Backend) -> bool:
    return not backend.sent() and not backend.jobs.by_subject(product_id="p1", document_id="")


def test_a_product_that_the_caller_sees_is_accepted(
    backend: Backend, server: DirectusServer, client: Client, path: str
) -> None:
    answer = client.post(path, json={"product_id": "p1"})
    assert answer.status_code == 202
    assert backend.sent() == [answer.json()["job_id"]]
    assert server.requests == [READ]


def test_a_product_that_the_caller_does_not_see_is_not_found(
    backend: Backend, server: DirectusServer, client: Client, path: str
) -> None:
    stranger = Client(client.app, STRANGER)
    hidden = stranger.post(path, json={"product_id": "p1"})
    missing = client.post(path, json={"product_id": "p9"})
    assert problem(hidden) == problem(missing) == (404, "product-not-found")
    assert hidden.json() == missing.json()
    assert server.requests[0] == READ
    assert nothing_happened(backend)


def test_a_product_that_is_gone_may_be_cleaned_up_by_administrators(backend: Backend, client: Client) -> None:
    admin = Client(client.app, ADMIN)
    assert problem(admin.post("/jobs/analysis", json={"product_id": "p9"})) == (404, "product-not-found")
    assert admin.post("/jobs/cleanup", json={"product_id": "p9"}).status_code == 202


def test_a_token_that_directus_refuses_is_refused_here(backend: Backend, client: Client, path: str) -> None:
    answer = Client(client.app, token("s3", role="seeder")).post(path, json={"product_id": "p1"})
    assert problem(answer) == (401, "token-refused")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert nothing_happened(backend)


def test_a_token_of_another_issuer_is_not_shown_to_directus(
    server: DirectusServer, client: Client, path: str
) -> None:
    elsewhere = Client(client.app, token("crm-7", iss="crm", role="seeder"))
    assert elsewhere.post(path, json={"product_id": "p1"}).status_code == 202
    assert server.requests == []


def test_the_right_to_clean_up_comes_first(server: DirectusServer, client: Client) -> None:
    reader = Client(client.app, token())
    assert problem(reader.post("/jobs/cleanup", json={"product_id": "p1"})) == (403, "forbidden")
    assert server.requests == []


@pytest.mark.parametrize(
    ("faults", "expected", "wait"),
    [
        ([Fault(status=503)] * 2, (503, "directus-unavailable"), "1"),
        ([Fault(drop=True)] * 2, (503, "directus-unavailable"), "1"),
        ([Fault(status=429, retry_after="7")], (503, "directus-throttled"), "7"),
        ([Fault(status=400, code="INVALID_QUERY")], (500, "internal-error"), None),
    ],
)
def test_nothing_is_created_while_directus_cannot_be_asked(
    backend: Backend,
    server: DirectusServer,
    client: Client,
    path: str,
    faults: list[Fault],
    expected: tuple[int, str],
    wait: str | None,
) -> None:
    server.fail(*faults)
    answer = client.post(path, json={"product_id": "p1"})
    assert problem(answer) == expected
    assert answer.headers.get("retry-after") == wait
    assert nothing_happened(backend)
    assert client.post(path, json={"product_id": "p1"}).status_code == 202


def test_a_fault_that_passes_at_once_is_not_noticed(server: DirectusServer, client: Client) -> None:
    server.fail(Fault(status=503))
    assert client.post("/jobs/analysis", json={"product_id": "p1"}).status_code == 202
    assert server.requests == [READ, READ]


def test_a_directus_that_is_not_there_is_unavailable(backend: Backend, path: str) -> None:
    url = "http://127.0.0.1:9"
    with closing(DirectusProducts(url)) as products:
        answer = connected(backend, url, products).post(path, json={"product_id": "p1"})
    assert problem(answer) == (503, "directus-unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert nothing_happened(backend)


def test_documents_are_no_business_of_directus(server: DirectusServer, client: Client) -> None:
    assert client.upload().status_code == 202
    assert server.requests == []


class TestListing:
    """``GET /products``: what Directus shows the caller, by name."""

    @pytest.fixture(autouse=True)
    def shop(self, server: DirectusServer) -> None:
        names = ["Reise Plus", "Reise Basis", "Hausrat PLUS", "Hund", None]
        for number, name in enumerate(names, 2):
            row = {"id": f"p{number}", "product_name": name, "document_reference": f"AVB {number}"}
            server.add("dcm_product", row)
        server.tables["dcm_product"]["p1"]["product_name"] = "Zahn"
        server.users[SEEDER] = {f"p{number}" for number in (1, 2, 3, 4, 6)}

    def named(self, client: Client, **params: str) -> list[str | None]:
        answer = client.get("/products", params=params)
        assert answer.status_code == 200, answer.text
        return [product["product_name"] for product in answer.json()["products"]]

    def test_what_directus_shows_by_name(self, client: Client) -> None:
        assert self.named(client) == [None, "Hausrat PLUS", "Reise Basis", "Reise Plus", "Zahn"]
        first = client.get("/products", params={"query": "basis"}).json()
        product = {"product_id": "p3", "product_name": "Reise Basis", "document_reference": "AVB 3"}
        assert first == {"products": [product], "next_cursor": None}

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("plus", ["Hausrat PLUS", "Reise Plus"]),
            (" plus  REISE ", ["Reise Plus"]),
            ("hund", []),
            ("nothing", []),
        ],
    )
    def test_words_of_the_name(self, client: Client, query: str, names: list[str]) -> None:
        assert self.named(client, query=query) == names

    def test_an_id(self, server: DirectusServer, client: Client) -> None:
        known = "0b6ba2ea-4f0f-4b0e-8c53-8f0a6d1f6f1e"
        server.add("dcm_product", {"id": known, "product_name": "By id"})
        server.users[SEEDER].add(known)
        assert self.named(client, query=known.upper()) == ["By id"]

    def test_page_by_page(self, client: Client) -> None:
        seen: list[str] = []
        cursor = ""
        for size in (2, 2, 1):
            answer = client.get("/products", params={"limit": 2, "cursor": cursor}).json()
            assert len(answer["products"]) == size
            seen += [product["product_id"] for product in answer["products"]]
            cursor = answer["next_cursor"] or ""
        assert cursor == ""
        assert seen == ["p6", "p4", "p3", "p2", "p1"]

    @pytest.mark.parametrize("cursor", ["!", "LTE=", "MTIzNDU2Nzg5MDEy", "YWJj"])
    def test_a_foreign_cursor(self, client: Client, cursor: str) -> None:
        assert problem(client.get("/products", params={"cursor": cursor})) == (422, "invalid-cursor")

    def test_tokens_of_others_see_no_list(self, server: DirectusServer, client: Client) -> None:
        elsewhere = Client(client.app, token("crm-7", iss="crm"))
        assert problem(elsewhere.get("/products")) == (403, "forbidden")
        assert server.requests == []

    def test_names_that_directus_hides(self, server: DirectusServer, client: Client) -> None:
        server.fail(Fault(status=403, code="FORBIDDEN"))
        answer = client.get("/products")
        assert problem(answer) == (403, "forbidden")
        assert "product_name" in answer.json()["detail"]
        # The product may still be named: asked for the name first, then for what may be seen.
        server.fail(Fault(status=403, code="FORBIDDEN"))
        accepted = client.post("/jobs/analysis", json={"product_id": "p1"})
        assert accepted.status_code == 202

    def test_no_directus(self, alice: Client) -> None:
        assert problem(alice.get("/products")) == (404, "directus-not-configured")

    def test_a_directus_in_trouble(self, server: DirectusServer, client: Client) -> None:
        server.fail(*[Fault(status=503)] * 2)
        assert problem(client.get("/products")) == (503, "directus-unavailable")
        server.fail(Fault(status=401, code="TOKEN_EXPIRED"))
        assert problem(client.get("/products")) == (401, "token-refused")

    def test_a_job_bears_the_name(self, client: Client) -> None:
        job_id = client.post("/jobs/analysis", json={"product_id": "p2"}).json()["job_id"]
        job = client.get(f"/jobs/{job_id}").json()
        assert (job["product_name"], job["file_name"]) == ("Reise Plus", None)
        assert "product_name" not in job["params"]

"""Tokens that a real Directus issues, and what it shows to whom, seen through our API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import httpx
import jwt
import pytest

from functions.api.app import create_app
from functions.api.services.directus_products import DirectusProducts
from functions.api.services.login import DirectusLogins
from infra.directus.access import SEEDER_ROLE
from tests.peers.directus import PASSWORD, DirectusServer
from tests.support.api.client import Backend, Client, make_settings, problem

PATHS = ("/jobs/analysis", "/jobs/cleanup")


@dataclass(frozen=True, slots=True)
class Shop:
    """Our API beside a Directus with two products; users log in at Directus."""

    server: DirectusServer
    backend: Backend
    api: Client
    ours: str
    theirs: str

    def client(self, email: str) -> Client:
        return self.with_token(self.server.login(email))

    def with_token(self, bearer: str) -> Client:
        return Client(self.api.app, bearer)

    def changed(self, bearer: str, **claims: Any) -> str:
        """Sign the claims of a token anew, with changes; None takes a claim out."""
        told = self.claims(bearer) | claims
        kept = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(kept, self.server.secret, algorithm="HS256")

    def claims(self, bearer: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            bearer, self.server.secret, algorithms=["HS256"], options={"verify_exp": False}
        )
        return claims


@pytest.fixture(scope="module")
def users(directus_server: DirectusServer) -> dict[str, str]:
    """Two products, and for each the user who sees this one only."""
    ours, theirs = directus_server.add_product(), directus_server.add_product()
    return {
        "ours": ours,
        "theirs": theirs,
        "alice": directus_server.add_user("alice", products=[ours]),
        "bob": directus_server.add_user("bob", products=[theirs]),
        "seeder": directus_server.add_user("seeder", role=SEEDER_ROLE),
        "nobody": directus_server.add_user("nobody"),
    }


@pytest.fixture
def shop(directus_server: DirectusServer, users: dict[str, str]) -> Iterator[Shop]:
    backend = Backend()
    settings = make_settings(
        directus_url=directus_server.url,
        directus_secret=directus_server.secret,
        seed_roles=(SEEDER_ROLE,),
        jwt_issuers=("directus", "crm"),
    )
    url = directus_server.url
    with closing(DirectusProducts(url)) as products, closing(DirectusLogins(url)) as logins:
        app = create_app(replace(backend.dependencies(), products=products, logins=logins), settings)
        yield Shop(directus_server, backend, Client(app, ""), users["ours"], users["theirs"])


def test_users_reach_the_products_that_directus_shows_them(shop: Shop, users: dict[str, str]) -> None:
    alice, bob = shop.client(users["alice"]), shop.client(users["bob"])
    for client, seen, hidden in ((alice, shop.ours, shop.theirs), (bob, shop.theirs, shop.ours)):
        accepted = client.post("/jobs/analysis", json={"product_id": seen})
        assert accepted.status_code == 202, accepted.text
        refused = client.post("/jobs/analysis", json={"product_id": hidden})
        assert problem(refused) == (404, "product-not-found")
        missing = client.post("/jobs/analysis", json={"product_id": "00000000-0000-4000-8000-000000000000"})
        assert missing.json() == refused.json()
    assert len(shop.backend.sent()) == 2


def test_the_owner_of_a_job_is_the_user_of_directus(shop: Shop, users: dict[str, str]) -> None:
    bearer = shop.server.login(users["alice"])
    job_id = shop.with_token(bearer).post("/jobs/analysis", json={"product_id": shop.ours}).json()["job_id"]
    assert shop.backend.job(job_id).owner.key == f"directus|{shop.claims(bearer)['id']}"
    assert problem(shop.client(users["bob"]).get(f"/jobs/{job_id}")) == (404, "job-not-found")


def test_a_user_without_rights_reaches_no_product(shop: Shop, users: dict[str, str]) -> None:
    answer = shop.client(users["nobody"]).post("/jobs/analysis", json={"product_id": shop.ours})
    assert problem(answer) == (404, "product-not-found")


def test_a_right_that_is_given_counts_from_the_next_request_on(shop: Shop) -> None:
    product = shop.server.add_product()
    email = shop.server.add_user("late", products=[])
    client = shop.client(email)
    assert problem(client.post("/jobs/analysis", json={"product_id": product})) == (404, "product-not-found")
    role = shop.claims(client.bearer)["role"]
    (policy,) = shop.server.rest.get("/access", **{"filter[role][_eq]": role, "fields": "policy"})
    query = {"filter[policy][_eq]": policy["policy"], "fields": "id"}
    (permission,) = shop.server.rest.get("/permissions", **query)
    shop.server.rest.patch(f"/permissions/{permission['id']}", {"permissions": {"id": {"_eq": product}}})
    assert client.post("/jobs/analysis", json={"product_id": product}).status_code == 202


def test_cleaning_up_takes_a_role_of_seed_roles(shop: Shop, users: dict[str, str]) -> None:
    body = {"product_id": shop.ours, "dry_run": True}
    seeder = shop.server.login(users["seeder"])
    assert shop.claims(seeder)["role"] == SEEDER_ROLE
    assert shop.with_token(seeder).post("/jobs/cleanup", json=body).status_code == 202
    assert problem(shop.client(users["alice"]).post("/jobs/cleanup", json=body)) == (403, "forbidden")


def test_a_role_that_may_clean_up_still_needs_to_see_the_product(shop: Shop, users: dict[str, str]) -> None:
    bearer = shop.server.login(users["bob"])
    role = shop.claims(bearer)["role"]
    settings = shop.api.app.state.settings.model_copy(update={"seed_roles": (role,)})
    shop.api.app.state.settings = settings
    bob = shop.with_token(bearer)
    assert problem(bob.post("/jobs/cleanup", json={"product_id": shop.ours})) == (404, "product-not-found")
    assert bob.post("/jobs/cleanup", json={"product_id": shop.theirs}).status_code == 202


def test_admin_access_gives_the_rights_of_administrators(shop: Shop, users: dict[str, str]) -> None:
    other = (
        shop.client(users["alice"]).post("/jobs/analysis", json={"product_id": shop.ours}).json()["job_id"]
    )
    admin = shop.client(shop.server.add_user("root", admin=True))
    assert admin.get(f"/jobs/{other}").status_code == 200
    assert admin.get("/jobs", params={"all": "true"}).status_code == 200
    assert admin.post("/jobs/cleanup", json={"product_id": shop.theirs}).status_code == 202
    assert problem(shop.client(users["bob"]).get("/jobs", params={"all": "true"})) == (403, "forbidden")


def test_a_share_token_is_refused(shop: Shop) -> None:
    share = shop.server.rest.post(
        "/shares", {"collection": "dcm_product", "item": shop.ours, "role": SEEDER_ROLE, "name": "share"}
    )
    answer = httpx.post(f"{shop.server.url}/shares/auth", json={"share": share["id"]}, timeout=30)
    bearer = answer.raise_for_status().json()["data"]["access_token"]
    claims = shop.claims(bearer)
    assert claims["share"] == share["id"]
    assert "id" not in claims
    for path in PATHS:
        answer = shop.with_token(bearer).post(path, json={"product_id": shop.ours})
        assert problem(answer) == (401, "token-without-subject")


@pytest.mark.parametrize("path", PATHS)
def test_a_token_without_an_id_is_refused(shop: Shop, users: dict[str, str], path: str) -> None:
    bearer = shop.changed(shop.server.login(users["seeder"]), id=None)
    answer = shop.with_token(bearer).post(path, json={"product_id": shop.ours})
    assert problem(answer) == (401, "token-without-subject")


def test_a_static_token_is_none_of_ours(shop: Shop) -> None:
    answer = shop.with_token(shop.server.admin_token).post("/jobs/analysis", json={"product_id": shop.ours})
    assert problem(answer) == (401, "token-invalid")


def test_an_expired_token_is_refused(shop: Shop, users: dict[str, str]) -> None:
    bearer = shop.changed(shop.server.login(users["seeder"]), exp=int(time.time()) - 60)
    answer = shop.with_token(bearer).post("/jobs/analysis", json={"product_id": shop.ours})
    assert problem(answer) == (401, "token-expired")


def test_a_token_that_has_expired_a_moment_ago_is_left_to_directus(shop: Shop, users: dict[str, str]) -> None:
    bearer = shop.changed(shop.server.login(users["seeder"]), exp=int(time.time()) - 1)
    answer = shop.with_token(bearer).post("/jobs/analysis", json={"product_id": shop.ours})
    assert problem(answer) == (401, "token-refused")


def test_a_session_that_was_ended_at_directus_is_refused(shop: Shop, users: dict[str, str]) -> None:
    credentials = {"email": users["alice"], "password": PASSWORD, "mode": "session"}
    with httpx.Client(base_url=shop.server.url, timeout=30) as browser:
        browser.post("/auth/login", json=credentials).raise_for_status()
        bearer = browser.cookies["directus_session_token"]
        client = shop.with_token(bearer)
        assert client.post("/jobs/analysis", json={"product_id": shop.ours}).status_code == 202
        browser.post("/auth/logout", json={"mode": "session"}).raise_for_status()
    answer = client.post("/jobs/analysis", json={"product_id": shop.ours})
    assert problem(answer) == (401, "token-refused")


def test_a_token_minted_elsewhere_with_the_same_secret_is_not_shown_to_directus(shop: Shop) -> None:
    now = int(time.time())
    claims = {"sub": "crm-7", "iss": "crm", "exp": now + 60, "role": SEEDER_ROLE}
    bearer = jwt.encode(claims, shop.server.secret, algorithm="HS256")
    assert shop.with_token(bearer).post("/jobs/cleanup", json={"product_id": shop.ours}).status_code == 202


def test_nothing_is_created_while_directus_is_down(shop: Shop, users: dict[str, str]) -> None:
    client = shop.client(users["alice"])
    shop.server.kill()
    try:
        answer = client.post("/jobs/analysis", json={"product_id": shop.ours})
    finally:
        shop.server.restart()
    assert problem(answer) == (503, "directus-unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert shop.backend.sent() == []
    assert client.post("/jobs/analysis", json={"product_id": shop.ours}).status_code == 202


class TestSigningIn:
    def session(self, shop: Shop, what: str, **body: str) -> httpx.Response:
        return Client(shop.api.app, "").post(f"/auth/{what}", json=body)

    def test_a_session_begins_goes_on_and_ends(self, shop: Shop, users: dict[str, str]) -> None:
        begun = self.session(shop, "login", email=users["alice"], password=PASSWORD)
        assert begun.status_code == 200, begun.text
        assert begun.headers["cache-control"] == "no-store"
        assert 60 <= begun.json()["expires_in"] <= 3600
        assert shop.with_token(begun.json()["access_token"]).get("/jobs").json()["jobs"] == []
        renewed = self.session(shop, "refresh", refresh_token=begun.json()["refresh_token"])
        assert renewed.status_code == 200, renewed.text
        assert shop.with_token(renewed.json()["access_token"]).get("/jobs").status_code == 200
        refresh = renewed.json()["refresh_token"]
        assert self.session(shop, "logout", refresh_token=refresh).status_code == 204
        assert problem(self.session(shop, "refresh", refresh_token=refresh)) == (401, "sign-in-refused")

    @pytest.mark.parametrize(("who", "password"), [("alice", "wrong"), ("not-there@example.com", PASSWORD)])
    def test_nobody_learns_which_part_was_wrong(
        self, shop: Shop, users: dict[str, str], who: str, password: str
    ) -> None:
        answer = self.session(shop, "login", email=users.get(who, who), password=password)
        assert problem(answer) == (401, "sign-in-refused")
        assert password not in answer.text

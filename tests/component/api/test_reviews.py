"""Accepting and rejecting findings, and what Directus learns of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest

from functions.api.services.directus_products import DirectusProducts
from shared.clock import utc_now
from shared.directus.row_ids import placed
from shared.directus.rows import VALIDATED
from shared.errors import TransientError
from shared.findings.model import to_tree
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Artifact, Job, Kind, Owner
from shared.jobs.store import edit
from tests.support.api.client import BOB, Backend, Client, application, make_settings, problem, token
from tests.support.api.jobs import completed, take, tree
from tests.support.fakes.directus_server import DirectusServer, Fault

LIMIT = "segments/0/benefits/0/limits/0"
SEEDER = token("s1", role="seeder")


def review(client: Client, job_id: str, path: str = LIMIT, **body: Any) -> httpx.Response:
    return client.post(f"/jobs/{job_id}/findings/{path}/review", json={"verdict": "accepted", **body})


def reviews(client: Client, job_id: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get(f"/jobs/{job_id}/reviews").json()["reviews"]
    return listed


class TestHere:
    @pytest.fixture
    def job_id(self, backend: Backend, alice: Client) -> str:
        return completed(backend, alice.submit()).job_id

    def test_a_verdict_is_kept_with_who_gave_it(self, alice: Client, job_id: str) -> None:
        assert reviews(alice, job_id) == []
        answer = review(alice, job_id, verdict="rejected", note="It is CHF 2.")
        assert answer.status_code == 200, answer.text
        expected = {"path": LIMIT, "verdict": "rejected", "note": "It is CHF 2.", "mirrored": "no"}
        assert expected.items() <= answer.json().items()
        assert answer.json()["reviewer"] == "directus|alice"
        assert reviews(alice, job_id) == [answer.json()]

    def test_a_later_one_takes_its_place_and_can_be_taken_back(self, alice: Client, job_id: str) -> None:
        review(alice, job_id, verdict="rejected")
        review(alice, job_id)
        review(alice, job_id, "segments/0")
        assert [(review["path"], review["verdict"]) for review in reviews(alice, job_id)] == [
            ("segments/0", "accepted"),
            (LIMIT, "accepted"),
        ]
        for _ in range(2):
            answer = alice.request("DELETE", f"/jobs/{job_id}/findings/{LIMIT}/review")
            assert [review["path"] for review in answer.json()["reviews"]] == ["segments/0"]

    @pytest.mark.parametrize(
        "path",
        [
            "segments/1",
            "segments/0/limits/0",
            "segments/-1",
            "segments/00",
            "segments",
            "segments/0/benefits",
            "limits/0",
            "benefits/0",
            "segments/0/evidence/0",
            "segments/0/benefits/0/limits/0/limits/0",
            "x/0",
        ],
    )
    def test_places_without_a_finding(self, alice: Client, job_id: str, path: str) -> None:
        assert problem(review(alice, job_id, path)) == (404, "finding-not-found")
        assert reviews(alice, job_id) == []

    @pytest.mark.parametrize("body", [{"verdict": "maybe"}, {"note": "x" * 1001}, {"more": 1}])
    def test_a_verdict_that_is_none(self, alice: Client, job_id: str, body: dict[str, Any]) -> None:
        assert problem(review(alice, job_id, **body)) == (422, "invalid-request")

    def test_others_jobs_are_not_found(self, alice: Client, job_id: str) -> None:
        bob = Client(alice.app, token(BOB))
        assert problem(review(bob, job_id)) == (404, "job-not-found")
        assert problem(bob.get(f"/jobs/{job_id}/reviews")) == (404, "job-not-found")

    def test_a_job_without_a_result(self, alice: Client) -> None:
        job_id = alice.submit()
        assert problem(review(alice, job_id)) == (409, "result-not-ready")
        assert reviews(alice, job_id) == []

    def test_a_store_in_trouble(self, backend: Backend, alice: Client, job_id: str) -> None:
        backend.fail(TransientError("aws-unavailable", "Try again."), "reviews.put")
        assert problem(review(alice, job_id))[0] == 503


class TestDirectus:
    """A seeded product: its rows are marked with the reviewer's own rights."""

    @pytest.fixture
    def server(self) -> Iterator[DirectusServer]:
        with DirectusServer() as running:
            running.add("dcm_product", {"id": "p1"})
            for row in placed(tree(1.0), "p1"):
                running.add(row.collection, {"id": row.row_id, VALIDATED: False})
            running.users = {SEEDER: {"p1", *(row.row_id for row in placed(tree(1.0), "p1"))}}
            yield running

    @pytest.fixture
    def client(self, backend: Backend, server: DirectusServer) -> Iterator[Client]:
        with closing(DirectusProducts(server.url)) as products:
            dependencies = replace(backend.dependencies(), products=products)
            settings = make_settings(directus_url=server.url, jwt_issuers=("directus", "crm"))
            yield Client(application(dependencies, settings), SEEDER)

    def seeded(self, backend: Backend, seeding: str = "verified", issuer: str = "directus") -> str:
        now = utc_now()
        job = Job(uuid7(), Kind.ANALYSIS, Owner(issuer, "s1"), {"product_id": "p1"}, now, now)
        backend.jobs.create(states.submitted(job, "test"))
        taken = take(backend, job.job_id)
        data = json.dumps(to_tree(tree(1.0))).encode()
        info = backend.files.put(f"jobs/{job.job_id}/result.json", data, "application/json")
        artifacts = {"result.json": Artifact(info.key, "application/json", len(data), "0" * 64)}
        result = {"seeding": seeding}
        edit(backend.jobs, job.job_id, lambda j: states.complete(j, taken.fence, now, result, artifacts))
        return job.job_id

    def marked(self, server: DirectusServer) -> set[str]:
        """Return the paths of the findings whose rows are marked."""
        rows = {row.path: server.tables[row.collection][row.row_id] for row in placed(tree(1.0), "p1")}
        return {path for path, row in rows.items() if row[VALIDATED]}

    def test_accepting_protects_the_row_and_rejecting_does_not(
        self, backend: Backend, server: DirectusServer, client: Client
    ) -> None:
        job_id = self.seeded(backend)
        assert review(client, job_id).json()["mirrored"] == "yes"
        assert self.marked(server) == {LIMIT}
        assert review(client, job_id, verdict="rejected").json()["mirrored"] == "yes"
        assert self.marked(server) == set()
        review(client, job_id)
        assert client.request("DELETE", f"/jobs/{job_id}/findings/{LIMIT}/review").json() == {"reviews": []}
        assert self.marked(server) == set()

    @pytest.mark.parametrize(
        ("seeding", "bearer", "issuer", "mirrored"),
        [
            ("dry_run", SEEDER, "directus", "no"),
            ("verified", token("s1"), "directus", "not_allowed"),
            ("verified", token("s1", iss="crm", role="seeder"), "crm", "not_allowed"),
        ],
    )
    def test_what_is_only_kept_here(
        self,
        backend: Backend,
        server: DirectusServer,
        client: Client,
        seeding: str,
        bearer: str,
        issuer: str,
        mirrored: str,
    ) -> None:
        job_id = self.seeded(backend, seeding, issuer)
        answer = review(Client(client.app, bearer), job_id)
        assert answer.json()["mirrored"] == mirrored
        assert self.marked(server) == set()

    def test_a_reviewer_who_may_not_change_the_row_in_directus(
        self, backend: Backend, server: DirectusServer, client: Client
    ) -> None:
        job_id = self.seeded(backend)
        server.fail(Fault(status=403, code="FORBIDDEN", method="PATCH"))
        assert review(client, job_id).json()["mirrored"] == "not_allowed"
        assert self.marked(server) == set()

    def test_a_row_that_is_gone(self, backend: Backend, server: DirectusServer, client: Client) -> None:
        job_id = self.seeded(backend)
        for rows in server.tables.values():
            rows.clear()
        assert review(client, job_id).json()["mirrored"] == "gone"

    def test_a_directus_in_trouble_is_told_later(
        self, backend: Backend, server: DirectusServer, client: Client
    ) -> None:
        job_id = self.seeded(backend)
        server.faults = [Fault(status=503)] * 10
        assert review(client, job_id).json()["mirrored"] == "failed"
        address = f"/jobs/{job_id}/findings/{LIMIT}/review"
        assert problem(client.request("DELETE", address)) == (503, "review-not-mirrored")
        assert [review["mirrored"] for review in reviews(client, job_id)] == ["failed"]
        server.faults = []
        assert review(client, job_id).json()["mirrored"] == "yes"

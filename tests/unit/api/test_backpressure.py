"""One owner's jobs wait for a worker up to a bound; whoever comes with more is put off, and keeps nothing."""

from __future__ import annotations

import httpx
import pytest

from shared.clock import utc_now
from shared.jobs import states
from shared.jobs.store import edit
from tests.support.api.client import (
    ADMIN,
    BOB,
    PDF,
    Backend,
    Client,
    application,
    client_of,
    make_settings,
    problem,
    token,
)
from tests.support.api.jobs import complete, take

LIMIT = 2
ROUTES = ["analysis", "cleanup", "upload", "case upload"]


@pytest.fixture
def admin(backend: Backend) -> Client:
    """An administrator, who may call all routes, with the bound of everybody."""
    return client_of(backend, ADMIN, max_queued_jobs=LIMIT)


def fill(client: Client, jobs: int = LIMIT) -> list[str]:
    return [client.submit() for _ in range(jobs)]


def uploaded(backend: Backend, client: Client) -> str:
    document_id = client.reserve()
    backend.files.put(f"documents/{document_id}/original", PDF, "application/pdf")
    return document_id


def ask(client: Client, route: str, document_id: str, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    if route in {"analysis", "cleanup"}:
        return client.post(f"/jobs/{route}", json={"document_id": document_id}, headers=headers)
    path = "/jobs/upload" if route == "upload" else "/cases/c/documents/upload"
    return client.upload(path=path, headers=headers)


@pytest.mark.parametrize("route", ROUTES)
def test_more_is_put_off_and_leaves_nothing(backend: Backend, admin: Client, route: str) -> None:
    document_id = uploaded(backend, admin)
    fill(admin)
    files, documents, sent = backend.files.keys(), dict(backend.documents._documents), backend.sent()
    answer = ask(admin, route, document_id)
    assert problem(answer) == (429, "too-many-queued-jobs")
    assert str(LIMIT) in answer.json()["detail"]
    assert answer.headers["retry-after"] == "30"
    assert (backend.files.keys(), backend.documents._documents, backend.sent()) == (files, documents, sent)


@pytest.mark.parametrize("route", ROUTES)
def test_a_replay_is_still_answered(backend: Backend, admin: Client, route: str) -> None:
    document_id = uploaded(backend, admin)
    first = ask(admin, route, document_id, "key-1")
    fill(admin, LIMIT - 1)
    again = ask(admin, route, document_id, "key-1")
    assert (again.status_code, again.headers["idempotent-replay"]) == (202, "true")
    assert again.json() == first.json()
    assert problem(ask(admin, route, document_id, "key-2")) == (429, "too-many-queued-jobs")


def test_the_key_of_a_refused_request_stays_free(backend: Backend, admin: Client) -> None:
    first, _ = fill(admin)
    assert problem(ask(admin, "upload", "", "key-1"))[0] == 429
    admin.post(f"/jobs/{first}/pause")
    assert ask(admin, "upload", "", "key-1").status_code == 202


def test_everybody_has_a_bound_of_their_own(admin: Client) -> None:
    fill(admin)
    bob = Client(admin.app, token(BOB))
    mate = Client(admin.app, token("mate", team="t1"))
    assert len({*fill(bob), *fill(mate)}) == 2 * LIMIT
    assert problem(bob.upload()) == (429, "too-many-queued-jobs")


def test_reservations_are_no_jobs(admin: Client) -> None:
    fill(admin)
    assert admin.reserve()


def test_what_no_longer_waits_makes_room(backend: Backend, admin: Client) -> None:
    first, _ = fill(admin)
    taken = take(backend, first)
    third = admin.submit()
    assert problem(admin.upload())[0] == 429
    admin.post(f"/jobs/{third}/pause")
    edit(backend.jobs, first, lambda job: states.continue_later(job, taken.fence, utc_now()))
    # The paused job makes room, which the continued one takes.
    assert problem(admin.upload())[0] == 429
    complete(backend, first)
    assert admin.upload().status_code == 202


def test_what_may_not_be_asked_is_said_first(backend: Backend, admin: Client) -> None:
    alice = Client(application(backend.dependencies(), make_settings(max_queued_jobs=LIMIT)), token())
    fill(alice)
    assert problem(alice.post("/jobs/cleanup", json={"product_id": "1"})) == (403, "forbidden")
    assert problem(alice.upload(data={"seed_directus": "true"})) == (403, "forbidden")
    assert problem(alice.upload(data={"segment_chunks": "99"})) == (422, "invalid-request")

"""Cleanup of seeded rows, against the fake Directus over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import pytest

from functions.cleanup.removal.seeded import DirectusRows
from shared.directus import Directus
from shared.jobs import states
from shared.jobs.model import Job, Kind, Status
from shared.jobs.runner import Ending
from tests.support.fakes.directus_answers import TOKEN
from tests.support.fakes.directus_server import DirectusServer, Fault
from tests.support.worlds.cleanup import CleanupWorld, everything, seed

SEEDED = {
    "insurance_dcm_limit": 2,
    "insurance_dcm_condition": 1,
    "insurance_dcm_exclusion": 1,
    "insurance_dcm_benefit": 3,
    "insurance_dcm_segment": 2,
    "dcm_product": 0,
}


@pytest.fixture(autouse=True)
def other_product(server: DirectusServer) -> Iterator[None]:
    """Another product's rows, which no cleanup here may touch."""
    seed(server, "other")
    before = everything(server)
    yield
    after = everything(server)
    assert all(set(ids) <= set(after.get(name, [])) for name, ids in before.items())


def left(server: DirectusServer, product_id: str = "p1") -> list[str]:
    return sorted(
        row_id for ids in everything(server).values() for row_id in ids if row_id.startswith(f"{product_id}-")
    )


def validate(server: DirectusServer, collection: str, row_id: str) -> None:
    server.tables[collection][row_id]["validated_by_human"] = True


def deliver(world: CleanupWorld, job: Job, times: int = 1) -> Job:
    for _ in range(times):
        outcome = world.deliver(job)
        world.now += timedelta(minutes=5)
    assert outcome.job is not None
    return outcome.job


def test_rows_go_and_the_product_stays(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    analysed = cms.analysed(product_id="p1")
    assert cms.result(product_id="p1") == {
        "success": True,
        "deleted": SEEDED,
        "kept_validated": 0,
        "kept_ancestors": 0,
        "objects": 3,
        "jobs": 1,
        "dry_run": False,
    }
    assert left(server) == []
    assert "p1" in server.ids("dcm_product")
    assert cms.files_of(analysed) == []


def test_product_goes_when_asked(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    assert cms.result(product_id="p1", delete_product=True)["deleted"] == {**SEEDED, "dcm_product": 1}
    assert "p1" not in server.ids("dcm_product")


def test_all_pages_and_batches_are_removed(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server, limits=250)
    assert cms.result(product_id="p1")["deleted"]["insurance_dcm_limit"] == 250
    assert left(server) == []


def test_validated_rows_and_what_they_hang_on_stay(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    validate(server, "insurance_dcm_limit", "p1-l1")
    validate(server, "insurance_dcm_condition", "p1-c1")
    result = cms.result(product_id="p1")
    # The limit keeps its benefit and segment, the condition its benefit and, through it, the other segment.
    assert left(server) == ["p1-b1", "p1-b3", "p1-c1", "p1-l1", "p1-s1", "p1-s2"]
    assert (result["success"], result["kept_validated"], result["kept_ancestors"]) == (True, 2, 4)
    assert result["deleted"]["insurance_dcm_benefit"] == 1


def test_force_removes_validated_rows_too(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    validate(server, "insurance_dcm_limit", "p1-l1")
    result = cms.result(product_id="p1", force=True, delete_product=True)
    assert (result["success"], result["kept_validated"], left(server)) == (True, 0, [])


def test_product_with_protected_rows_is_not_deleted_and_nothing_else_is(
    cms: CleanupWorld, server: DirectusServer
) -> None:
    seed(server)
    validate(server, "insurance_dcm_benefit", "p1-b2")
    analysed = cms.analysed(product_id="p1")
    before = everything(server)
    assert cms.problem(product_id="p1", delete_product=True) == "product-protected"
    assert cms.problem(product_id="p1", delete_product=True, dry_run=True) == "product-protected"
    assert everything(server) == before
    assert len(cms.files_of(analysed)) == 3


def test_dry_run_counts_what_would_go(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    before = everything(server)
    result = cms.result(product_id="p1", dry_run=True, delete_product=True)
    assert result["deleted"] == {**SEEDED, "dcm_product": 1}
    assert (result["success"], result["dry_run"]) == (False, True)
    assert everything(server) == before
    assert {method for method, path in server.requests if path.startswith("/items")} == {"GET"}


def test_empty_product_is_clean(cms: CleanupWorld, server: DirectusServer) -> None:
    server.add("dcm_product", {"id": "p1"})
    assert cms.result(product_id="p1", dry_run=True)["success"] is True
    assert cms.result(product_id="p1")["deleted"] == dict.fromkeys(SEEDED, 0)


def test_product_that_is_only_known_here_is_cleaned_here(cms: CleanupWorld) -> None:
    cms.analysed(product_id="p1")
    result = cms.result(product_id="p1", delete_product=True)
    assert (result["deleted"], result["objects"]) == ({}, 3)


def test_unknown_product_is_a_permanent_error(cms: CleanupWorld) -> None:
    assert cms.problem(product_id="p1") == "unknown-product"


def test_few_requests_for_a_usual_product(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server, limits=150)
    with closing(Directus(server.url, TOKEN)) as directus:
        CleanupWorld(DirectusRows(directus)).result(product_id="p1")
    # One for the product, one to read, one a collection, one to verify.
    assert len(server.requests) == 8


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=429, retry_after="30"),
        Fault(drop=True),
        Fault(method="DELETE", drop_after=True),
        Fault(method="DELETE", path="/items/insurance_dcm_benefit", status=500),
    ],
    ids=str,
)
def test_interruptions_lose_and_double_nothing(
    cms: CleanupWorld, server: DirectusServer, fault: Fault
) -> None:
    seed(server, limits=10)
    job = cms.submit(Kind.CLEANUP, product_id="p1")
    server.fail(fault)
    assert deliver(cms, job).status is Status.QUEUED
    ended = deliver(cms, job)
    assert ended.result is not None
    assert ended.result["deleted"] == {**SEEDED, "insurance_dcm_limit": 10}
    assert left(server) == []


def test_wait_that_directus_asks_for_reaches_the_job(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    server.fail(Fault(status=429, code="REQUESTS_EXCEEDED", retry_after="77"))
    outcome = cms.deliver(cms.submit(Kind.CLEANUP, product_id="p1"))
    assert outcome.job is not None
    assert outcome.job.not_before == cms.now + timedelta(seconds=77)


def test_failure_for_good_is_never_a_success(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    job = cms.submit(Kind.CLEANUP, product_id="p1")
    server.fail(*[Fault(method="DELETE", path="/items/insurance_dcm_segment", status=500)] * 9)
    ended = deliver(cms, job, times=job.max_attempts)
    assert (ended.status, ended.result) == (Status.FAILED, None)
    assert left(server) == ["p1-s1", "p1-s2"]


def test_refusal_fails_at_once_with_directus_own_code(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    server.fail(Fault(method="DELETE", status=400, code="FAILED_VALIDATION"))
    job = deliver(cms, cms.submit(Kind.CLEANUP, product_id="p1"))
    assert job.status is Status.FAILED
    assert job.error is not None
    assert "FAILED_VALIDATION" in job.error["detail"]
    assert job.error["stage"] == "rows"


def test_rows_that_come_in_between_go_too(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    job = cms.submit(Kind.CLEANUP, product_id="p1")
    server.fail(Fault(method="DELETE", path="/items/insurance_dcm_segment", status=503))
    deliver(cms, job)
    server.add("insurance_dcm_limit", {"id": "p1-late", "dcm_product": "p1"})
    ended = deliver(cms, job)
    assert ended.result is not None
    assert ended.result["deleted"]["insurance_dcm_limit"] == 3
    assert left(server) == []


def test_rows_that_keep_coming_back_are_no_success(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)

    class Reseeding(DirectusRows):
        def delete(self, collection: str, ids: Sequence[str]) -> None:
            super().delete(collection, ids)
            server.add("insurance_dcm_exclusion", {"id": "p1-again", "dcm_product": "p1"})

    job = cms.submit(Kind.CLEANUP, product_id="p1")
    with closing(Directus(server.url, TOKEN)) as directus:
        cms.seeded = Reseeding(directus)
        ended = deliver(cms, job, times=job.max_attempts)
    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert ended.error["type"].endswith("cleanup-incomplete")


def test_row_validated_while_paused_is_kept(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    job = cms.submit(Kind.CLEANUP, product_id="p1")
    server.fail(Fault(method="DELETE", path="/items/insurance_dcm_benefit", status=503))
    deliver(cms, job)
    cms.change(job, lambda j: states.request_pause(j, cms.now, "alice"))
    validate(server, "insurance_dcm_benefit", "p1-b1")
    cms.change(job, lambda j: states.request_resume(j, cms.now, "alice"))
    ended = deliver(cms, job)
    assert ended.result is not None
    assert left(server) == ["p1-b1", "p1-s1"]
    assert (ended.result["kept_validated"], ended.result["kept_ancestors"]) == (1, 1)
    assert ended.result["deleted"]["insurance_dcm_benefit"] == 2


def test_row_validated_before_the_product_goes_keeps_it(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    job = cms.submit(Kind.CLEANUP, product_id="p1", delete_product=True)
    server.fail(Fault(method="DELETE", path="/items/insurance_dcm_segment", status=503))
    deliver(cms, job)
    validate(server, "insurance_dcm_segment", "p1-s2")
    ended = deliver(cms, job)
    assert ended.error is not None
    assert ended.error["type"].endswith("product-protected")
    assert left(server) == ["p1-s2"]
    assert "p1" in server.ids("dcm_product")


def test_product_still_there_after_its_removal_is_no_success(
    cms: CleanupWorld, server: DirectusServer
) -> None:
    seed(server)

    class Forgetful(DirectusRows):
        def delete(self, collection: str, ids: Sequence[str]) -> None:
            if collection != "dcm_product":
                super().delete(collection, ids)

    with closing(Directus(server.url, TOKEN)) as directus:
        cms.seeded = Forgetful(directus)
        outcome = cms.deliver(cms.submit(Kind.CLEANUP, product_id="p1", delete_product=True))
    assert outcome.ending is Ending.RETRYING
    assert outcome.job is not None
    assert "Cleanup incomplete" in outcome.job.message


def test_cleanup_in_small_slices_of_time_ends(cms: CleanupWorld, server: DirectusServer) -> None:
    seed(server)
    cms.analysed(product_id="p1")
    job = cms.submit(Kind.CLEANUP, product_id="p1")
    deliveries = 0
    while not (stored := cms.store.get(job.job_id)) or not stored.status.terminal:
        seconds = iter([100.0])
        cms.deliver(job, lambda: next(seconds, 0.0))  # noqa: B023 - called before the loop goes on
        deliveries += 1
        assert deliveries < 20
    assert stored.status is Status.COMPLETED
    assert left(server) == []

"""Cleanup of what is stored here, without Directus."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind, Status
from shared.jobs.runner import Ending
from tests.support.worlds.cleanup import ALICE, BOB, CleanupWorld

COUNTS = {"kept_validated": 0, "kept_ancestors": 0, "deleted": {}}


def test_files_of_every_job_about_the_document_go(world: CleanupWorld) -> None:
    jobs = [world.analysed(document_id="d1", files=n) for n in (2, 5)]
    other = world.analysed(document_id="d2")
    document = world.uploaded("d1")
    result = world.result(document_id="d1")
    assert result == {**COUNTS, "success": True, "objects": 7, "jobs": 2, "dry_run": False}
    assert [world.files_of(job) for job in jobs] == [[], []]
    assert len(world.files_of(other)) == 3
    # The records stay as history, and the upload stays unless it was to go.
    assert world.store.get(jobs[0].job_id) == jobs[0]
    assert world.documents.get("d1") == document
    assert world.files.head(document.key) is not None


def test_files_of_a_product_go_whoever_analysed_it(world: CleanupWorld) -> None:
    job = world.analysed(BOB, product_id="p1")
    assert world.result(ALICE, product_id="p1")["objects"] == 3
    assert world.files_of(job) == []


def test_upload_goes_with_delete_product(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    assert world.result(document_id="d1", delete_product=True)["objects"] == 1
    assert world.files.head(document.key) is None
    assert world.documents.get("d1") is None


def test_dry_run_counts_and_keeps_everything(world: CleanupWorld) -> None:
    world.analysed(document_id="d1")
    world.uploaded("d1")
    before = world.files.keys()
    result = world.result(document_id="d1", delete_product=True, dry_run=True)
    # Two files that the record names, and the upload; success would say that nothing is left.
    assert result == {**COUNTS, "success": False, "objects": 3, "jobs": 1, "dry_run": True}
    assert set(before) <= set(world.files.keys())
    assert world.documents.get("d1") is not None


def test_dry_run_of_what_is_clean_already_is_a_success(world: CleanupWorld) -> None:
    world.analysed(document_id="d1")
    assert world.result(document_id="d1")["objects"] == 3
    again = world.result(document_id="d1", dry_run=True)
    assert (again["success"], again["objects"]) == (True, 0)


def test_dry_run_without_an_upload_or_its_record(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    world.files.delete_prefix(document.prefix)
    assert world.result(document_id="d1", delete_product=True, dry_run=True)["success"] is True


def test_repeating_finds_nothing_more_but_is_no_error(world: CleanupWorld) -> None:
    world.analysed(document_id="d1")
    world.result(document_id="d1")
    result = world.result(document_id="d1")
    assert (result["success"], result["jobs"], result["objects"]) == (True, 1, 0)


@pytest.mark.parametrize(
    ("params", "problem"),
    [({"document_id": "d9"}, "unknown-document"), ({"product_id": "p9"}, "unknown-product")],
)
def test_what_nobody_knows_is_a_permanent_error_each_time(
    world: CleanupWorld, params: dict[str, Any], problem: str
) -> None:
    assert world.problem(**params) == problem
    assert world.problem(**params) == problem


def test_product_cannot_be_deleted_without_directus(world: CleanupWorld) -> None:
    job = world.analysed(product_id="p1")
    assert world.problem(product_id="p1", delete_product=True) == "directus-not-configured"
    assert len(world.files_of(job)) == 3


def test_another_owners_document_is_unknown(world: CleanupWorld) -> None:
    job = world.analysed(BOB, document_id="d1")
    document = world.uploaded("d1", BOB)
    assert world.problem(ALICE, document_id="d1", delete_product=True) == "unknown-document"
    assert len(world.files_of(job)) == 3
    assert world.files.head(document.key) is not None


@pytest.mark.parametrize("claim", [{}, {"as_admin": False}, {"as_admin": "yes"}, {"as_admin": 1}])
def test_another_owners_jobs_about_ones_document_are_left_alone(
    world: CleanupWorld, claim: dict[str, Any]
) -> None:
    theirs, mine = world.analysed(BOB, document_id="d1"), world.analysed(ALICE, document_id="d1")
    world.uploaded("d1", ALICE)
    assert world.result(ALICE, document_id="d1", **claim)["jobs"] == 1
    assert (len(world.files_of(theirs)), world.files_of(mine)) == (3, [])


def test_admin_removes_anybodys(world: CleanupWorld) -> None:
    job = world.analysed(BOB, document_id="d1")
    document = world.uploaded("d1", BOB)
    assert world.result(ALICE, document_id="d1", as_admin=True, delete_product=True)["objects"] == 4
    assert world.files_of(job) == []
    assert world.files.head(document.key) is None


def test_analysis_still_active_makes_the_cleanup_wait(world: CleanupWorld) -> None:
    analysis = world.submit(Kind.ANALYSIS, document_id="d1")
    cleanup = world.submit(Kind.CLEANUP, document_id="d1")
    outcome = world.deliver(cleanup)
    assert outcome.ending is Ending.RETRYING
    assert outcome.job is not None
    assert outcome.job.not_before == world.now + timedelta(seconds=5)
    world.failed(analysis)
    world.now += timedelta(seconds=5)
    assert world.deliver(cleanup).ending is Ending.COMPLETED


def test_analysis_that_never_ends_fails_the_cleanup_after_a_day_with_the_reason(world: CleanupWorld) -> None:
    world.submit(Kind.ANALYSIS, product_id="p1")
    cleanup = world.submit(Kind.CLEANUP, product_id="p1")
    began, waits = world.now, []
    while (job := world.deliver(cleanup).job) is not None and job.not_before is not None:
        assert job.attempt == 1
        waits.append((job.not_before - world.now).total_seconds())
        world.now = job.not_before
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5, 600)
    assert timedelta(hours=24) <= world.now - began <= timedelta(hours=24, minutes=10)
    assert job is not None
    assert job.error is not None
    assert job.error["type"].endswith("analysis-active")
    assert "still queued" in job.error["detail"]
    assert "24 hours" in job.error["detail"]


def test_another_cleanup_keeps_its_notes(world: CleanupWorld) -> None:
    world.analysed(document_id="d1")
    other = world.submit(Kind.CLEANUP, document_id="d1")
    world.files.put(f"jobs/{other.job_id}/1/units/find/000000.json", b"{}", "application/json")
    assert world.result(document_id="d1")["jobs"] == 1
    assert len(world.files_of(other)) == 1


def test_files_of_an_expired_record_go_for_a_product_only(world: CleanupWorld) -> None:
    """Whose document it was is unknown by then, but a product belongs to those who may clean up."""
    of_product, of_document = world.analysed(product_id="p1"), world.analysed(document_id="d1")
    world.analysed(product_id="p1")
    world.analysed(document_id="d1")
    _expire(world, of_product)
    _expire(world, of_document)
    assert world.result(document_id="d1")["jobs"] == 1
    assert len(world.files_of(of_document)) == 3
    assert world.result(product_id="p1", dry_run=True)["objects"] == 3
    assert world.result(product_id="p1")["objects"] == 6
    assert world.files_of(of_product) == []


def test_interrupted_cleanup_goes_on_and_counts_everything_once(world: CleanupWorld) -> None:
    for _ in range(3):
        world.analysed(document_id="d1")
    cleanup = world.submit(Kind.CLEANUP, document_id="d1")
    failures = iter([False, True, False, True])

    def fault(operation: str) -> None:
        if operation == "files.delete" and next(failures, False):
            raise TransientError("aws-unavailable", "S3 answered SlowDown.")

    world.files.fault = fault
    for _ in range(2):
        assert world.deliver(cleanup).ending is Ending.RETRYING
        world.now += timedelta(minutes=1)
    ended = world.deliver(cleanup).job
    assert ended is not None
    assert ended.result is not None
    assert (ended.result["objects"], ended.result["jobs"]) == (9, 3)


def test_cancelled_cleanup_removes_its_own_notes_only(world: CleanupWorld) -> None:
    analysed = world.analysed(document_id="d1")
    cleanup = world.submit(Kind.CLEANUP, document_id="d1")
    world.files.put(f"jobs/{cleanup.job_id}/0/units/x", b"{}", "application/json")
    world.change(cleanup, lambda j: states.request_cancel(j, world.now, "alice"))
    outcome = world.deliver(cleanup)
    assert outcome.job is not None
    assert outcome.job.status is Status.CANCELLED
    assert world.files_of(cleanup) == []
    assert len(world.files_of(analysed)) == 3


def _expire(world: CleanupWorld, job: Job) -> None:
    stored = world.store.get(job.job_id)
    assert stored is not None
    after = replace(stored, version=stored.version + 1, expires_at=world.now)
    world.store.save(stored, Change(after, world.store.events(job.job_id)[-1]))

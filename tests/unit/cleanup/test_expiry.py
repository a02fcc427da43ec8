"""What has expired goes, wherever its removal is interrupted; what has not ended is never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from shared.documents.model import REMOVAL_DELAY
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.model import Job, Kind, Status
from shared.jobs.store import JobNotFoundError
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.faulty import FaultyFiles, FaultyJobs
from tests.support.worlds.cleanup import LEASE, RETENTION, CleanupWorld, nothing_left, run

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class _Stale(FaultyJobs):
    """Lists jobs that are gone, as an index does for a moment."""

    listed: list[str] = field(default_factory=list)

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        return self.listed[:limit]


@dataclass(slots=True)
class _StaleDocuments(MemoryDocuments):
    """Lists every document, as if none had been stored anew."""

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        return list(self._documents)[:limit]


@dataclass(slots=True)
class _Failing(FaultyFiles):
    """Does not remove some jobs' files."""

    bad: set[str] = field(default_factory=set)

    def delete_prefix(self, prefix: str) -> int:
        if prefix in self.bad:
            raise TransientError("aws-unavailable", "S3 answered SlowDown.")
        return FaultyFiles.delete_prefix(self, prefix)


def test_nothing_expires_before_its_time(world: CleanupWorld) -> None:
    world.analysed()
    world.uploaded("d1")
    world.now += RETENTION - MINUTE
    run(world)
    assert len(world.files.keys()) == 4


def test_expired_job_goes_with_every_file_and_record(world: CleanupWorld) -> None:
    world.analysed(document_id="d1", files=5)
    world.now += RETENTION
    run(world, expired_jobs=1)
    assert nothing_left(world)
    run(world)


def test_time_of_a_job_counts_from_its_end(world: CleanupWorld) -> None:
    job = world.submit(Kind.ANALYSIS)
    world.now += timedelta(days=80)
    ended = world.failed(job)
    assert ended.expires_at == world.now + RETENTION
    world.now += RETENTION - MINUTE
    run(world)
    assert world.store.get(job.job_id) == ended
    world.now += MINUTE
    run(world, expired_jobs=1)


@pytest.mark.parametrize("operation", ["files.delete", "jobs.remove", "jobs.expired"])
def test_interrupted_removal_is_done_by_the_next_run(world: CleanupWorld, operation: str) -> None:
    world.analysed()
    world.now += RETENTION
    failures = iter([operation])

    def fault(name: str) -> None:
        if name == operation and next(failures, None):
            raise TransientError("aws-unavailable", "Try again.")

    world.store.fault = world.files.fault = fault
    run(world, removal_errors=1)
    assert list(world.store._jobs) != []
    run(world, expired_jobs=1)
    assert nothing_left(world)


def test_one_that_cannot_be_removed_never_stops_the_others(world: CleanupWorld) -> None:
    jobs = [world.analysed() for _ in range(7)]
    world.now += RETENTION
    world.files = _Failing(bad={f"jobs/{job.job_id}/" for job in jobs[:4]})
    run(world, expired_jobs=3, removal_errors=4)


def test_run_ends_in_time_and_the_next_one_goes_on(world: CleanupWorld) -> None:
    for _ in range(5):
        world.analysed()
    world.uploaded("d1")
    world.now += RETENTION + REMOVAL_DELAY
    seconds = iter([50.0, 6.0, 4.0])
    removed = world.expiry().run(lambda: next(seconds))
    assert (removed.expired_jobs, removed.removal_cut_short) == (2, 1)
    run(world, expired_jobs=3, expired_documents=1)
    assert nothing_left(world)


def test_job_that_an_index_still_lists_is_gone_already(world: CleanupWorld) -> None:
    job = world.analysed()
    world.now += RETENTION
    world.store.remove(job.job_id)
    world.store = _Stale(world.clock, listed=[job.job_id])
    run(world)


def test_list_that_cannot_be_read_is_an_error_of_the_run(world: CleanupWorld) -> None:
    def fault(operation: str) -> None:
        raise TransientError("aws-unavailable", operation)

    world.store.fault = fault
    with pytest.raises(TransientError):
        world.expiry().run()


# --- Documents -----------------------------------------------------------------------------------------


def test_expired_document_is_hidden_and_goes_a_little_later(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    kept = world.uploaded("d2")
    world.documents.put(replace(kept, expires_at=None))
    world.now += RETENTION
    assert world.documents.get("d1") is None
    # A submission that saw it a moment ago may still be on its way to the index.
    run(world)
    world.now += REMOVAL_DELAY
    run(world, expired_documents=1)
    assert world.files.head(document.key) is None
    assert world.documents.expired("d1") is None
    assert world.documents.get("d2") is not None
    run(world)


def test_document_that_was_stored_anew_meanwhile_stays(world: CleanupWorld) -> None:
    """A repeated request may upload it again under the same id, and the index still has the old entry."""
    document = world.uploaded("d1")
    world.now += RETENTION + REMOVAL_DELAY
    world.documents.put(replace(document, expires_at=world.now + RETENTION))
    world.documents = _StaleDocuments(world.clock, _documents=world.documents._documents)
    run(world)
    assert world.files.head(document.key) is not None


@pytest.mark.parametrize("operation", ["files.delete", "documents.delete", "jobs.by_subject"])
def test_interrupted_removal_of_a_document_is_done_by_the_next_run(
    world: CleanupWorld, operation: str
) -> None:
    world.uploaded("d1")
    world.now += RETENTION + REMOVAL_DELAY
    failures = iter([operation])

    def fault(name: str) -> None:
        if name == operation and next(failures, None):
            raise TransientError("aws-unavailable", "Try again.")

    world.store.fault = world.files.fault = world.documents.fault = fault
    run(world, removal_errors=1)
    assert world.documents.expired("d1") is not None
    run(world, expired_documents=1)
    assert nothing_left(world)


def _paused(world: CleanupWorld, job: Job) -> None:
    world.change(job, lambda j: states.request_pause(j, world.now, "alice"))


def _running(world: CleanupWorld, job: Job) -> None:
    world.change(job, lambda j: states.take(j, world.now, "worker", LEASE))


@pytest.mark.parametrize("prepare", [lambda *_: None, _paused, _running], ids=["queued", "paused", "running"])
def test_document_stays_as_long_as_a_job_is_to_read_it(
    world: CleanupWorld, prepare: Callable[[CleanupWorld, Job], None]
) -> None:
    document = world.uploaded("d1")
    world.now += RETENTION - MINUTE
    world.analysed(document_id="d1")
    job = world.submit(Kind.ANALYSIS, document_id="d1")
    prepare(world, job)
    world.now += MINUTE + REMOVAL_DELAY
    run(world, in_use=1)
    assert world.files.head(document.key) is not None
    stored = world.store.get(job.job_id)
    assert stored is not None
    world.change(job, lambda j: states.request_cancel(j, world.now, "alice"))
    run(world, in_use=1)
    world.now += LEASE
    world.change(job, lambda j: states.take(j, world.now, "worker", LEASE))
    world.change(job, lambda j: states.cancelled(j, j.fence, world.now))
    run(world, expired_documents=1)
    assert world.files.head(document.key) is None


# --- Jobs whose time is over before they have ended ------------------------------------------------------


@pytest.mark.parametrize("prepare", [lambda *_: None, _paused], ids=["queued", "paused"])
def test_job_whose_time_is_over_fails_with_the_reason_and_goes_much_later(
    world: CleanupWorld, prepare: Callable[[CleanupWorld, Job], None]
) -> None:
    job = world.submit(Kind.ANALYSIS)
    prepare(world, job)
    world.now += RETENTION - MINUTE
    assert world.reconciler().run().failed == 0
    world.now += MINUTE
    run(world)
    report = world.reconciler().run()
    assert (report.failed, report.resent) == (1, 0)
    failed = world.store.get(job.job_id)
    assert failed is not None
    assert failed.error is not None
    assert (failed.status, failed.error["type"].rpartition(":")[2]) == (Status.FAILED, "job-expired")
    assert ("left paused" in failed.error["detail"]) is (prepare is _paused)
    assert world.store.events(job.job_id)[-1].actor == "reconciler"
    assert failed.expires_at == world.now + RETENTION
    world.now += RETENTION
    run(world, expired_jobs=1)
    assert nothing_left(world)


def test_live_worker_is_left_alone_whatever_the_time(world: CleanupWorld) -> None:
    job = world.submit(Kind.ANALYSIS)
    world.now += RETENTION - MINUTE
    _running(world, job)
    world.now += MINUTE
    world.store.renew(job.job_id, 1, world.now + LEASE)
    assert not any(world.reconciler().run().to_dict().values())
    world.now += LEASE
    assert world.reconciler().run().failed == 1


def test_job_past_its_time_can_be_cancelled_until_it_is_failed(world: CleanupWorld) -> None:
    job = world.submit(Kind.ANALYSIS)
    _paused(world, job)
    world.now += RETENTION + MINUTE
    asked = world.change(job, lambda j: states.request_cancel(j, world.now, "alice"))
    assert asked.cancel_requested
    assert world.reconciler().run().failed == 1
    with pytest.raises(states.RefusedError):
        world.change(job, lambda j: states.request_resume(j, world.now, "alice"))
    world.now += RETENTION
    with pytest.raises(JobNotFoundError):
        world.change(job, lambda j: states.request_resume(j, world.now, "alice"))

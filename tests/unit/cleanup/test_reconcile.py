from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.cleanup.reconcile.reconciler import Reconciler
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.model import Change, Job, Kind, Status, Unit
from tests.support.memory.faulty import FaultyJobs
from tests.support.worlds.cleanup import LEASE, CleanupWorld

OVERDUE = timedelta(minutes=2)


@pytest.fixture
def reconciler(world: CleanupWorld) -> Reconciler:
    return world.reconciler()


def run(reconciler: Reconciler, **expected: int) -> None:
    """Run once; every count that is not expected is zero."""
    report = reconciler.run().to_dict()
    assert report == {**dict.fromkeys(report, 0), **expected}


def sent(world: CleanupWorld) -> list[str]:
    return [message.job_id for _, message in world.queue.messages]


def test_nothing_due_changes_nothing(world: CleanupWorld, reconciler: Reconciler) -> None:
    world.submit(Kind.ANALYSIS)
    run(reconciler)
    assert sent(world) == []


def test_job_without_message_is_sent_again_and_then_left_for_longer(
    world: CleanupWorld, reconciler: Reconciler
) -> None:
    job = world.submit(Kind.ANALYSIS)
    world.now += OVERDUE
    run(reconciler, resent=1)
    assert [m.reason for _, m in world.queue.messages] == ["reconciled"]
    assert [m.kind for _, m in world.queue.messages] == [Kind.ANALYSIS]
    run(reconciler)
    world.now += OVERDUE
    run(reconciler, resent=1)
    assert sent(world) == [job.job_id, job.job_id]


def test_job_of_a_lost_worker_is_taken_back(world: CleanupWorld, reconciler: Reconciler) -> None:
    job = world.submit(Kind.ANALYSIS)
    taken = world.change(job, lambda j: states.take(j, world.now, "worker", LEASE))
    world.now += OVERDUE
    run(reconciler, resent=1)
    after = world.store.get(job.job_id)
    assert after is not None
    assert (after.status, after.attempt, after.fence) == (Status.QUEUED, 2, taken.fence + 1)


def test_job_beyond_help_fails_with_the_reason_and_is_not_sent(
    world: CleanupWorld, reconciler: Reconciler
) -> None:
    job = world.submit(Kind.ANALYSIS)
    for _ in range(job.max_attempts):
        world.change(job, lambda j: states.take(j, world.now, "worker", LEASE))
        world.now += OVERDUE
    run(reconciler, failed=1)
    after = world.store.get(job.job_id)
    assert after is not None
    assert after.error is not None
    assert after.error["type"].endswith("worker-lost")
    assert sent(world) == []


def test_all_pages_are_worked_through(world: CleanupWorld, reconciler: Reconciler) -> None:
    jobs = [world.submit(Kind.CLEANUP) for _ in range(10)]
    world.now += OVERDUE
    run(reconciler, resent=10)
    assert sorted(sent(world)) == sorted(job.job_id for job in jobs)


def test_failing_jobs_never_stop_the_others(world: CleanupWorld, reconciler: Reconciler) -> None:
    bad = {world.submit(Kind.ANALYSIS).job_id for _ in range(4)}
    good = {world.submit(Kind.ANALYSIS).job_id for _ in range(4)}
    world.store = _Failing(world.store, bad)
    world.now += OVERDUE
    run(Reconciler(world.store, world.queue, world.clock, page=3), resent=4, errors=4)
    assert set(sent(world)) == good


def test_message_that_cannot_be_sent_leaves_the_job_for_the_next_run(
    world: CleanupWorld, reconciler: Reconciler
) -> None:
    world.submit(Kind.ANALYSIS)
    world.now += OVERDUE

    def fault(_operation: str) -> None:
        raise TransientError("aws-unavailable", "SQS answered 503.")

    world.queue.fault, healthy = fault, world.queue.fault
    run(reconciler, errors=1)
    world.queue.fault = healthy
    world.now += 2 * OVERDUE
    run(reconciler, resent=1)


def test_jobs_that_are_gone_or_settled_meanwhile_are_passed_over(
    world: CleanupWorld, reconciler: Reconciler
) -> None:
    gone, settled, due = (world.submit(Kind.ANALYSIS) for _ in range(3))
    world.now += OVERDUE
    stale = _Stale(world.store, world.store.due(world.now, 10))
    world.store.remove(gone.job_id)
    world.change(settled, lambda j: states.take(j, world.now, "worker", LEASE))
    run(Reconciler(stale, world.queue, world.clock), settled=2, resent=1)
    assert sent(world) == [due.job_id]


def test_run_ends_in_time(world: CleanupWorld, reconciler: Reconciler) -> None:
    for _ in range(5):
        world.submit(Kind.ANALYSIS)
    world.now += OVERDUE
    seconds = iter([50.0, 6.0, 4.0])
    report = reconciler.run(lambda: next(seconds))
    assert (report.resent, report.cut_short) == (2, 1)
    run(reconciler, resent=3)


def test_list_that_cannot_be_read_is_an_error_of_the_run(world: CleanupWorld, reconciler: Reconciler) -> None:
    def fault(operation: str) -> None:
        raise TransientError("aws-unavailable", operation)

    world.store.fault = fault
    with pytest.raises(TransientError):
        reconciler.run()


class _Failing(FaultyJobs):
    """Does not write some jobs."""

    def __init__(self, store: FaultyJobs, bad: set[str]) -> None:
        super().__init__(store.clock, store.fault)
        self._jobs, self._events = store._jobs, store._events
        self._bad = bad

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        if before.job_id in self._bad:
            raise TransientError("aws-unavailable", "DynamoDB answered 500.")
        FaultyJobs.save(self, before, change, unit)


class _Stale(FaultyJobs):
    """Lists the jobs that were due a moment ago, as an index does."""

    def __init__(self, store: FaultyJobs, listed: list[str]) -> None:
        super().__init__(store.clock, store.fault)
        self._jobs, self._events = store._jobs, store._events
        self._listed = listed

    def due(self, now: datetime, limit: int) -> list[str]:
        return self._listed[:limit]

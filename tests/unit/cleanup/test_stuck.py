"""Every state that a job can be stuck in: the schedule finds it, and it ends, with the reason if it failed.

In each of them nobody is at work any more and no message is on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.cleanup.reconcile.reconciler import Reconciler
from shared.directus.product_lock import DURATION, ProductLock
from shared.errors import BusyError, TransientError
from shared.jobs import states
from shared.jobs.execution import Ending
from shared.jobs.model import Job, Status
from shared.jobs.store import edit
from tests.contracts.jobs import LEASE
from tests.support.memory.leases import MemoryLeases
from tests.support.worlds.runner import STEPS, CrashError, RunnerWorld, raising

Prepare = Callable[[RunnerWorld, Job], None]


@pytest.fixture
def shop() -> RunnerWorld:
    return RunnerWorld()


def recover(shop: RunnerWorld, minutes: int) -> None:
    """Let time pass, with the schedule each minute and a worker for every message; workers may die."""
    reconciler = Reconciler(shop.store, shop.queue, shop.clock)
    for _ in range(minutes):
        shop.clock.advance(minutes=1)
        reconciler.run()
        work(shop)


def work(shop: RunnerWorld) -> None:
    while (message := shop.queue.receive()) is not None:
        try:
            shop.worker().handle(message)
        except CrashError:
            continue


def dies(shop: RunnerWorld, job: Job, stage: str = "read", index: int = 2) -> None:
    """Let a worker die in the middle of a unit."""
    shop.on(stage, index, raising(CrashError()))
    with pytest.raises(CrashError):
        shop.deliver(job)


def never_sent(_shop: RunnerWorld, _job: Job) -> None:
    """The process died between the record and the message."""


def dead_worker(shop: RunnerWorld, job: Job) -> None:
    dies(shop, job)


def dead_before_its_first_unit(shop: RunnerWorld, job: Job) -> None:
    shop.take(job)


def lost_retry(shop: RunnerWorld, job: Job) -> None:
    shop.on("read", 1, raising(TransientError("engine-unavailable", "Busy.")))
    assert shop.deliver(job).ending is Ending.RETRYING


def lost_continuation(shop: RunnerWorld, job: Job) -> None:
    ticks = iter([1000.0, 0.0])
    assert shop.deliver(job, lambda: next(ticks)).ending is Ending.CONTINUED


def lost_resume(shop: RunnerWorld, job: Job) -> None:
    shop.ask(states.request_pause, job)
    shop.ask(states.request_resume, job)


def lost_unlock(shop: RunnerWorld, job: Job) -> None:
    shop.take(job)
    edit(shop.store, job.job_id, lambda j: states.unlock(j, shop.clock(), "root"))


def lost_reconciliation(shop: RunnerWorld, job: Job) -> None:
    """The reconciler itself died between the record and the message."""
    shop.clock.advance(seconds=states.RESEND_AFTER.total_seconds())
    edit(shop.store, job.job_id, lambda j: states.reconcile(j, shop.clock()) or pytest.fail("not due"))


COMPLETING = [
    never_sent,
    dead_worker,
    dead_before_its_first_unit,
    lost_retry,
    lost_continuation,
    lost_resume,
    lost_unlock,
    lost_reconciliation,
]


def cancelled_while_queued(shop: RunnerWorld, job: Job) -> None:
    shop.ask(states.request_cancel, job)


def cancelled_while_paused(shop: RunnerWorld, job: Job) -> None:
    lost_continuation(shop, job)
    shop.ask(states.request_pause, job)
    shop.ask(states.request_cancel, job)


def cancelled_with_a_dead_worker(shop: RunnerWorld, job: Job) -> None:
    dies(shop, job)
    shop.ask(states.request_cancel, job)


def cancelled_and_dead_during_the_removal(shop: RunnerWorld, job: Job) -> None:
    cancelled_while_paused(shop, job)
    shop.toy.undo_hook = raising(CrashError())
    with pytest.raises(CrashError):
        shop.deliver(job)
    shop.toy.undo_hook = lambda: None


def pause_and_cancel_with_a_dead_worker(shop: RunnerWorld, job: Job) -> None:
    dies(shop, job)
    shop.ask(states.request_pause, job)
    shop.ask(states.request_cancel, job)


CANCELLING = [
    cancelled_while_queued,
    cancelled_while_paused,
    cancelled_with_a_dead_worker,
    cancelled_and_dead_during_the_removal,
    pause_and_cancel_with_a_dead_worker,
]


@pytest.mark.parametrize("prepare", COMPLETING)
def test_goes_on_and_completes(shop: RunnerWorld, prepare: Prepare) -> None:
    job = shop.submit()
    prepare(shop, job)
    shop.queue.messages.clear()
    recover(shop, 5)
    after = shop.job(job)
    assert (after.status, after.result) == (Status.COMPLETED, {"sum": 1111})
    assert after.lease_until is None
    assert after.worker_id == ""
    # What was finished before is not done again; the unit that was cut short is.
    assert sum(shop.toy.done.values()) <= len(STEPS) + 1


@pytest.mark.parametrize("prepare", CANCELLING)
def test_is_cancelled_and_leaves_nothing(shop: RunnerWorld, prepare: Prepare) -> None:
    job = shop.submit()
    prepare(shop, job)
    shop.queue.messages.clear()
    recover(shop, 5)
    after = shop.job(job)
    assert after.status is Status.CANCELLED
    assert after.lease_until is None
    assert shop.files.keys() == []


def test_pause_asked_of_a_worker_that_died_is_obeyed(shop: RunnerWorld) -> None:
    job = shop.submit()
    dies(shop, job)
    shop.ask(states.request_pause, job)
    shop.queue.messages.clear()
    recover(shop, 5)
    after = shop.job(job)
    assert (after.status, after.pause_requested, after.lease_until) == (Status.PAUSED, False, None)
    shop.ask(states.request_resume, job)
    recover(shop, 5)
    assert shop.job(job).status is Status.COMPLETED


@pytest.mark.parametrize("lost", [True, False], ids=["message lost", "message hops"])
def test_attempt_in_hours_is_made_then_and_not_before(shop: RunnerWorld, *, lost: bool) -> None:
    job = shop.submit()
    hours = 3 * 3600
    shop.on("read", 1, raising(TransientError("rate-limited", "Later.", retry_after=hours)))
    due = shop.clock.now + timedelta(seconds=hours)
    assert shop.deliver(job).ending is Ending.RETRYING
    if lost:
        shop.queue.messages.clear()
    recover(shop, hours // 60 - 1)
    assert shop.job(job).status is Status.QUEUED
    recover(shop, 3)
    after = shop.job(job)
    assert after.status is Status.COMPLETED
    assert after.completed_at is not None
    assert due <= after.completed_at <= due + 2 * states.RESEND_AFTER
    assert ("resent" in shop.history(job)) is lost


def test_job_that_kills_every_worker_fails_with_the_reason(shop: RunnerWorld) -> None:
    job = shop.submit()
    shop.toy.hook = lambda stage, index: raising(CrashError())() if (stage, index) == ("read", 2) else None
    recover(shop, 30)
    after = shop.job(job)
    assert after.status is Status.FAILED
    assert after.error is not None
    assert after.error["type"].endswith("worker-lost")
    assert "5 times" in after.error["detail"]
    assert "2 of 4 in stage 'read'" in after.error["detail"]
    assert after.lease_until is None
    assert shop.history(job).count("started") == after.max_attempts
    # Nobody is bothered with it any more.
    assert shop.queue.messages == []


def test_waiting_job_is_not_sent_again_and_again(shop: RunnerWorld) -> None:
    """The queue is only long: copies of its messages must not make it longer and longer."""
    job = shop.submit()
    reconciler = Reconciler(shop.store, shop.queue, shop.clock)
    for _ in range(4 * 24 * 60):
        shop.clock.advance(minutes=1)
        reconciler.run()
    copies = [at - job.created_at for at, _ in shop.queue.messages]
    assert len([wait for wait in copies if wait < timedelta(days=1)]) <= 11
    assert len(copies) <= 17
    work(shop)
    assert shop.job(job).status is Status.COMPLETED
    assert shop.history(job).count("started") == 1


def test_message_without_a_job_is_dropped(shop: RunnerWorld) -> None:
    job = shop.submit()
    message = shop.message(job)
    shop.store.remove(job.job_id)
    shop.queue.send(message)
    recover(shop, 5)
    assert shop.queue.messages == []


def test_live_lease_is_left_alone(shop: RunnerWorld) -> None:
    job = shop.submit()
    taken = shop.take(job)
    reconciler = Reconciler(shop.store, shop.queue, shop.clock)
    for _ in range(10):
        shop.clock.advance(minutes=1)
        assert shop.store.renew(job.job_id, taken.fence, shop.clock.now + LEASE)
        assert not any(reconciler.run().to_dict().values())


def test_lease_of_a_product_that_a_lost_worker_left_behind_runs_out(shop: RunnerWorld) -> None:
    lock = ProductLock(MemoryLeases(shop.clock), shop.store, "https://cms.example", shop.clock)
    lost, next_one = shop.submit(params={"product_id": "p1"}), shop.submit(params={"product_id": "p1"})
    lock.take(lost)
    dies(shop, lost)
    # The job itself goes on at once, under the lease it had.
    assert lock.take(shop.job(lost)).fence == 2
    with pytest.raises(BusyError) as busy:
        lock.take(next_one)
    assert busy.value.retry_after is not None
    assert busy.value.retry_after <= DURATION.total_seconds() + 1
    shop.clock.advance(seconds=DURATION.total_seconds())
    assert lock.take(next_one).holder == next_one.job_id


def test_waiting_for_a_turn_that_never_comes_ends_with_the_reason(shop: RunnerWorld) -> None:
    job = shop.submit()
    busy = BusyError("product-busy", "Another job is writing below the product.", retry_after=600)
    shop.toy.hook = lambda *_: raising(busy)()
    shop.queue.send(shop.message(job))
    recover(shop, 24 * 60 - 10)
    waiting = shop.job(job)
    assert (waiting.status, waiting.attempt) == (Status.QUEUED, 1)
    recover(shop, 30)
    after = shop.job(job)
    assert after.status is Status.FAILED
    assert after.error is not None
    assert after.error["type"].endswith("product-busy")
    assert "24 hours" in after.error["detail"]


def test_progress_ends_the_count_of_waiting(shop: RunnerWorld) -> None:
    job = shop.submit()
    busy = BusyError("product-busy", "Busy.", retry_after=60)
    shop.on("read", 0, raising(busy))
    shop.queue.send(shop.message(job))
    recover(shop, 1)
    first = shop.job(job).busy_since
    shop.on("read", 2, raising(busy))
    recover(shop, 1)
    second = shop.job(job).busy_since
    assert first is not None
    assert second == first + timedelta(minutes=1)
    recover(shop, 1)
    assert shop.job(job).status is Status.COMPLETED
    assert shop.job(job).busy_since is None

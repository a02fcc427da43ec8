from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from functions.cleanup.reconcile.reconciler import Reconciler
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.execution import Ending, ExecutionLimits
from shared.jobs.model import Kind, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner, unlimited
from shared.jobs.store import edit
from shared.memory.jobs import MemoryJobs
from tests.contracts.jobs import LEASE, FakeClock, new_job, submit
from tests.support.worlds.runner import STEPS, CrashError, RunnerWorld, raising


class TestLoss:
    @pytest.mark.parametrize(("stage", "index"), STEPS)
    def test_job_of_a_dead_worker_is_taken_over(self, shop: RunnerWorld, stage: str, index: int) -> None:
        job = shop.submit()
        shop.on(stage, index, raising(CrashError()))
        with pytest.raises(CrashError):
            shop.deliver(job)
        assert shop.deliver(job).ending is Ending.IGNORED
        shop.clock.advance(seconds=LEASE.total_seconds())
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert [step for step, times in shop.toy.done.items() if times > 1] == [(stage, index)]
        assert (shop.job(job).fence, shop.job(job).attempt) == (2, 2)

    def test_late_worker_changes_nothing_any_more(self, shop: RunnerWorld) -> None:
        job = shop.submit()

        def sleep() -> None:
            shop.clock.advance(seconds=LEASE.total_seconds())
            assert shop.worker().handle(JobMessage(job.job_id, job.kind)).ending is Ending.COMPLETED

        shop.on("read", 2, sleep)
        assert shop.deliver(job).ending is Ending.FENCED
        after = shop.job(job)
        assert (after.status, after.fence, after.result) == (Status.COMPLETED, 2, {"sum": 1111})
        assert all("/2/" in artifact.key for artifact in after.artifacts.values())
        assert shop.history(job).count("completed") == 1

    def test_late_worker_leaves_no_file_behind_a_cancellation(self, shop: RunnerWorld) -> None:
        job = shop.submit()

        def sleep() -> None:
            shop.clock.advance(seconds=LEASE.total_seconds())
            shop.ask(states.request_cancel, job)
            assert shop.worker().handle(JobMessage(job.job_id, job.kind)).ending is Ending.CANCELLED

        shop.on("read", 2, sleep)
        assert shop.deliver(job).ending is Ending.FENCED
        assert shop.files.keys() == []

    def test_late_worker_leaves_no_file_behind_a_removal(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.on("read", 2, lambda: shop.store.remove(job.job_id))
        assert shop.deliver(job).ending is Ending.FENCED
        assert shop.files.keys() == []
        assert shop.store.units(job.job_id) == []
        assert shop.store.events(job.job_id) == []

    def test_late_worker_sees_the_other_before_its_next_unit(self, shop: RunnerWorld) -> None:
        job = shop.submit()

        def take_over() -> None:
            shop.clock.advance(seconds=LEASE.total_seconds())
            edit(shop.store, job.job_id, lambda j: states.take(j, shop.clock(), "w2", LEASE))

        shop.toy.finish_hook = take_over
        assert shop.deliver(job).ending is Ending.FENCED
        assert shop.job(job).worker_id == "w2"

    def test_heartbeat_that_fails_stops_the_work(self, shop: RunnerWorld) -> None:
        limits = ExecutionLimits(timedelta(milliseconds=3), timedelta(seconds=20))
        store, kinds = _NoRenewal(shop.clock), {Kind.ANALYSIS: shop.toy}
        runner = Runner(store, shop.files, shop.queue, kinds, limits=limits, clock=shop.clock)
        job = submit(store, new_job(shop.clock))
        shop.toy.hook = lambda _stage, _index: store.wait()
        assert runner.handle(JobMessage(job.job_id, job.kind)).ending is Ending.FENCED
        assert sum(shop.toy.done.values()) == 1

    @pytest.mark.parametrize("ending", [Ending.CONTINUED, Ending.RETRYING])
    def test_a_message_that_cannot_be_sent_costs_no_attempt(self, shop: RunnerWorld, ending: Ending) -> None:
        """The record waits already: the reconciler sends the message that is missing."""
        job = shop.submit(max_attempts=2)
        left = iter([100.0, 100.0])
        if ending is Ending.RETRYING:
            shop.on("read", 2, raising(TransientError("aws-unavailable", "S3 answered 503.")))

        def fault(_operation: str) -> None:
            raise TransientError("aws-unavailable", "SQS answered 503.")

        shop.queue.fault = fault
        outcome = shop.deliver(job, unlimited if ending is Ending.RETRYING else lambda: next(left, 0.0))
        assert outcome.ending is ending
        shop.queue.fault = lambda _operation: None
        assert shop.job(job).attempt == (2 if ending is Ending.RETRYING else 1)
        shop.clock.advance(hours=1)
        assert Reconciler(shop.store, shop.queue, shop.clock).run().resent == 1
        assert shop.deliver(job).ending is Ending.COMPLETED


class _NoRenewal(MemoryJobs):
    """Says of every lease that it is lost, once ``wait`` was called."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.refusing = False

    def renew(self, job_id: str, fence: int, lease_until: Any) -> bool:
        return not self.refusing

    def wait(self) -> None:
        """Refuse from now on, and wait until the heartbeat has heard it."""
        self.refusing = True
        for thread in threading.enumerate():
            if thread.name.startswith("lease-"):
                thread.join(10)

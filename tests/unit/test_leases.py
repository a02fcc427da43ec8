"""Leases in memory, and the lock on a product that is made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.local.template import resources_of
from shared.directus.product_lock import DURATION, ProductLock
from shared.errors import BusyError
from shared.jobs.model import Job, Status
from shared.leases import LeaseLostError
from shared.memory.jobs import MemoryJobs
from tests.contracts.jobs import FakeClock, new_job, submit
from tests.contracts.leases import LeasesContract
from tests.support import shipped
from tests.support.memory.leases import MemoryLeases

URL = "https://cms.example.com"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def leases(clock: FakeClock) -> MemoryLeases:
    return MemoryLeases(clock)


class TestMemoryLeases(LeasesContract):
    pass


class TestProductLock:
    @pytest.fixture
    def jobs(self, clock: FakeClock) -> MemoryJobs:
        return MemoryJobs(clock)

    @pytest.fixture
    def lock(self, leases: MemoryLeases, jobs: MemoryJobs, clock: FakeClock) -> ProductLock:
        return ProductLock(leases, jobs, URL, clock)

    def make(self, jobs: MemoryJobs, clock: FakeClock, status: Status = Status.RUNNING) -> Job:
        params = {"product_id": "p1"}
        return submit(jobs, new_job(clock, params=params, status=status, started_at=clock()))

    @pytest.mark.parametrize(
        ("status", "free"),
        [
            (Status.RUNNING, False),
            (Status.QUEUED, False),
            (Status.PAUSED, False),
            # A job that was given up may have a worker that has not heard of it.
            (Status.FAILED, False),
            (Status.COMPLETED, True),
            (Status.CANCELLED, True),
        ],
    )
    def test_it_ends_with_the_job_that_holds_it(
        self, lock: ProductLock, jobs: MemoryJobs, clock: FakeClock, status: Status, *, free: bool
    ) -> None:
        held = lock.take(self.make(jobs, clock, status))
        second = self.make(jobs, clock)
        if free:
            assert lock.take(second).fence == 2
            with pytest.raises(LeaseLostError):
                lock.keep(held)
            return
        with pytest.raises(BusyError) as busy:
            lock.take(second)
        assert busy.value.code == "product-busy"
        assert held.holder in busy.value.detail

    def test_a_holder_without_a_record_is_waited_for(
        self, lock: ProductLock, jobs: MemoryJobs, clock: FakeClock
    ) -> None:
        lock.take(new_job(clock, params={"product_id": "p1"}))
        with pytest.raises(BusyError):
            lock.take(self.make(jobs, clock))
        clock.advance(seconds=DURATION.total_seconds())
        assert lock.take(self.make(jobs, clock)).fence == 2

    def test_waits_grow_and_end_with_the_lease(
        self, lock: ProductLock, jobs: MemoryJobs, clock: FakeClock
    ) -> None:
        lock.take(self.make(jobs, clock))
        waiting = self.make(jobs, clock)
        waits = []
        for seconds in (0, 20, 400, 535):
            clock.advance(seconds=seconds)
            with pytest.raises(BusyError) as busy:
                lock.take(waiting)
            waits.append(busy.value.retry_after)
        assert waits == [2.0, 5.0, 60.0, 6.0]

    def test_a_job_without_a_start_can_wait(
        self, lock: ProductLock, jobs: MemoryJobs, clock: FakeClock
    ) -> None:
        lock.take(self.make(jobs, clock))
        with pytest.raises(BusyError):
            lock.take(replace(self.make(jobs, clock), started_at=None))

    def test_products_are_apart(self, lock: ProductLock, jobs: MemoryJobs, clock: FakeClock) -> None:
        lock.take(self.make(jobs, clock))
        other = submit(jobs, new_job(clock, params={"product_id": "p2"}))
        assert lock.take(other).fence == 1

    def test_one_that_is_given_back_is_free_and_keeps_its_note(
        self, lock: ProductLock, jobs: MemoryJobs, clock: FakeClock
    ) -> None:
        lock.give_back(lock.take(self.make(jobs, clock)), note="n")
        assert lock.take(self.make(jobs, clock)).note == "n"


def test_a_lease_outlasts_every_function_that_takes_one() -> None:
    template = shipped.template()
    functions = resources_of(template, "AWS::Serverless::Function")
    assert functions["AnalyzeFunction"]["Timeout"] == {"Ref": "AnalyzeTimeout"}
    analyze = template["Parameters"]["AnalyzeTimeout"]["MaxValue"]
    assert timedelta(seconds=max(analyze, functions["CleanupFunction"]["Timeout"])) < DURATION

"""What every store of leases has to do: the same tests for the one in memory and the one on DynamoDB.

A test class inherits ``LeasesContract`` and offers the fixtures ``leases`` and ``clock``. Names are new in
every test, so that tests can share a table.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from shared.ids import uuid7
from shared.leases import Lease, LeaseLostError, Leases, LeaseTakenError
from tests.contracts.jobs import FakeClock

HELD = timedelta(seconds=900)


class LeasesContract:
    """See the module."""

    @pytest.fixture
    def name(self) -> str:
        return f"https://cms.example.com#{uuid7()}"

    @pytest.fixture
    def until(self, clock: FakeClock) -> datetime:
        return clock() + HELD

    def test_one_holder_at_a_time(self, leases: Leases, name: str, until: datetime) -> None:
        first = leases.acquire(name, "a", until)
        assert first == Lease(name, "a", 1, until)
        with pytest.raises(LeaseTakenError) as taken:
            leases.acquire(name, "b", until)
        assert taken.value.lease == first

    def test_names_are_apart(self, leases: Leases, name: str, until: datetime) -> None:
        leases.acquire(name, "a", until)
        assert leases.acquire(f"{name}2", "b", until).fence == 1

    def test_what_has_run_out_is_free_and_its_holder_learns_it(
        self, leases: Leases, clock: FakeClock, name: str, until: datetime
    ) -> None:
        first = leases.acquire(name, "a", until)
        clock.advance(seconds=899)
        with pytest.raises(LeaseTakenError):
            leases.acquire(name, "b", until)
        clock.advance(seconds=1)
        second = leases.acquire(name, "b", clock() + HELD)
        assert (second.fence, second.holder) == (2, "b")
        with pytest.raises(LeaseLostError):
            leases.renew(first, clock() + HELD)

    def test_renewal_extends(self, leases: Leases, clock: FakeClock, name: str, until: datetime) -> None:
        lease = leases.acquire(name, "a", until)
        later = until + timedelta(seconds=600)
        assert leases.renew(lease, later) == Lease(name, "a", 1, later)
        clock.advance(seconds=1499)
        with pytest.raises(LeaseTakenError):
            leases.acquire(name, "b", later)

    def test_what_has_run_out_and_nobody_took_can_be_renewed(
        self, leases: Leases, clock: FakeClock, name: str, until: datetime
    ) -> None:
        lease = leases.acquire(name, "a", until)
        clock.advance(hours=1)
        leases.renew(lease, clock() + HELD)
        with pytest.raises(LeaseTakenError):
            leases.acquire(name, "b", clock() + HELD)

    def test_a_holder_takes_its_own_again_and_its_earlier_self_is_fenced(
        self, leases: Leases, name: str, until: datetime
    ) -> None:
        early = leases.acquire(name, "a", until)
        late = leases.acquire(name, "a", until)
        assert late.fence == 2
        with pytest.raises(LeaseLostError):
            leases.renew(early, until)
        leases.release(early)
        leases.renew(late, until)

    def test_released_is_free(self, leases: Leases, clock: FakeClock, name: str, until: datetime) -> None:
        leases.release(leases.acquire(name, "a", until))
        assert leases.acquire(name, "b", until).fence == 2

    def test_releasing_what_was_lost_changes_nothing(
        self, leases: Leases, clock: FakeClock, name: str, until: datetime
    ) -> None:
        first = leases.acquire(name, "a", until)
        clock.advance(seconds=900)
        second = leases.acquire(name, "b", clock() + HELD)
        leases.release(first)
        leases.renew(second, clock() + HELD)

    def test_taken_over_by_the_fence_that_was_seen(self, leases: Leases, name: str, until: datetime) -> None:
        first = leases.acquire(name, "a", until)
        with pytest.raises(LeaseTakenError):
            leases.acquire(name, "b", until, over=first.fence + 1)
        assert leases.acquire(name, "b", until, over=first.fence).fence == 2
        with pytest.raises(LeaseTakenError):
            leases.acquire(name, "c", until, over=first.fence)

    def test_the_note_stays_until_it_is_changed(
        self, leases: Leases, clock: FakeClock, name: str, until: datetime
    ) -> None:
        noted = leases.renew(leases.acquire(name, "a", until), until, note="x")
        assert noted.note == "x"
        assert leases.renew(noted, until).note == "x"
        leases.release(noted)
        taken = leases.acquire(name, "b", until)
        assert taken.note == "x"
        leases.release(leases.renew(taken, until, note=""))
        assert leases.acquire(name, "c", until).note == ""

    def test_of_many_who_ask_at_once_one_gets_it(self, leases: Leases, name: str, until: datetime) -> None:
        def ask(holder: int) -> bool:
            try:
                leases.acquire(name, str(holder), until)
            except LeaseTakenError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(ask, range(16))) == 1

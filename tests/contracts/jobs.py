"""What every job store has to do: the same tests for the one in memory and the one on DynamoDB.

A test class inherits ``JobStoreContract`` and offers the fixtures ``store`` and ``clock``. Ids, owners and
subjects are new in every test, so that tests can share a table.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from shared.errors import Problem
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Activity, Artifact, Change, Job, Kind, Owner, Status, Unit
from shared.jobs.outputs import follow_up_id
from shared.jobs.store import (
    Idempotency,
    IdempotencyMismatchError,
    JobNotFoundError,
    JobQuery,
    JobStore,
    VersionConflictError,
    edit,
)

LEASE = timedelta(seconds=90)


@dataclass(slots=True)
class FakeClock:
    """A clock that moves only when it is told to."""

    now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def new_job(clock: FakeClock, owner: str = "", **fields: Any) -> Job:
    """Return a job that is not stored yet; its owner is nobody else's unless named."""
    job = Job(uuid7(), Kind.ANALYSIS, Owner("directus", owner or uuid7()), {}, clock.now, clock.now)
    return replace(job, **{"state_since": clock.now, **fields})


def submit(store: JobStore, job: Job, idempotency: Idempotency | None = None) -> Job:
    """Store a new job."""
    return store.create(states.submitted(job, job.owner.key), idempotency)


class JobStoreContract:
    """See the module."""

    def test_new_job_is_read_as_it_was_written(self, store: JobStore, clock: FakeClock) -> None:
        job = new_job(
            clock,
            params={"document_id": "d1", "chunk_size": 800, "ratio": 0.5, "deep": {"list": [1, None, "ä"]}},
            metadata={"client_name": "Müller & Söhne"},
            max_attempts=3,
            expires_at=clock.now + timedelta(days=90),
        )
        assert submit(store, job) == job
        assert store.get(job.job_id) == job
        assert [event.type for event in store.events(job.job_id)] == ["submitted"]

    def test_every_field_survives(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        full = replace(
            job,
            version=2,
            status=Status.FAILED,
            current_stage="extract",
            percent_complete=42,
            current=3,
            total=8,
            message="extract: 3 of 8",
            pause_requested=True,
            cancel_requested=True,
            attempt=4,
            stalled=1,
            resend_count=2,
            not_before=clock.now + timedelta(milliseconds=5),
            fence=7,
            units_done=9,
            units_at_take=8,
            retry_of=uuid7(),
            worker_id="worker-1",
            lease_until=clock.now + LEASE,
            result={"num_segments": 2, "share": 0.25, "warnings": []},
            error=Problem("x", "X", "why", 422, "extract").to_dict(),
            artifacts={"export.json": Artifact("k", "application/json", 12, "ab")},
            started_at=clock.now,
            completed_at=clock.now,
        )
        change = states.submitted(full, "someone")
        store.save(job, change)
        assert store.get(job.job_id) == full
        assert store.events(job.job_id)[-1] == change.event

    def test_unknown_job_is_none(self, store: JobStore) -> None:
        assert store.get(uuid7()) is None
        assert store.events(uuid7()) == []
        assert store.units(uuid7()) == []

    def test_expired_job_is_gone(self, store: JobStore, clock: FakeClock) -> None:
        job = ended(store, clock, expires_at=clock.now + timedelta(hours=1))
        assert store.get(job.job_id) == job
        clock.advance(hours=1)
        assert store.get(job.job_id) is None
        assert list(store.list_jobs(JobQuery(job.owner.key)).jobs) == []
        with pytest.raises(JobNotFoundError):
            edit(store, job.job_id, lambda j: states.request_cancel(j, clock.now, "x"))

    def test_versions_of_many_jobs_at_once(self, store: JobStore, clock: FakeClock) -> None:
        jobs = [submit(store, new_job(clock)) for _ in range(101)]
        paused = edit(store, jobs[7].job_id, lambda j: states.request_pause(j, clock.now, "x"))
        expiring = ended(store, clock, expires_at=clock.now + timedelta(hours=1))
        clock.advance(hours=1)
        ids = [job.job_id for job in jobs]
        assert store.versions([*ids, expiring.job_id, uuid7()]) == dict.fromkeys(ids, 1) | {paused.job_id: 2}
        assert store.versions([]) == {}

    def test_many_jobs_are_read_at_once_in_the_order_asked_for(
        self, store: JobStore, clock: FakeClock
    ) -> None:
        jobs = [submit(store, new_job(clock)) for _ in range(101)]
        expiring = ended(store, clock, expires_at=clock.now + timedelta(hours=1))
        clock.advance(hours=1)
        ids = [job.job_id for job in jobs]
        assert store.many([expiring.job_id, *reversed(ids), uuid7()]) == list(reversed(jobs))
        paused = edit(store, ids[7], lambda j: states.request_pause(j, clock.now, "x"))
        assert store.many([ids[7]]) == [paused]
        assert store.many([]) == []

    # --- What follows from a completion -------------------------------------------------------------

    def test_follow_ups_come_into_being_by_the_same_write(self, store: JobStore, clock: FakeClock) -> None:
        params = {"document_id": uuid7(), "case_id": "c1"}
        job = submit(store, new_job(clock, params=params, expires_at=clock.now + timedelta(days=1)))
        taken = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        clock.advance(hours=1)
        wanted = {"index": {}, "report": {"language": "fr"}}
        done = states.complete(taken, taken.fence, clock.now, {}, {}, wanted)
        store.save(taken, done)
        ids = [follow_up_id(job.job_id, name) for name in wanted]
        found = [store.get(job_id) for job_id in ids]
        assert found == [new.job for new in done.follow_ups]
        assert [event.type for event in store.events(ids[0])] == ["submitted"]
        assert set(store.by_subject(document_id=params["document_id"])) == {job.job_id, *ids}
        listed = store.list_jobs(JobQuery(job.owner.key, kind=Kind.OUTPUT)).jobs
        assert {one.job_id for one in listed} == set(ids)
        assert set(ids) <= set(store.active(Activity.WAITING, Kind.OUTPUT, 10_000))
        assert store.waiting(job.owner.key, 10) == 0
        due = clock.now + states.RESEND_AFTER
        assert set(ids) <= set(store.due(due, 10_000))

    def test_a_late_completion_brings_no_follow_up(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        taken = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        late = states.complete(taken, taken.fence, clock.now, {}, {}, {"index": {}})
        edit(store, job.job_id, lambda j: states.request_cancel(j, clock.now, "x"))
        with pytest.raises(VersionConflictError):
            store.save(taken, late)
        assert store.get(follow_up_id(job.job_id, "index")) is None

    def test_without_its_follow_up_a_completion_is_not_written(
        self, store: JobStore, clock: FakeClock
    ) -> None:
        job = submit(store, new_job(clock))
        taken = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        there = submit(store, new_job(clock, job_id=follow_up_id(job.job_id, "index")))
        with pytest.raises(VersionConflictError):
            store.save(taken, states.complete(taken, taken.fence, clock.now, {}, {}, {"index": {}}))
        assert store.get(job.job_id) == taken
        assert store.get(there.job_id) == there

    # --- Idempotency -------------------------------------------------------------------------------

    def test_same_key_and_request_is_the_same_job(self, store: JobStore, clock: FakeClock) -> None:
        key = Idempotency(uuid7(), "f1")
        first = submit(store, new_job(clock), key)
        second = new_job(clock)
        assert submit(store, second, key) == first
        assert store.get(second.job_id) is None

    def test_same_key_with_another_request_is_refused(self, store: JobStore, clock: FakeClock) -> None:
        key = uuid7()
        submit(store, new_job(clock), Idempotency(key, "f1"))
        with pytest.raises(IdempotencyMismatchError):
            submit(store, new_job(clock), Idempotency(key, "f2"))

    def test_repeated_key_returns_the_job_as_it_is_now(self, store: JobStore, clock: FakeClock) -> None:
        key = Idempotency(uuid7(), "f1")
        job = submit(store, new_job(clock), key)
        paused = edit(store, job.job_id, lambda j: states.request_pause(j, clock.now, "x"))
        assert submit(store, new_job(clock), key) == paused

    def test_what_a_key_stands_for_can_be_asked(self, store: JobStore, clock: FakeClock) -> None:
        key, expiry = uuid7(), clock.now + timedelta(hours=1)
        assert store.earlier(Idempotency(key, "f1")) is None
        job = submit(store, new_job(clock, expires_at=expiry), Idempotency(key, "f1"))
        assert store.earlier(Idempotency(key, "f1")) == job
        end(store, job, clock)
        with pytest.raises(IdempotencyMismatchError):
            store.earlier(Idempotency(key, "f2"))
        clock.advance(hours=1)
        assert store.earlier(Idempotency(key, "f2")) is None
        another = new_job(clock)
        assert submit(store, another, Idempotency(key, "f2")) == another

    # --- Writing -----------------------------------------------------------------------------------

    def test_stale_writer_is_refused_and_writes_nothing(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        after = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w1", LEASE))
        with pytest.raises(VersionConflictError):
            store.save(job, states.take(job, clock.now, "w2", LEASE), Unit("extract", 0, "k", 1))
        assert store.get(job.job_id) == after
        assert store.units(job.job_id) == []
        assert [event.type for event in store.events(job.job_id)] == ["submitted", "started"]

    def test_job_that_is_not_there_cannot_be_saved(self, store: JobStore, clock: FakeClock) -> None:
        job = new_job(clock)
        with pytest.raises(VersionConflictError):
            store.save(job, states.take(job, clock.now, "w", LEASE))
        assert store.get(job.job_id) is None

    def test_one_of_many_writers_wins(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))

        def write(number: int) -> bool:
            try:
                store.save(job, states.take(job, clock.now, f"w{number}", LEASE))
            except VersionConflictError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(write, range(8))) == 1

    def test_units_and_events_come_in_order(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        units = [Unit("extract", index, f"k{index}", 1) for index in (2, 10, 0)]
        for unit in [*units, Unit("chunk", 0, "c0", 1), Unit("extract", 2, "again", 1)]:
            edit(store, job.job_id, partial(_advance, clock=clock, unit=unit), unit)
        found = [(unit.stage, unit.index, unit.key) for unit in store.units(job.job_id)]
        assert found == [
            ("chunk", 0, "c0"),
            ("extract", 0, "k0"),
            ("extract", 2, "again"),
            ("extract", 10, "k10"),
        ]
        assert [event.number for event in store.events(job.job_id)] == [1, 2, 3, 4, 5, 6, 7]
        assert [event.number for event in store.events(job.job_id, after=4, limit=2)] == [5, 6]

    # --- Leases ------------------------------------------------------------------------------------

    def test_lease_is_renewed_by_its_holder_only(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        later = clock.now + 2 * LEASE
        assert not store.renew(job.job_id, 0, later)
        taken = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        assert not store.renew(job.job_id, taken.fence - 1, later)
        assert store.renew(job.job_id, taken.fence, later)
        assert store.get(job.job_id) == replace(taken, lease_until=later)
        assert not store.renew(uuid7(), 0, later)

    def test_ended_job_has_no_lease_to_renew(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        taken = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        ended = edit(store, job.job_id, lambda j: states.complete(j, taken.fence, clock.now, {}, {}))
        assert not store.renew(job.job_id, taken.fence, clock.now + LEASE)
        assert store.get(job.job_id) == ended

    # --- Removal -----------------------------------------------------------------------------------

    def test_only_an_expired_job_is_there_to_be_removed(self, store: JobStore, clock: FakeClock) -> None:
        job = ended(store, clock, expires_at=clock.now + timedelta(hours=1))
        kept = ended(store, clock)
        assert store.expired(job.job_id) is None
        clock.advance(hours=1)
        assert store.expired(job.job_id) == job
        assert store.expired(kept.job_id) is None
        assert store.expired(uuid7()) is None

    def test_ended_jobs_are_listed_for_removal_when_they_expire(
        self, store: JobStore, clock: FakeClock
    ) -> None:
        still_open = submit(store, new_job(clock, expires_at=clock.now + timedelta(hours=1)))
        first = ended(store, clock, expires_at=clock.now + timedelta(hours=1))
        clock.advance(minutes=10)
        second = ended(store, clock, expires_at=clock.now + timedelta(hours=1))
        mine = {still_open.job_id, first.job_id, second.job_id}

        def listed() -> list[str]:
            return [job_id for job_id in store.to_remove(clock.now, 10_000) if job_id in mine]

        clock.advance(minutes=49)
        assert listed() == []
        clock.advance(minutes=1)
        assert listed() == [first.job_id]
        clock.advance(minutes=10)
        assert listed() == [first.job_id, second.job_id]
        assert len(store.to_remove(clock.now, 1)) == 1
        # What is open is a matter of repair.
        assert [job_id for job_id in store.due(clock.now, 10_000) if job_id in mine] == [still_open.job_id]

    def test_job_that_has_not_ended_is_there_whatever_its_time(
        self, store: JobStore, clock: FakeClock
    ) -> None:
        job = submit(store, new_job(clock, expires_at=clock.now + timedelta(hours=1)))
        paused = edit(store, job.job_id, lambda j: states.request_pause(j, clock.now, "x"))
        clock.advance(days=300)
        assert store.get(job.job_id) == paused
        assert store.expired(job.job_id) is None
        assert list(store.list_jobs(JobQuery(job.owner.key)).jobs) == [paused]
        assert store.versions([job.job_id]) == {job.job_id: 2}

    def test_removed_job_leaves_nothing(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock, params={"product_id": uuid7()}))
        neighbour = submit(store, new_job(clock, job.owner.subject))
        edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        for index in range(30):
            unit = Unit("extract", index, f"k{index}", 1)
            edit(store, job.job_id, partial(_advance, clock=clock, unit=unit), unit)
        store.remove(job.job_id)
        assert store.get(job.job_id) is None
        assert (store.units(job.job_id), store.events(job.job_id)) == ([], [])
        assert list(store.by_subject(product_id=job.product_id)) == []
        assert [left.job_id for left in store.list_jobs(JobQuery(job.owner.key)).jobs] == [neighbour.job_id]
        assert job.job_id not in store.due(clock.now + timedelta(days=1), 10_000)
        with pytest.raises(JobNotFoundError):
            edit(store, job.job_id, lambda j: states.request_cancel(j, clock.now, "x"))

    def test_key_of_a_removed_job_is_free(self, store: JobStore, clock: FakeClock) -> None:
        first, other = Idempotency(uuid7(), "f1"), Idempotency(uuid7(), "f1")
        job, kept = submit(store, new_job(clock), first), submit(store, new_job(clock), other)
        store.remove(job.job_id)
        store.remove(job.job_id)
        assert store.earlier(Idempotency(first.key, "f2")) is None
        again = new_job(clock)
        assert submit(store, again, Idempotency(first.key, "f2")) == again
        assert store.earlier(other) == kept

    def test_key_that_stands_for_a_newer_job_stays(self, store: JobStore, clock: FakeClock) -> None:
        key = Idempotency(uuid7(), "f1")
        job = submit(store, new_job(clock, expires_at=clock.now + timedelta(hours=1)), key)
        end(store, job, clock)
        clock.advance(hours=1)
        newer = submit(store, new_job(clock), key)
        store.remove(job.job_id)
        assert store.earlier(key) == newer

    def test_removal_can_be_repeated(self, store: JobStore, clock: FakeClock) -> None:
        job = submit(store, new_job(clock))
        store.remove(job.job_id)
        store.remove(job.job_id)
        assert store.get(job.job_id) is None


def ended(store: JobStore, clock: FakeClock, **fields: Any) -> Job:
    """Return a job that has been submitted and completed at once."""
    return end(store, submit(store, new_job(clock, **fields)), clock)


def end(store: JobStore, job: Job, clock: FakeClock) -> Job:
    """Complete a job."""
    taken = edit(store, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
    return edit(store, job.job_id, lambda j: states.complete(j, taken.fence, clock.now, {}, {}))


def _advance(job: Job, clock: FakeClock, unit: Unit) -> Change:
    return states.advance(
        job, job.fence, clock.now, LEASE, stage=unit.stage, percent=1, current=unit.index, total=11
    )

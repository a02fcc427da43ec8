"""What the lists and indexes of every job store have to do; see ``tests.contracts.jobs``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Activity, Kind, Owner, Status
from shared.jobs.store import JobQuery, JobStore, edit
from tests.contracts.jobs import LEASE, FakeClock, new_job, submit


class JobIndexContract:
    """See the module."""

    # --- Lists -------------------------------------------------------------------------------------

    def test_lists_page_newest_first(self, store: JobStore, clock: FakeClock) -> None:
        owner = uuid7()
        # Ids made in the same millisecond are in no order.
        ids = sorted(submit(store, new_job(clock, owner)).job_id for _ in range(7))
        submit(store, new_job(clock))
        key = Owner("directus", owner).key
        pages: list[list[str]] = []
        before = ""
        while True:
            page = store.list_jobs(JobQuery(key, limit=3, before=before))
            pages.append([job.job_id for job in page.jobs])
            before = page.next_before
            if not before:
                break
        assert pages == [ids[::-1][:3], ids[::-1][3:6], ids[::-1][6:]]

    def test_full_last_page_has_no_next(self, store: JobStore, clock: FakeClock) -> None:
        owner = uuid7()
        key = [submit(store, new_job(clock, owner)).owner.key for _ in range(3)].pop()
        assert store.list_jobs(JobQuery(key, limit=3)).next_before == ""

    @pytest.mark.parametrize(
        "wanted",
        [
            {"kind": Kind.CLEANUP},
            {"status": Status.PAUSED},
            {"product_id": "p1"},
            {"document_id": "d1"},
            {"case_id": "c1"},
        ],
        ids=str,
    )
    def test_lists_are_filtered(self, store: JobStore, clock: FakeClock, wanted: dict[str, Any]) -> None:
        owner = uuid7()
        matching = [
            new_job(clock, owner, kind=Kind.CLEANUP),
            new_job(clock, owner, params={"product_id": "p1"}),
            new_job(clock, owner, params={"document_id": "d1"}),
            new_job(clock, owner, params={"case_id": "c1"}),
        ]
        for job in [*matching, new_job(clock, owner)]:
            submit(store, job)
        paused = submit(store, new_job(clock, owner))
        edit(store, paused.job_id, lambda j: states.request_pause(j, clock.now, "x"))
        query = JobQuery(paused.owner.key, limit=1, **wanted)
        page = store.list_jobs(query)
        assert len(page.jobs) == 1
        assert page.next_before == ""
        assert query.matches(page.jobs[0])

    @pytest.mark.parametrize("wanted", [{"status": Status.PAUSED}, {"case_id": "c1"}], ids=str)
    def test_a_page_is_short_where_too_many_jobs_do_not_match(
        self, store: JobStore, clock: FakeClock, wanted: dict[str, Any]
    ) -> None:
        owner = uuid7()
        ids = sorted(uuid7() for _ in range(7))
        oldest = submit(store, new_job(clock, owner, job_id=ids[0], params={"case_id": "c1"}))
        edit(store, oldest.job_id, lambda j: states.request_pause(j, clock.now, "x"))
        for job_id in ids[1:]:
            submit(store, new_job(clock, owner, job_id=job_id))
        query = JobQuery(oldest.owner.key, limit=2, max_scanned=5, **wanted)
        page = store.list_jobs(query)
        assert (list(page.jobs), page.next_before) == ([], ids[2])
        following = store.list_jobs(replace(query, before=page.next_before))
        assert [job.job_id for job in following.jobs] == [oldest.job_id]
        assert following.next_before == ""

    def test_everybodys_jobs_are_listed_without_an_owner(self, store: JobStore, clock: FakeClock) -> None:
        product = uuid7()
        ids = sorted(submit(store, new_job(clock, params={"product_id": product})).job_id for _ in range(2))
        page = store.list_jobs(JobQuery(None, product_id=product))
        assert [job.job_id for job in page.jobs] == ids[::-1]

    def test_jobs_are_found_by_their_subject(self, store: JobStore, clock: FakeClock) -> None:
        subject = uuid7()
        ids = sorted(submit(store, new_job(clock, params={"document_id": subject})).job_id for _ in range(3))
        product = submit(store, new_job(clock, params={"product_id": subject}))
        submit(store, new_job(clock))
        assert sorted(store.by_subject(document_id=subject)) == ids
        assert list(store.by_subject(product_id=subject)) == [product.job_id]
        assert list(store.by_subject(product_id=uuid7())) == []

    # --- What the reconciler looks at --------------------------------------------------------------

    def test_due_jobs_come_the_longest_overdue_first(self, store: JobStore, clock: FakeClock) -> None:
        waiting = submit(store, new_job(clock))
        clock.advance(seconds=10)
        leased = submit(store, new_job(clock))
        edit(store, leased.job_id, lambda j: states.take(j, clock.now, "w", timedelta(seconds=5)))
        ended = submit(store, new_job(clock))
        taken = edit(store, ended.job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        edit(store, ended.job_id, lambda j: states.complete(j, taken.fence, clock.now, {}, {}))
        paused = submit(store, new_job(clock))
        edit(store, paused.job_id, lambda j: states.request_pause(j, clock.now, "x"))
        mine = {waiting.job_id, leased.job_id, ended.job_id, paused.job_id}

        def due(after: timedelta) -> list[str]:
            return [job_id for job_id in store.due(clock.now + after, 10_000) if job_id in mine]

        assert due(timedelta(seconds=4)) == []
        assert due(timedelta(seconds=5)) == [leased.job_id]
        assert due(timedelta(days=1)) == [leased.job_id, waiting.job_id]
        assert len(store.due(clock.now + timedelta(days=1), 1)) == 1
        # A lease that is renewed is no longer due; a cancellation makes the paused job due.
        assert store.renew(leased.job_id, 1, clock.now + timedelta(minutes=10))
        edit(store, paused.job_id, lambda j: states.request_cancel(j, clock.now, "x"))
        assert due(timedelta(minutes=9)) == [waiting.job_id, paused.job_id]

    # --- What waits and what is worked on ----------------------------------------------------------

    def test_waiting_and_working_jobs_are_found_in_the_order_they_came(
        self, store: JobStore, clock: FakeClock
    ) -> None:
        jobs = []
        for _ in range(6):
            jobs.append(submit(store, new_job(clock)).job_id)
            clock.advance(seconds=1)
        other = submit(store, new_job(clock, kind=Kind.CLEANUP)).job_id

        def found(activity: Activity, kind: Kind = Kind.ANALYSIS) -> list[str]:
            return [job_id for job_id in store.active(activity, kind, 10_000) if job_id in {*jobs, other}]

        assert (found(Activity.WAITING), found(Activity.WORKING)) == (jobs, [])
        assert found(Activity.WAITING, Kind.CLEANUP) == [other]
        for job_id in (jobs[4], jobs[1], jobs[2]):
            clock.advance(seconds=1)
            edit(store, job_id, lambda j: states.take(j, clock.now, "w", LEASE))
        assert found(Activity.WORKING) == [jobs[4], jobs[1], jobs[2]]
        assert found(Activity.WAITING) == [jobs[0], jobs[3], jobs[5]]
        edit(store, jobs[4], lambda j: states.complete(j, j.fence, clock.now, {}, {}))
        edit(store, jobs[1], lambda j: states.unlock(j, clock.now, "root"))
        edit(store, jobs[0], lambda j: states.request_pause(j, clock.now, "x"))
        assert store.renew(jobs[2], 1, clock.now + 2 * LEASE)
        assert found(Activity.WORKING) == [jobs[2]]
        assert found(Activity.WAITING) == [jobs[3], jobs[5], jobs[1]]

    def test_only_as_many_are_found_as_asked_for(self, store: JobStore, clock: FakeClock) -> None:
        for _ in range(3):
            submit(store, new_job(clock, kind=Kind.OUTPUT))
        assert len(store.active(Activity.WAITING, Kind.OUTPUT, 2)) == 2

    def test_waiting_jobs_of_an_owner_are_counted(self, store: JobStore, clock: FakeClock) -> None:
        owner = Owner("directus", uuid7())
        assert store.waiting(owner.key, 10) == 0
        ids = [submit(store, new_job(clock, owner.subject)).job_id for _ in range(5)]
        submit(store, new_job(clock))
        assert [store.waiting(owner.key, limit) for limit in (1, 4, 10)] == [1, 4, 5]
        edit(store, ids[0], lambda j: states.take(j, clock.now, "w", LEASE))
        edit(store, ids[1], lambda j: states.request_pause(j, clock.now, "x"))
        edit(store, ids[2], lambda j: states.request_cancel(j, clock.now, "x"))
        assert store.waiting(owner.key, 10) == 3
        edit(store, ids[1], lambda j: states.request_resume(j, clock.now, "x"))
        store.remove(ids[3])
        assert store.waiting(owner.key, 10) == 3

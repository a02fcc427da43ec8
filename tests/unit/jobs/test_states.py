from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.jobs import states
from shared.jobs.model import Activity, Artifact, Change, Job, Status
from shared.jobs.states import FencedError, NotDueError, RefusedError
from tests.support.builders.job_records import LEASE, NOW, PROBLEM, SECOND, job, running


def advance(current: Job, percent: int = 50) -> Change:
    return states.advance(
        current, current.fence, NOW + SECOND, LEASE, stage="extract", percent=percent, current=1, total=2
    )


def retry(current: Job) -> Job:
    return states.retry(current, current.fence, NOW, PROBLEM, timedelta(seconds=7)).job


class TestTake:
    def test_raises_the_fence_and_sets_the_lease(self) -> None:
        change = states.take(job(units_done=3), NOW, "w1", LEASE)
        assert change.job == replace(
            job(units_done=3),
            status=Status.RUNNING,
            version=2,
            fence=1,
            worker_id="w1",
            lease_until=NOW + LEASE,
            started_at=NOW,
            units_at_take=3,
            message="Work started",
        )
        assert (change.event.type, change.event.number, change.event.actor) == ("started", 2, "w1")

    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PAUSED])
    def test_refuses_what_nobody_is_to_work_on(self, status: Status) -> None:
        with pytest.raises(RefusedError, match=status.value):
            states.take(job(status=status), NOW, "w1", LEASE)

    def test_refuses_a_live_lease_and_takes_over_a_dead_one(self) -> None:
        with pytest.raises(RefusedError, match="leased"):
            states.take(running(), NOW + LEASE - SECOND, "w2", LEASE)
        change = states.take(running(), NOW + LEASE, "w2", LEASE)
        assert (change.event.type, change.job.attempt, change.job.fence) == ("taken_over", 2, 2)
        assert change.job.started_at == NOW

    def test_waits_for_the_next_attempt(self) -> None:
        later = job(not_before=NOW + timedelta(seconds=30))
        with pytest.raises(NotDueError) as caught:
            states.take(later, NOW, "w1", LEASE)
        assert caught.value.wait == timedelta(seconds=30)
        assert states.take(later, NOW + timedelta(seconds=30), "w1", LEASE).job.not_before is None

    def test_fails_a_job_whose_workers_are_lost_too_often(self) -> None:
        after = states.take(running(attempt=5, current_stage="extract"), NOW + LEASE, "w2", LEASE).job
        assert after.status is Status.FAILED
        assert after.error is not None
        assert (after.error["stage"], after.error["type"][-11:]) == ("extract", "worker-lost")

    def test_takes_what_is_to_be_cancelled_at_once_and_keeps_its_status(self) -> None:
        for status in (Status.QUEUED, Status.PAUSED):
            waiting = job(status=status, cancel_requested=True, not_before=NOW + SECOND)
            after = states.take(waiting, NOW, "w1", LEASE).job
            assert (after.status, after.fence, after.lease_until) == (status, 1, NOW + LEASE)

    def test_cancellation_outlives_the_attempts_but_not_for_ever(self) -> None:
        lost = running(attempt=5, cancel_requested=True)
        assert states.take(lost, NOW + LEASE, "w2", LEASE).job.status is Status.RUNNING
        lost = replace(lost, attempt=5 + states.CANCEL_ATTEMPTS)
        assert states.take(lost, NOW + LEASE, "w2", LEASE).job.status is Status.FAILED

    @pytest.mark.parametrize("status", [Status.QUEUED, Status.PAUSED])
    def test_worker_lost_over_a_removal_counts_whatever_the_status(self, status: Status) -> None:
        lost = states.take(job(status=status, cancel_requested=True), NOW, "w1", LEASE).job
        change = states.take(lost, NOW + LEASE, "w2", LEASE)
        assert (change.event.type, change.job.status, change.job.attempt) == ("taken_over", status, 2)
        lost = replace(lost, attempt=5 + states.CANCEL_ATTEMPTS)
        assert states.take(lost, NOW + LEASE, "w2", LEASE).job.status is Status.FAILED


class TestWork:
    def test_progress_never_falls_and_ends_at_completion_only(self) -> None:
        far = advance(running(), 100).job
        assert (far.percent_complete, far.units_done, far.lease_until) == (99, 1, NOW + SECOND + LEASE)
        assert advance(far, 10).job.percent_complete == 99
        assert advance(far).event.message == "extract: 1 of 2"

    def test_completion_publishes(self) -> None:
        files = {"export.json": Artifact("k", "application/json", 1, "00")}
        after = states.complete(running(pause_requested=True), 1, NOW, {"n": 1}, files).job
        assert (after.status, after.percent_complete, after.result) == (Status.COMPLETED, 100, {"n": 1})
        assert (after.artifacts, after.completed_at, after.lease_until) == (files, NOW, None)
        assert not after.pause_requested

    def test_completion_gives_way_to_a_cancellation(self) -> None:
        with pytest.raises(RefusedError, match="cancellation"):
            states.complete(running(cancel_requested=True), 1, NOW, {}, {})

    def test_failure_says_why(self) -> None:
        after = states.fail(running(), 1, NOW, PROBLEM).job
        assert (after.status, after.error, after.completed_at) == (Status.FAILED, PROBLEM.to_dict(), NOW)

    def test_cancelled_only_where_asked_for(self) -> None:
        with pytest.raises(RefusedError, match="no cancellation"):
            states.cancelled(running(), 1, NOW)
        assert states.cancelled(running(cancel_requested=True), 1, NOW).job.status is Status.CANCELLED

    def test_pause_keeps_what_is_done(self) -> None:
        after = states.paused(running(pause_requested=True, units_done=4), 1, NOW).job
        assert (after.status, after.pause_requested, after.units_done) == (Status.PAUSED, False, 4)
        assert (after.worker_id, after.lease_until) == ("", None)

    @pytest.mark.parametrize("fields", [{}, {"pause_requested": True, "cancel_requested": True}], ids=str)
    def test_no_pause_that_was_taken_back_or_overruled(self, fields: dict[str, bool]) -> None:
        with pytest.raises(RefusedError, match="no pause"):
            states.paused(running(**fields), 1, NOW)

    @pytest.mark.parametrize(
        "write",
        [
            advance,
            lambda j: states.complete(j, 1, NOW, {}, {}),
            lambda j: states.fail(j, 1, NOW, PROBLEM),
            lambda j: states.cancelled(j, 1, NOW),
            lambda j: states.retry(j, 1, NOW, PROBLEM, SECOND),
            lambda j: states.continue_later(j, 1, NOW),
            lambda j: states.paused(j, 1, NOW),
        ],
    )
    def test_no_worker_writes_past_the_fence_or_an_end(self, write: Callable[[Job], Change]) -> None:
        for status in (Status.COMPLETED, Status.FAILED, Status.CANCELLED):
            with pytest.raises(FencedError, match="already"):
                write(running(status=status, cancel_requested=True))
        with pytest.raises(FencedError, match="fence is 2"):
            states.fail(running(fence=2), 1, NOW, PROBLEM)


class TestRetry:
    def test_waits_and_counts(self) -> None:
        after = retry(running())
        assert (after.status, after.attempt, after.not_before) == (Status.QUEUED, 2, NOW + 7 * SECOND)
        assert after.lease_until is None

    def test_gives_up_with_the_reason(self) -> None:
        after = retry(running(attempt=5))
        assert after.status is Status.FAILED
        assert after.error is not None
        assert after.error["detail"] == "S3 answered 503. (gave up after 5 attempts)"

    def test_cancellation_goes_back_to_waiting(self) -> None:
        assert retry(running(cancel_requested=True, attempt=5)).status is Status.QUEUED
        assert retry(running(cancel_requested=True, status=Status.PAUSED)).status is Status.PAUSED
        assert retry(running(cancel_requested=True, attempt=15)).status is Status.FAILED


class TestContinuation:
    def test_goes_on_while_there_is_progress(self) -> None:
        after = states.continue_later(running(units_done=2, units_at_take=1, stalled=1), 1, NOW).job
        assert (after.status, after.stalled, after.attempt) == (Status.QUEUED, 0, 1)

    def test_fails_after_two_in_a_row_without(self) -> None:
        first = states.continue_later(running(), 1, NOW).job
        assert (first.status, first.stalled) == (Status.QUEUED, 1)
        again = states.take(first, NOW, "w2", LEASE).job
        second = states.continue_later(again, again.fence, NOW).job
        assert second.status is Status.FAILED
        assert second.error is not None
        assert second.error["type"].endswith("no-progress")


class TestSince:
    """Since when a job has been where it stands, which lists of what waits and works are sorted by."""

    LATER = NOW + 60 * SECOND

    def test_begins_with_the_job(self) -> None:
        assert states.submitted(job(state_since=None), "alice").job.state_since == NOW

    def test_moves_with_status_and_worker(self) -> None:
        moved = [
            states.take(job(), self.LATER, "w1", LEASE),
            states.take(running(), self.LATER + LEASE, "w2", LEASE),
            states.take(job(cancel_requested=True), self.LATER, "w1", LEASE),
            states.complete(running(), 1, self.LATER, {}, {}),
            states.retry(running(), 1, self.LATER, PROBLEM, SECOND),
            states.continue_later(running(), 1, self.LATER),
            states.paused(running(pause_requested=True), 1, self.LATER),
            states.request_pause(job(), self.LATER, "alice"),
            states.request_resume(job(status=Status.PAUSED), self.LATER, "alice"),
            states.request_cancel(job(status=Status.PAUSED), self.LATER, "alice"),
            states.unlock(running(), self.LATER, "root"),
        ]
        assert [change.event.type for change in moved if change.job.state_since != change.event.at] == []

    def test_stays_where_nothing_but_the_record_changes(self) -> None:
        kept = [
            states.advance(running(), 1, self.LATER, LEASE, stage="s", percent=1, current=1, total=2),
            states.request_pause(running(), self.LATER, "alice"),
            states.request_resume(running(pause_requested=True), self.LATER, "alice"),
            states.request_cancel(running(), self.LATER, "alice"),
            states.request_cancel(job(), self.LATER, "alice"),
            states.reconcile(job(), self.LATER),
        ]
        assert [change.job.state_since for change in kept if change is not None] == [NOW] * 6


@pytest.mark.parametrize(
    ("record", "activity"),
    [
        (job(), Activity.WAITING),
        (running(), Activity.WORKING),
        (job(status=Status.PAUSED), None),
        (job(status=Status.PAUSED, cancel_requested=True), Activity.WAITING),
        (job(status=Status.PAUSED, cancel_requested=True, lease_until=NOW), Activity.WORKING),
        (job(cancel_requested=True, lease_until=NOW), Activity.WORKING),
        (job(status=Status.COMPLETED), None),
        (job(status=Status.FAILED, cancel_requested=True), None),
        (job(status=Status.CANCELLED, cancel_requested=True), None),
    ],
)
def test_activity_is_what_somebody_has_to_act_on(record: Job, activity: Activity | None) -> None:
    assert record.activity is activity

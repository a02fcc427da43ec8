from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.jobs import states
from shared.jobs.model import Change, Job, Status
from shared.jobs.states import FencedError, RefusedError, RepeatedError
from tests.support.builders.job_records import LEASE, NOW, SECOND, job, running

Ask = Callable[[Job, datetime, str], Change]
PAUSE, RESUME, CANCEL = states.request_pause, states.request_resume, states.request_cancel


class TestRequests:
    def test_pause_takes_effect_at_once_or_at_the_next_unit(self) -> None:
        assert states.request_pause(job(), NOW, "alice").job.status is Status.PAUSED
        after = states.request_pause(running(), NOW, "alice").job
        assert (after.status, after.pause_requested) == (Status.RUNNING, True)

    def test_resume_raises_the_fence_or_takes_the_pause_back(self) -> None:
        after = states.request_resume(job(status=Status.PAUSED, fence=3), NOW, "alice").job
        assert (after.status, after.fence) == (Status.QUEUED, 4)
        back = states.request_resume(running(pause_requested=True), NOW, "alice").job
        assert (back.status, back.pause_requested, back.fence) == (Status.RUNNING, False, 1)

    def test_waiting_for_another_job_begins_anew_after_a_pause(self) -> None:
        waiting = job(status=Status.PAUSED, busy_since=NOW - timedelta(days=2))
        assert states.request_resume(waiting, NOW, "alice").job.busy_since is None

    def test_cancel_is_only_asked_for(self) -> None:
        change = states.request_cancel(running(), NOW, "alice")
        assert (change.job.status, change.job.cancel_requested) == (Status.RUNNING, True)
        assert (change.event.type, change.event.actor) == ("cancel_requested", "alice")

    @pytest.mark.parametrize(
        ("ask", "record"),
        [
            (PAUSE, job(cancel_requested=True)),
            (PAUSE, job(status=Status.COMPLETED, last_request="pause")),
            (RESUME, job()),
            (RESUME, running()),
            (RESUME, running(last_request="pause")),
            (RESUME, job(status=Status.PAUSED, last_request="cancel", cancel_requested=True)),
            (RESUME, job(status=Status.FAILED, last_request="resume")),
            (CANCEL, job(status=Status.COMPLETED)),
            (CANCEL, job(status=Status.FAILED, cancel_requested=True)),
        ],
    )
    def test_refused_where_the_state_does_not_allow_it(self, ask: Ask, record: Job) -> None:
        with pytest.raises(RefusedError) as caught:
            ask(record, NOW, "alice")
        assert not isinstance(caught.value, RepeatedError)

    @pytest.mark.parametrize(
        ("ask", "record"),
        [
            (PAUSE, PAUSE(job(), NOW, "alice").job),
            (PAUSE, PAUSE(running(), NOW, "alice").job),
            (PAUSE, states.paused(PAUSE(running(), NOW, "alice").job, 1, NOW).job),
            (RESUME, RESUME(job(status=Status.PAUSED), NOW, "alice").job),
            (RESUME, RESUME(running(pause_requested=True), NOW, "alice").job),
            (RESUME, states.take(RESUME(job(status=Status.PAUSED), NOW, "a").job, NOW, "w", LEASE).job),
            (CANCEL, CANCEL(job(), NOW, "alice").job),
            (CANCEL, CANCEL(running(), NOW, "alice").job),
            (CANCEL, CANCEL(job(status=Status.PAUSED), NOW, "alice").job),
            (CANCEL, states.cancelled(CANCEL(running(), NOW, "alice").job, 1, NOW).job),
        ],
    )
    def test_repetition_is_told_from_a_refusal(self, ask: Ask, record: Job) -> None:
        with pytest.raises(RepeatedError) as caught:
            ask(record, NOW + SECOND, "alice")
        assert caught.value.job == record

    @pytest.mark.parametrize("ask", [PAUSE, RESUME, CANCEL])
    def test_the_last_request_is_remembered(self, ask: Ask) -> None:
        after = ask(running(pause_requested=ask is RESUME, last_request="x"), NOW, "alice").job
        assert f"request_{after.last_request}" == ask.__name__

    def test_message_that_was_lost_before_does_not_slow_down_what_is_asked_for(self) -> None:
        waiting = job(resend_count=7)
        paused = PAUSE(waiting, NOW, "alice").job
        assert [ask(paused, NOW, "a").job.resend_count for ask in (RESUME, CANCEL)] == [0, 0]
        assert CANCEL(waiting, NOW, "alice").job.resend_count == 0


class TestUnlock:
    def test_the_workers_claim_is_void_and_the_job_waits_again(self) -> None:
        held = running(current_stage="extract", units_done=3)
        change = states.unlock(held, NOW + SECOND, "root")
        after = change.job
        assert (after.status, after.fence, after.lease_until, after.worker_id) == (Status.QUEUED, 2, None, "")
        assert (after.attempt, after.units_done, after.current_stage) == (1, 3, "extract")
        assert (change.event.type, change.event.actor) == ("unlocked", "root")
        with pytest.raises(FencedError):
            states.advance(after, held.fence, NOW, LEASE, stage="s", percent=1, current=1, total=1)

    @pytest.mark.parametrize("status", [Status.QUEUED, Status.PAUSED])
    def test_a_removal_keeps_the_status_it_began_with(self, status: Status) -> None:
        held = states.take(job(status=status, cancel_requested=True), NOW, "w1", LEASE).job
        after = states.unlock(held, NOW, "root").job
        assert (after.status, after.cancel_requested, after.lease_until) == (status, True, None)

    @pytest.mark.parametrize("status", [Status.QUEUED, Status.PAUSED, Status.COMPLETED])
    def test_there_is_nothing_to_unlock_where_no_worker_is(self, status: Status) -> None:
        with pytest.raises(RefusedError, match=status.value):
            states.unlock(job(status=status), NOW, "root")


class TestReconcile:
    def test_nothing_before_it_is_due(self) -> None:
        assert states.reconcile(job(), NOW + states.RESEND_AFTER - SECOND) is None
        assert states.reconcile(running(), NOW + LEASE - SECOND) is None
        assert states.reconcile(job(status=Status.PAUSED), NOW + timedelta(days=9)) is None
        assert states.reconcile(job(status=Status.FAILED), NOW + timedelta(days=9)) is None

    def test_lost_worker(self) -> None:
        change = states.reconcile(running(), NOW + LEASE)
        assert change is not None
        assert (change.job.status, change.job.attempt, change.job.fence) == (Status.QUEUED, 2, 2)
        beyond = states.reconcile(running(attempt=5), NOW + LEASE)
        assert beyond is not None
        assert beyond.job.status is Status.FAILED

    def test_lost_message_is_repeated_ever_more_rarely(self) -> None:
        waiting, now, waits = job(), NOW, []
        for _ in range(12):
            due = states.due_at(waiting)
            assert due is not None
            waits.append((due - now).total_seconds())
            now = due
            change = states.reconcile(waiting, now)
            assert change is not None
            waiting = change.job
        longest = states.MAX_RESEND_AFTER.total_seconds()
        assert waits == [min(60 * 2**sent, longest) for sent in range(12)]
        assert waits[-1] == longest

    def test_job_that_waits_for_its_attempt_is_due_after_it(self) -> None:
        later = NOW + timedelta(hours=3)
        assert states.due_at(job(not_before=later)) == later + states.RESEND_AFTER

    def test_cancelled_worker_that_died_gives_its_lease_back(self) -> None:
        dying = states.take(job(status=Status.PAUSED, cancel_requested=True), NOW, "w1", LEASE).job
        change = states.reconcile(dying, NOW + LEASE)
        assert change is not None
        assert (change.job.status, change.job.lease_until, change.job.attempt) == (Status.PAUSED, None, 2)
        beyond = states.reconcile(replace(dying, attempt=5 + states.CANCEL_ATTEMPTS), NOW + LEASE)
        assert beyond is not None
        assert beyond.job.status is Status.FAILED
        assert states.reconcile(job(status=Status.PAUSED, cancel_requested=True), NOW + LEASE) is not None

    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
    def test_what_has_ended_is_due_when_it_expires_and_is_not_sent(self, status: Status) -> None:
        end = NOW + timedelta(days=90)
        ended = job(status=status, expires_at=end)
        assert states.due_at(ended) == end
        assert states.reconcile(ended, end + SECOND) is None
        assert states.due_at(replace(ended, expires_at=None)) is None

    def test_what_is_left_paused_is_due_when_it_expires(self) -> None:
        end = NOW + timedelta(days=90)
        assert states.due_at(job(status=Status.PAUSED, expires_at=end)) == end

"""The transitions of a job: pure functions from one record to the next, or a refusal.

    queued -> running -> completed | failed
    queued | running -> paused -> queued
    running -> queued            (retry, continuation, lost worker)
    queued | running | paused -> cancelled   (requested, and the partial data is gone)
    queued | running | paused -> failed      (its worker was lost too often, or its time is over)

Writers save what these return under the condition that the version is still the one they read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Problem
from shared.jobs import endings, outputs
from shared.jobs.model import UNNAMED_PHASE, Artifact, Change, Event, Job, Phase, Status

RESEND_AFTER = timedelta(seconds=60)
# A message that waits its turn is no lost one: a copy at most every so often.
MAX_RESEND_AFTER = timedelta(hours=12)
MAX_BUSY = timedelta(hours=24)
MAX_STALLED = 2
CANCEL_ATTEMPTS = 10
_OPEN = (Status.QUEUED, Status.RUNNING, Status.PAUSED)


class RefusedError(Exception):
    """The transition does not apply to the job as it stands; the message says why."""


class NotDueError(RefusedError):
    """The job waits for its next attempt; ``wait`` is what is left."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"job is due in {wait.total_seconds():.1f} s")
        self.wait = wait


class RepeatedError(RefusedError):
    """The request repeats an earlier one; ``job`` is the record as it stands."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"requested already: {job.last_request}")
        self.job = job


class FencedError(RefusedError):
    """Another worker has taken the job over: the caller's claim is void."""


def submitted(job: Job, actor: str) -> Change:
    """Return the first change of a new job."""
    job = replace(job, state_since=job.created_at)
    return Change(job, _event(job, "submitted", "Job accepted", actor))


def take(job: Job, now: datetime, worker_id: str, lease: timedelta) -> Change:
    """Claim a job: raise the fence and set the lease. A job to be cancelled keeps its status.

    Raises RefusedError where the job is terminal, paused, not yet due or leased by a live worker.
    """
    if job.status.terminal:
        raise RefusedError(f"job is {job.status}")
    if job.lease_until is not None and job.lease_until > now:
        raise RefusedError("job is leased by another worker")
    if job.status is Status.PAUSED and not job.cancel_requested:
        raise RefusedError("job is paused")
    if job.not_before is not None and job.not_before > now and not job.cancel_requested:
        raise NotDueError(job.not_before - now)
    lost = job.lease_until is not None
    if lost and _exhausted(job):
        return fail(job, job.fence, now, endings.worker_lost(job))
    return _next(
        job,
        now,
        "taken_over" if lost else "started",
        "Taken over from a lost worker" if lost else "Work started",
        actor=worker_id,
        status=job.status if job.cancel_requested else Status.RUNNING,
        fence=job.fence + 1,
        attempt=job.attempt + lost,
        worker_id=worker_id,
        lease_until=now + lease,
        not_before=None,
        started_at=job.started_at or now,
        units_at_take=job.units_done,
    )


def advance(
    job: Job,
    fence: int,
    now: datetime,
    lease: timedelta,
    *,
    stage: str,
    percent: int,
    current: int,
    total: int,
    phase: Phase = UNNAMED_PHASE,
) -> Change:
    """Record a finished unit (``current`` of ``total`` in ``stage``) and renew the lease."""
    _check_fence(job, fence)
    return _next(
        job,
        now,
        "progress",
        f"{stage}: {current} of {total}",
        actor=job.worker_id,
        current_stage=stage,
        current=current,
        total=total,
        phase=phase.at(current, total),
        counted=phase.counts,
        percent_complete=max(job.percent_complete, min(percent, 99)),
        lease_until=now + lease,
        units_done=job.units_done + 1,
        stalled=0,
        busy_since=None,
    )


def complete(
    job: Job,
    fence: int,
    now: datetime,
    result: Mapping[str, Any],
    artifacts: Mapping[str, Artifact],
    follow_ups: Mapping[str, Mapping[str, Any]] | None = None,
) -> Change:
    """Publish the result: the one write that makes the artifacts of this fence the job's own.

    ``follow_ups`` names the outputs to be made of it, with their parameters: each becomes a job.
    Raises RefusedError where a cancellation was requested meanwhile.
    """
    _check_fence(job, fence)
    if job.cancel_requested:
        raise RefusedError("a cancellation was requested")
    change = _end(
        job, now, Status.COMPLETED, "Completed", percent_complete=100, result=result, artifacts=artifacts
    )
    new = (outputs.job_for(change.job, *named) for named in (follow_ups or {}).items())
    return replace(change, follow_ups=tuple(submitted(output, job.worker_id) for output in new))


def fail(job: Job, fence: int, now: datetime, problem: Problem) -> Change:
    """End the job with the reason."""
    _check_fence(job, fence)
    return _end(job, now, Status.FAILED, problem.title, error=problem.to_dict())


def cancelled(job: Job, fence: int, now: datetime) -> Change:
    """End a job that was to be cancelled, once its partial data is gone."""
    _check_fence(job, fence)
    if not job.cancel_requested:
        raise RefusedError("no cancellation was requested")
    return _end(job, now, Status.CANCELLED, "Cancelled", artifacts={})


def retry(
    job: Job, fence: int, now: datetime, problem: Problem, wait: timedelta, *, counts: bool = True
) -> Change:
    """Put the job back for another attempt after ``wait``; fail it when the attempts are used up.

    What does not count (waiting for another job) is no attempt of its own, and ends after ``MAX_BUSY``.
    """
    _check_fence(job, fence)
    busy_since = None if counts else job.busy_since or now
    if counts and _exhausted(job):
        detail = f"{problem.detail} (gave up after {job.attempt} attempts)"
        return fail(job, fence, now, replace(problem, detail=detail))
    if busy_since is not None and now - busy_since >= MAX_BUSY:
        detail = f"{problem.detail} (gave up after {MAX_BUSY.total_seconds() / 3600:.0f} hours of waiting)"
        return fail(job, fence, now, replace(problem, detail=detail))
    return _release(
        job,
        now,
        "retrying",
        f"{problem.title}; trying again",
        status=_put_back(job),
        attempt=job.attempt + counts,
        not_before=now + wait,
        busy_since=busy_since,
    )


def continue_later(job: Job, fence: int, now: datetime) -> Change:
    """Put the job back because the invocation's time is up; without progress twice it fails."""
    _check_fence(job, fence)
    stalled = 0 if job.units_done > job.units_at_take else job.stalled + 1
    if stalled >= MAX_STALLED:
        return fail(job, fence, now, endings.no_progress(job))
    return _release(
        job, now, "continued", "Goes on in the next invocation", status=Status.QUEUED, stalled=stalled
    )


def paused(job: Job, fence: int, now: datetime) -> Change:
    """Stop at a unit's end because a pause was requested; everything done is kept.

    Raises RefusedError where it was taken back, or overruled by a cancellation, meanwhile.
    """
    _check_fence(job, fence)
    if job.cancel_requested or not job.pause_requested:
        raise RefusedError("no pause is requested any more")
    return _release(job, now, "paused", "Paused", status=Status.PAUSED, pause_requested=False)


def request_pause(job: Job, now: datetime, actor: str) -> Change:
    """Request a pause: a queued job pauses at once, a running one at its next unit.

    Raises RepeatedError where that was requested before, RefusedError where it is not possible.
    """
    if not job.can_pause:
        if not job.cancel_requested and (job.pause_requested or job.status is Status.PAUSED):
            raise RepeatedError(job)
        raise RefusedError(_not_possible(job, "paused"))
    request = {"actor": actor, "last_request": "pause"}
    if job.status is Status.QUEUED:
        return _next(job, now, "paused", "Paused", status=Status.PAUSED, resend_count=0, **request)
    return _next(job, now, "pause_requested", "Pause requested", pause_requested=True, **request)


def request_resume(job: Job, now: datetime, actor: str) -> Change:
    """Let a paused job go on; a pause that was only requested is taken back.

    Raises RepeatedError where that was requested before, RefusedError where it is not possible.
    """
    if not job.can_resume:
        if job.last_request == "resume" and not job.status.terminal:
            raise RepeatedError(job)
        raise RefusedError(_not_possible(job, "resumed"))
    request: dict[str, Any] = {"actor": actor, "last_request": "resume"}
    if job.status is Status.PAUSED:
        request |= {"status": Status.QUEUED, "fence": job.fence + 1, "resend_count": 0, "busy_since": None}
        return _next(job, now, "resumed", "Resumed", **request)
    return _next(job, now, "resumed", "Pause taken back", pause_requested=False, **request)


def request_cancel(job: Job, now: datetime, actor: str) -> Change:
    """Request the cancellation; a worker removes the partial data and then writes ``cancelled``.

    Raises RepeatedError where that was requested before, RefusedError where it is not possible.
    """
    if not job.can_cancel:
        if job.cancel_requested and job.status in {*_OPEN, Status.CANCELLED}:
            raise RepeatedError(job)
        raise RefusedError(_not_possible(job, "cancelled"))
    return _next(
        job,
        now,
        "cancel_requested",
        "Cancellation requested",
        actor=actor,
        last_request="cancel",
        cancel_requested=True,
        resend_count=0,
    )


def unlock(job: Job, now: datetime, actor: str) -> Change:
    """Take a job from its worker, whose claim is void from now on, and put it back for another one.

    Raises RefusedError where no worker has it.
    """
    if job.lease_until is None:
        raise RefusedError(f"job is {job.status} and no worker has it")
    return _release(
        job,
        now,
        "unlocked",
        "Taken from its worker by an operator",
        actor=actor,
        status=_put_back(job),
        fence=job.fence + 1,
    )


def reconcile(job: Job, now: datetime) -> Change | None:
    """Repair a job whose time is overdue: its message was lost, its worker died, or it has to have ended.

    Returns None where nothing is due. After the change is saved the caller sends the message again, if the
    job is still open.
    """
    due = due_at(job)
    if due is None or due > now or job.status.terminal:
        return None
    if job.expires_at is not None and job.expires_at <= now:
        return _end(
            job, now, Status.FAILED, "Expired", error=endings.job_expired(job).to_dict(), actor="reconciler"
        )
    if job.lease_until is not None:
        if _exhausted(job):
            return fail(job, job.fence, now, endings.worker_lost(job))
        return _release(
            job,
            now,
            "worker_lost",
            "The worker stopped without a word; the job goes on elsewhere",
            status=_put_back(job),
            attempt=job.attempt + 1,
            fence=job.fence + 1,
        )
    return _next(
        job, now, "resent", "Message sent again", actor="reconciler", resend_count=job.resend_count + 1
    )


def due_at(job: Job) -> datetime | None:
    """Return when the reconciler has to look at the job, or None.

    A live worker is left alone. An open job is due at the latest when its time is over, then it fails; one
    that has ended when it expires, then it is removed.
    """
    if job.lease_until is not None:
        return job.lease_until
    if job.activity is None:
        return job.expires_at
    wait: timedelta = min(RESEND_AFTER * (1 << min(job.resend_count, 10)), MAX_RESEND_AFTER)
    resend = max(job.not_before or job.updated_at, job.updated_at) + wait
    return resend if job.expires_at is None else min(resend, job.expires_at)


def _exhausted(job: Job) -> bool:
    """Say whether no attempt is left; removing what a cancelled job made gets some of its own."""
    return job.attempt >= job.max_attempts + (CANCEL_ATTEMPTS if job.cancel_requested else 0)


def _put_back(job: Job) -> Status:
    """Return the status of a job that its worker leaves unfinished: one to be cancelled may be paused."""
    return Status.QUEUED if job.status is Status.RUNNING else job.status


def _check_fence(job: Job, fence: int) -> None:
    """Refuse a writer whose claim is void."""
    if job.status.terminal:
        raise FencedError(f"job is already {job.status}")
    if job.fence != fence:
        raise FencedError(f"fence is {job.fence}, not {fence}")


def _end(job: Job, now: datetime, status: Status, message: str, **fields: Any) -> Change:
    """Write a terminal status. What is kept is kept for as long from now on as it was to be at first."""
    kept = None if job.expires_at is None else now + (job.expires_at - job.created_at)
    return _release(
        job,
        now,
        status.value,
        message,
        status=status,
        completed_at=now,
        pause_requested=False,
        not_before=None,
        busy_since=None,
        expires_at=kept,
        **fields,
    )


def _release(job: Job, now: datetime, type_: str, message: str, **fields: Any) -> Change:
    """Give the lease back."""
    fields = {"actor": job.worker_id, **fields}
    return _next(job, now, type_, message, worker_id="", lease_until=None, resend_count=0, **fields)


def _next(job: Job, now: datetime, type_: str, message: str, *, actor: str, **fields: Any) -> Change:
    """Return the next version of the record, with its event."""
    after = replace(job, version=job.version + 1, updated_at=now, message=message, **fields)
    if (after.status, after.fence, after.activity) != (job.status, job.fence, job.activity):
        after = replace(after, state_since=now)
    return Change(after, _event(after, type_, message, actor))


def _event(job: Job, type_: str, message: str, actor: str) -> Event:
    return Event(
        number=job.version,
        job_id=job.job_id,
        type=type_,
        at=job.updated_at,
        status=job.status,
        stage=job.current_stage,
        progress=job.percent_complete,
        message=message,
        current=job.current,
        total=job.total,
        phase=job.phase,
        actor=actor,
    )


def _not_possible(job: Job, what: str) -> str:
    if job.cancel_requested and not job.status.terminal:
        return f"job is being cancelled and cannot be {what}"
    return f"job is {job.status} and cannot be {what}"

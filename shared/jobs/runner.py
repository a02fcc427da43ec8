"""The runner: takes a job, does its units one by one, and writes how it ended.

A message may come twice, late, or for a job that is long over; whatever it finds, the runner leaves
the record right and answers with an outcome, after which the message can be deleted. Only errors of
the store or the queue themselves escape, so that the message comes back.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.clock import Clock, utc_now
from shared.errors import PermanentError, Problem, TransientError
from shared.files import Files
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.lease import Heartbeat
from shared.jobs.model import Artifact, Change, Job, Kind, Status, Unit
from shared.jobs.queue import MAX_DELAY, JobMessage, JobQueue
from shared.jobs.states import FencedError, NotDueError, RefusedError
from shared.jobs.store import JobNotFoundError, JobStore, edit
from shared.jobs.workflow import MakeWorkflow, Run, Stage, Workflow, job_prefix
from shared.observability import logger

BACKOFF_BASE = timedelta(seconds=2)
BACKOFF_CAP = timedelta(seconds=600)


class Ending(StrEnum):
    """How one delivery of a message ended."""

    IGNORED = "ignored"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RETRYING = "retrying"
    CONTINUED = "continued"
    FENCED = "fenced"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The ending of one delivery, with the job as it was then (None for a message without a job)."""

    ending: Ending
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """``lease``: how long a silent worker keeps its job. ``reserve``: the time kept to save and leave."""

    lease: timedelta = timedelta(seconds=90)
    reserve: timedelta = timedelta(seconds=20)


Remaining = Callable[[], float]


def unlimited() -> float:
    """Return the remaining seconds of an invocation that has no end."""
    return float("inf")


class Runner:
    """Executes jobs of every kind that it has a workflow for."""

    def __init__(
        self,
        store: JobStore,
        files: Files,
        queue: JobQueue,
        workflows: Mapping[Kind, MakeWorkflow],
        *,
        limits: Limits | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._store = store
        self._files = files
        self._queue = queue
        self._workflows = workflows
        self._limits = limits or Limits()
        self._clock = clock

    def handle(self, message: JobMessage, remaining: Remaining = unlimited) -> Outcome:
        """Execute the job that a message names, as far as ``remaining()`` seconds allow.

        Raises TransientError where the store or the queue fails: the message then comes back.
        """
        with logger.append_context_keys(job_id=message.job_id, kind=message.kind):
            job = self._take(message)
            if job is None:
                return Outcome(Ending.IGNORED)
            if job.status.terminal:
                return self._ended(job)
            return self._hold(job, remaining)

    def _hold(self, job: Job, remaining: Remaining) -> Outcome:
        """Execute a job under a lease that is kept alive."""
        try:
            with Heartbeat(self._store, job.job_id, job.fence, self._limits.lease, self._clock) as heartbeat:
                return self._execute(job, remaining, heartbeat)
        except FencedError as refusal:
            logger.warning("Job was taken over", reason=str(refusal))
            self._sweep(job)
            return Outcome(Ending.FENCED, job)

    def _sweep(self, job: Job) -> None:
        """Remove what this late worker has written since the job was cancelled."""
        now = self._store.get(job.job_id)
        if now is not None and now.status is Status.CANCELLED:
            self._files.delete_prefix(job_prefix(job.job_id))

    def _take(self, message: JobMessage) -> Job | None:
        """Claim the job, or return None where there is nothing to do for this message."""
        try:
            return edit(
                self._store,
                message.job_id,
                lambda job: states.take(job, self._clock(), f"worker-{uuid7()}", self._limits.lease),
            )
        except JobNotFoundError:
            logger.warning("Message without a job")
        except NotDueError as early:
            self._queue.send(JobMessage(message.job_id, message.kind, "early"), min(early.wait, MAX_DELAY))
        except RefusedError as refusal:
            logger.info("Nothing to do", reason=str(refusal))
        return None

    def _execute(self, job: Job, remaining: Remaining, heartbeat: Heartbeat) -> Outcome:
        """Do the job and turn every error into the transition that it calls for."""
        progress = _Progress()
        try:
            if job.cancel_requested:
                return self._cancel(job)
            return self._work(job, remaining, heartbeat, progress)
        except FencedError:
            raise
        except TransientError as error:
            return self._retry(job, error.problem(progress.stage), error.retry_after)
        except PermanentError as error:
            return self._fail(job, error.problem(progress.stage))
        except Exception as error:  # noqa: BLE001 - the unexpected is retried, then reported as it was
            logger.exception("Unexpected error", stage=progress.stage)
            detail = f"{type(error).__name__} in stage {progress.stage or 'start'!r}."
            return self._retry(
                job, Problem("unexpected-error", "Unexpected error", detail, 500, progress.stage)
            )

    def _work(self, job: Job, remaining: Remaining, heartbeat: Heartbeat, progress: _Progress) -> Outcome:
        """Do the unfinished units of every stage, then finish."""
        run = Run(job, self._files)
        for unit in self._store.units(job.job_id):
            run.finished.setdefault(unit.stage, {})[unit.index] = unit
        workflow = self._workflow(run)
        for stage in workflow.stages:
            progress.stage = stage.name
            total = stage.count()
            done = run.finished.setdefault(stage.name, {})
            for index in range(total):
                if index in done:
                    continue
                interruption = self._interruption(job, remaining, heartbeat, progress)
                if interruption is not None:
                    return interruption
                began = time.monotonic()
                unit = run.save_output(stage.name, index, stage.work(index))
                done[index] = unit
                job = self._advance(run, workflow, stage, total, unit)
                progress.longest = max(progress.longest, time.monotonic() - began)
        interruption = self._interruption(job, remaining, heartbeat, progress)
        if interruption is not None:
            return interruption
        progress.stage = "result"
        result = workflow.finish()
        return self._complete(job, result, run.artifacts)

    def _workflow(self, run: Run) -> Workflow:
        make = self._workflows.get(run.job.kind)
        if make is None:
            raise PermanentError(
                "unknown-kind", f"This worker does not execute jobs of kind {run.job.kind!r}."
            )
        return make(run)

    def _interruption(
        self, job: Job, remaining: Remaining, heartbeat: Heartbeat, progress: _Progress
    ) -> Outcome | None:
        """Stop before the next unit where time, a pause, a cancellation or another worker asks for it."""
        if heartbeat.lost:
            raise FencedError("the lease was lost")
        fresh = self._store.get(job.job_id)
        if fresh is None:
            raise FencedError("the job is gone")
        if fresh.fence != job.fence or fresh.status.terminal:
            raise FencedError(f"fence is {fresh.fence}, not {job.fence}")
        if fresh.cancel_requested:
            return self._cancel(fresh)
        if fresh.pause_requested:
            return self._pause(job, remaining, heartbeat, progress)
        if remaining() < max(self._limits.reserve.total_seconds(), 2 * progress.longest):
            return self._continue(job)
        return None

    def _pause(
        self, job: Job, remaining: Remaining, heartbeat: Heartbeat, progress: _Progress
    ) -> Outcome | None:
        """Pause, unless the pause was taken back or overruled since it was seen."""
        try:
            paused = self._edit(job, lambda j: states.paused(j, job.fence, self._clock()))
        except FencedError:
            raise
        except RefusedError:
            return self._interruption(job, remaining, heartbeat, progress)
        return Outcome(Ending.PAUSED, paused)

    def _advance(self, run: Run, workflow: Workflow, stage: Stage, total: int, unit: Unit) -> Job:
        """Save a finished unit with the progress it makes."""
        percent = _percent(workflow, stage, len(run.finished[stage.name]), total)
        job = run.job

        def decide(current: Job) -> Change:
            return states.advance(
                current,
                job.fence,
                self._clock(),
                self._limits.lease,
                stage=stage.name,
                percent=percent,
                current=len(run.finished[stage.name]),
                total=total,
            )

        run.job = self._edit(job, decide, unit)
        return run.job

    def _complete(self, job: Job, result: Mapping[str, Any], artifacts: Mapping[str, Artifact]) -> Outcome:
        """Publish the result, unless a cancellation came first."""
        try:
            return self._ended(
                self._edit(job, lambda j: states.complete(j, job.fence, self._clock(), result, artifacts))
            )
        except FencedError:
            raise
        except RefusedError:
            return self._cancel(job)

    def _cancel(self, job: Job) -> Outcome:
        """Remove what the job made, and only then say that it is cancelled."""
        removed = self._files.delete_prefix(job_prefix(job.job_id))
        logger.info("Removed partial data", objects=removed)
        return self._ended(self._edit(job, lambda j: states.cancelled(j, job.fence, self._clock())))

    def _continue(self, job: Job) -> Outcome:
        after = self._edit(job, lambda j: states.continue_later(j, job.fence, self._clock()))
        if after.status.terminal:
            return self._ended(after)
        self._queue.send(JobMessage(job.job_id, job.kind, "continuation"))
        return Outcome(Ending.CONTINUED, after)

    def _retry(self, job: Job, problem: Problem, retry_after: float | None = None) -> Outcome:
        wait = timedelta(seconds=retry_after) if retry_after else backoff(job.attempt)
        after = self._edit(job, lambda j: states.retry(j, job.fence, self._clock(), problem, wait))
        if after.status.terminal:
            return self._ended(after)
        logger.warning("Will try again", problem=problem.type, attempt=after.attempt, wait=str(wait))
        self._queue.send(JobMessage(job.job_id, job.kind, "retry"), min(wait, MAX_DELAY))
        return Outcome(Ending.RETRYING, after)

    def _fail(self, job: Job, problem: Problem) -> Outcome:
        return self._ended(self._edit(job, lambda j: states.fail(j, job.fence, self._clock(), problem)))

    def _ended(self, job: Job) -> Outcome:
        logger.info("Job ended", status=job.status, problem=(job.error or {}).get("type", ""))
        return Outcome(Ending(job.status.value), job)

    def _edit(self, job: Job, decide: Callable[[Job], Change], unit: Unit | None = None) -> Job:
        return edit(self._store, job.job_id, decide, unit)


@dataclass(slots=True)
class _Progress:
    """What the runner remembers of the work while it runs; ``longest`` is a unit's time in seconds."""

    stage: str = ""
    longest: float = 0.0


def backoff(attempt: int, rand: Callable[[], float] = random.random) -> timedelta:
    """Return the wait before the next attempt: exponential with a cap, full jitter above one half."""
    ceiling: timedelta = min(BACKOFF_BASE * (1 << min(attempt - 1, 20)), BACKOFF_CAP)
    return ceiling * (0.5 + rand() / 2)


def _percent(workflow: Workflow, stage: Stage, current: int, total: int) -> int:
    """Return the job's progress from the weights of the stages done and the units of this one."""
    weights = {s.name: s.weight for s in workflow.stages}
    before = 0
    for name, weight in weights.items():
        if name == stage.name:
            break
        before += weight
    share = stage.weight * current / total if total else stage.weight
    return int(100 * (before + share) / sum(weights.values()))

"""One taken job, executed: its units one by one, and the transition that each ending calls for.

The record in hand is that of the last write. Since every write is conditional on its version, a flag that
is set meanwhile is seen at the next write, and obeyed before the next unit.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shared.clock import Clock, Monotonic
from shared.errors import BusyError, PermanentError, Problem, TransientError
from shared.files.keys import job_prefix
from shared.files.port import Files
from shared.jobs import outputs, states
from shared.jobs.checkpoints import finished_units
from shared.jobs.lease import Heartbeat
from shared.jobs.model import Change, Job, Kind, Unit
from shared.jobs.queue import MAX_DELAY, JobMessage, JobQueue
from shared.jobs.states import FencedError, RefusedError
from shared.jobs.store import JobNotFoundError, JobStore, edit
from shared.jobs.workflow import MakeWorkflow, Run, Stage, Workflow
from shared.observability import logger
from shared.retry import backoff
from shared.sending import send_or_leave

# In seconds.
BACKOFF_BASE = 2.0
BACKOFF_CAP = 600.0

Remaining = Callable[[], float]


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
class ExecutionLimits:
    """``lease``: how long a silent worker keeps its job. ``reserve``: the time kept to save and leave.

    The reserve has to be well below the time-out of the function. ``turn`` is how long an output works before
    it goes to the end of the queue.
    """

    lease: timedelta = timedelta(seconds=90)
    reserve: timedelta = timedelta(seconds=20)
    turn: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ExecutionDependencies:
    """What executions work with; ``workflows`` makes the workflow of each kind of job."""

    store: JobStore
    files: Files
    queue: JobQueue
    workflows: Mapping[Kind, MakeWorkflow]
    limits: ExecutionLimits
    clock: Clock
    monotonic: Monotonic


class Execution:
    """The work on one job under one fence."""

    def __init__(
        self, means: ExecutionDependencies, job: Job, remaining: Remaining, heartbeat: Heartbeat
    ) -> None:
        self._means = means
        self._job = job
        self._fence = job.fence
        self._remaining = remaining
        self._heartbeat = heartbeat
        self._stage = ""
        self._longest = 0.0
        self._began = means.monotonic()

    def run(self) -> Outcome:
        """Do the job and turn every error into the transition that it calls for.

        Raises FencedError where another worker has taken over, TransientError where the store fails.
        """
        try:
            if self._job.cancel_requested:
                return self._cancel()
            return self._work()
        except FencedError:
            raise
        except TransientError as error:
            counts = not isinstance(error, BusyError)
            return self._retry(error.problem(self._stage), error.retry_after, counts=counts)
        except PermanentError as error:
            return self._fail(error.problem(self._stage))
        except Exception as error:  # noqa: BLE001 - the unexpected is retried, then reported as it was
            # Without the error's own words: those of foreign libraries may hold what was read.
            trace = traceback.format_tb(error.__traceback__)
            logger.error("Unexpected error", stage=self._stage, error=type(error).__name__, trace=trace)
            detail = f"{type(error).__name__} in stage {self._stage or 'start'!r}."
            return self._retry(Problem("unexpected-error", "Unexpected error", detail, 500, self._stage))

    def _work(self) -> Outcome:
        """Do the unfinished units of every stage, then finish."""
        run, workflow = self._open()
        for stage in workflow.stages:
            self._stage = stage.name
            total = stage.count()
            done = run.finished.setdefault(stage.name, {})
            if len(done) < total:
                forget_later(run, workflow, stage)
            for index in range(total):
                if index in done:
                    continue
                if (interrupted := self._interruption()) is not None:
                    return interrupted
                began = self._means.monotonic()
                done[index] = run.save_output(stage.name, index, stage.work(index), workflow.revision)
                self._advance(workflow, stage, stage.steps(len(done)), stage.steps(total), done[index])
                self._longest = max(self._longest, self._means.monotonic() - began)
        if (interrupted := self._interruption()) is not None:
            return interrupted
        self._stage = "result"
        return self._complete(workflow.finish(), run)

    def _open(self) -> tuple[Run, Workflow]:
        """Return the job's execution as far as its finished units have brought it."""
        run = Run(self._job, self._means.files)
        workflow = self._workflow(run)
        for unit in finished_units(self._means.store, self._job, workflow):
            run.finished.setdefault(unit.stage, {})[unit.index] = unit
        return run, workflow

    def _workflow(self, run: Run) -> Workflow:
        make = self._means.workflows.get(run.job.kind)
        if make is None:
            raise PermanentError(
                "unknown-kind", f"This worker does not execute jobs of kind {run.job.kind!r}."
            )
        return make(run)

    def _interruption(self) -> Outcome | None:
        """Stop before the next unit where time, a pause, a cancellation or another worker calls for it."""
        if self._heartbeat.lost:
            raise FencedError("the lease was lost")
        if self._job.cancel_requested:
            return self._cancel()
        if self._job.pause_requested:
            return self._pause()
        if self._remaining() < self._needed() or self._had_its_turn():
            return self._continue()
        return None

    def _had_its_turn(self) -> bool:
        """Say whether an output has to let others go first: an analysis must not wait for a long index."""
        progressed = self._job.units_done > self._job.units_at_take
        turn = self._means.limits.turn.total_seconds()
        worked = self._means.monotonic() - self._began
        return self._job.kind is Kind.OUTPUT and progressed and worked >= turn

    def _needed(self) -> float:
        """Return the seconds without which the next unit is not begun.

        A slow start may have eaten into the reserve, the next one would too, and an invocation that does
        nothing is of no use: the first unit needs a part of the reserve only.
        """
        reserve = self._means.limits.reserve.total_seconds()
        if self._job.units_done == self._job.units_at_take:
            return reserve / 4
        return max(reserve, 2 * self._longest)

    def _advance(self, workflow: Workflow, stage: Stage, current: int, total: int, unit: Unit) -> None:
        """Save a finished unit with the progress it makes."""
        percent = percent_done(workflow, stage, current, total)
        self._edit(
            lambda job: states.advance(
                job,
                self._fence,
                self._means.clock(),
                self._means.limits.lease,
                stage=stage.name,
                percent=percent,
                current=current,
                total=total,
                phase=stage.phase,
            ),
            unit,
        )

    def _pause(self) -> Outcome | None:
        """Pause, unless the pause was taken back or overruled since it was seen."""
        try:
            self._edit(lambda job: states.paused(job, self._fence, self._means.clock()))
        except FencedError:
            raise
        except RefusedError:
            self._job = self._read()
            return self._interruption()
        return Outcome(Ending.PAUSED, self._job)

    def _complete(self, result: Mapping[str, Any], run: Run) -> Outcome:
        """Publish the result, unless a cancellation came first; then send the messages of what follows."""
        try:
            self._edit(
                lambda job: states.complete(
                    job, self._fence, self._means.clock(), result, run.artifacts, run.follow_ups
                )
            )
        except FencedError:
            raise
        except RefusedError:
            self._job = self._read()
            return self._cancel()
        for name, params in run.follow_ups.items():
            self._send(outputs.job_for(self._job, name, params), "follow-up")
        return ended(self._job)

    def _cancel(self) -> Outcome:
        """Remove what the job made, and only then say that it is cancelled."""
        if self._job.kind in self._means.workflows:
            self._stage = "undo"
            self._open()[1].undo()
        removed = self._means.files.delete_prefix(job_prefix(self._job.job_id))
        logger.info("Removed partial data", objects=removed)
        self._edit(lambda job: states.cancelled(job, self._fence, self._means.clock()))
        return ended(self._job)

    def _continue(self) -> Outcome:
        self._edit(lambda job: states.continue_later(job, self._fence, self._means.clock()))
        if self._job.status.terminal:
            return ended(self._job)
        self._send(self._job, "continuation")
        return Outcome(Ending.CONTINUED, self._job)

    def _retry(self, problem: Problem, retry_after: float | None = None, *, counts: bool = True) -> Outcome:
        seconds = retry_after or backoff(self._job.attempt, BACKOFF_BASE, BACKOFF_CAP)
        wait = timedelta(seconds=seconds)
        self._edit(
            lambda job: states.retry(job, self._fence, self._means.clock(), problem, wait, counts=counts)
        )
        if self._job.status.terminal:
            return ended(self._job)
        logger.warning("Will try again", problem=problem.type, attempt=self._job.attempt, wait=str(wait))
        self._send(self._job, "retry", min(wait, MAX_DELAY))
        return Outcome(Ending.RETRYING, self._job)

    def _fail(self, problem: Problem) -> Outcome:
        self._edit(lambda job: states.fail(job, self._fence, self._means.clock(), problem))
        return ended(self._job)

    def _read(self) -> Job:
        """Return the record as it is stored now; raises FencedError where it is no longer ours."""
        job = self._means.store.get(self._job.job_id)
        if job is None or job.fence != self._fence:
            raise FencedError("the job was taken over, or is gone")
        return job

    def _send(self, job: Job, reason: str, delay: timedelta = timedelta()) -> None:
        send_or_leave(self._means.queue, JobMessage.about(job, reason), delay)

    def _edit(self, decide: Callable[[Job], Change], unit: Unit | None = None) -> None:
        try:
            self._job = edit(self._means.store, self._job.job_id, decide, unit, known=self._job)
        except JobNotFoundError as error:
            raise FencedError("the job is gone") from error


def forget_later(run: Run, workflow: Workflow, stage: Stage) -> None:
    """Leave out what was finished after a stage: units made of its old outputs do not fit its new ones."""
    names = [stage.name for stage in workflow.stages]
    for later in names[names.index(stage.name) + 1 :]:
        run.finished.pop(later, None)


def ended(job: Job) -> Outcome:
    """Return the outcome of a terminal job, and say so in the log."""
    logger.info("Job ended", status=job.status, problem=(job.error or {}).get("type", ""))
    return Outcome(Ending(job.status.value), job)


def percent_done(workflow: Workflow, stage: Stage, current: int, total: int) -> int:
    """Return the job's progress from the weights of the stages done and ``current`` of ``total`` steps."""
    weights = [(each.name, each.weight) for each in workflow.stages]
    position = [name for name, _ in weights].index(stage.name)
    before = sum(weight for _, weight in weights[:position])
    return int(100 * (before + stage.weight * current / total) / sum(weight for _, weight in weights))

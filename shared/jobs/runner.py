"""The runner: takes a job, does its units one by one, and writes how it ended.

A message may come twice, late, or for a job that is long over; whatever it finds, the runner leaves
the record right and answers with an outcome, after which the message can be deleted. Only errors of
the store or the queue themselves escape, so that the message comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.clock import Clock, Monotonic, monotonic, utc_now
from shared.files.keys import job_prefix
from shared.files.port import Files
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.execution import (
    Ending,
    Execution,
    ExecutionDependencies,
    ExecutionLimits,
    Outcome,
    Remaining,
    ended,
)
from shared.jobs.lease import Heartbeat
from shared.jobs.model import Job, Kind, Status
from shared.jobs.queue import MAX_DELAY, Announce, JobMessage, JobQueue, unannounced
from shared.jobs.states import FencedError, NotDueError, RefusedError
from shared.jobs.store import JobNotFoundError, JobStore, edit
from shared.jobs.workflow import MakeWorkflow
from shared.observability import logger

__all__ = ["Ending", "ExecutionLimits", "Outcome", "Remaining", "Runner"]


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
        limits: ExecutionLimits | None = None,
        clock: Clock = utc_now,
        monotonic: Monotonic = monotonic,
        announce: Announce = unannounced,
    ) -> None:
        self._means = ExecutionDependencies(
            store, files, queue, workflows, limits or ExecutionLimits(), clock, monotonic
        )
        self._announce = announce

    def handle(self, message: JobMessage, remaining: Remaining = unlimited) -> Outcome:
        """Execute the job that a message names, as far as ``remaining()`` seconds allow.

        Raises TransientError where the store or the queue fails: the message then comes back.
        """
        with logger.append_context_keys(job_id=message.job_id, kind=message.kind):
            job = self._take(message)
            if job is None:
                return Outcome(Ending.IGNORED)
            outcome = ended(job) if job.status.terminal else self._hold(job, remaining)
            if outcome.job is not None and outcome.job.status.terminal:
                self._announce(outcome.job)
            return outcome

    def _hold(self, job: Job, remaining: Remaining) -> Outcome:
        """Execute a job under a lease that is kept alive."""
        means = self._means
        try:
            with Heartbeat(means.store, job.job_id, job.fence, means.limits.lease, means.clock) as heartbeat:
                return Execution(means, job, remaining, heartbeat).run()
        except FencedError as refusal:
            logger.warning("Job was taken over", reason=str(refusal))
            self._sweep(job)
            return Outcome(Ending.FENCED, job)

    def _sweep(self, job: Job) -> None:
        """Remove what this late worker has written since the job was cancelled, or removed."""
        now = self._means.store.get(job.job_id)
        if now is None or now.status is Status.CANCELLED:
            self._means.files.delete_prefix(job_prefix(job.job_id))

    def _take(self, message: JobMessage) -> Job | None:
        """Claim the job, or return None where there is nothing to do for this message."""
        means = self._means
        try:
            return edit(
                means.store,
                message.job_id,
                lambda job: states.take(job, means.clock(), f"worker-{uuid7()}", means.limits.lease),
            )
        except JobNotFoundError:
            logger.warning("Message without a job")
        except NotDueError as early:
            means.queue.send(replace(message, reason="early"), min(early.wait, MAX_DELAY))
        except RefusedError as refusal:
            logger.info("Nothing to do", reason=str(refusal))
        return None

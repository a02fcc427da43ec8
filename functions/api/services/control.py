"""Pausing, resuming and cancelling: what routes by job and by document share.

Asking again for what was asked for before changes nothing and is no error. What the state does not allow
is refused with the state in the answer, so that a client need not ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas import job_views
from functions.api.schemas.jobs import Flags
from functions.api.services.acceptance import send_message
from functions.api.services.lookup import require_change
from shared.auth import Caller
from shared.jobs import states
from shared.jobs.model import Change, Job, Status
from shared.jobs.states import RefusedError, RepeatedError
from shared.jobs.store import edit
from shared.observability import logger

Transition = Callable[[Job, datetime, str], Change]


@dataclass(frozen=True, slots=True)
class JobControl:
    """Changes jobs in the name of one caller; every method raises ForbiddenError and RequestError."""

    dependencies: ApiDependencies
    caller: Caller

    def pause(self, job: Job) -> Flags:
        """Stop a job at its next unit of work."""
        return job_views.flags(self._change(job, states.request_pause))

    def resume(self, job: Job) -> Flags:
        """Let a paused job go on where it stopped."""
        after = self._change(job, states.request_resume)
        if after.status is Status.QUEUED:
            # Also for a repetition: the client may repeat because the first message was lost.
            send_message(self.dependencies, after, "resumed")
        return job_views.flags(after)

    def cancel(self, job: Job) -> Flags:
        """Stop a job for good; a worker removes what it has made, and only then writes the end."""
        after = self._change(job, states.request_cancel)
        if not after.status.terminal:
            send_message(self.dependencies, after, "cancelled")
        return job_views.flags(after)

    def _change(self, job: Job, transition: Transition) -> Job:
        """Apply a transition; a repetition returns the job as it stands."""
        require_change(self.caller, job)

        def decide(current: Job) -> Change:
            try:
                return transition(current, self.dependencies.clock(), self.caller.owner.key)
            except RepeatedError:
                raise
            except RefusedError as refusal:
                raise conflict(current, refusal) from refusal

        try:
            after = edit(self.dependencies.jobs, job.job_id, decide)
        except RepeatedError as repetition:
            return repetition.job
        logger.info("Job changed", job_id=job.job_id, status=after.status.value, event=after.message)
        return after


def conflict(job: Job, refusal: RefusedError) -> RequestError:
    """Return the answer to what the state of a job does not allow, with that state."""
    return RequestError(
        "state-conflict",
        f"This is not possible now: {refusal}.",
        status=409,
        extensions={"job": job_views.flags(job).model_dump()},
    )

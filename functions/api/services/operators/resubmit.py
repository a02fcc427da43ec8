"""Trying a job again that has ended: as a new job, for nothing changes one that has."""

from __future__ import annotations

import hashlib
import json

from functions.api.services import control
from functions.api.services.acceptance import Submission, send_message
from functions.api.services.operators.audited import Operator
from shared.jobs import states
from shared.jobs.model import Job, new_job
from shared.jobs.states import RefusedError
from shared.jobs.store import Idempotency


def require_ended(job: Job) -> None:
    """Refuse a job that may still go on by itself; raises RequestError with its state."""
    if not job.status.terminal:
        raise control.conflict(job, RefusedError(f"job is {job.status} and has not ended"))


def try_again(operator: Operator, job: Job, key: str = "") -> Submission:
    """Make a new job of one that has ended: the same owner, kind, parameters and metadata.

    Under ``key`` the operator gets one new job, whatever is repeated. Without a key a job is tried again
    once for all callers: repetitions return the same new job, and so does a redrive of its dead letters.
    Raises IdempotencyMismatchError where the key stands for another job.
    """
    dependencies = operator.dependencies
    now = dependencies.clock()
    fresh = new_job(
        job.kind,
        job.owner,
        job.params,
        now,
        metadata=job.metadata,
        max_attempts=job.max_attempts,
        retry_of=job.job_id,
        expires_at=now + operator.settings.retention,
    )
    scope = [operator.name, "retry", key] if key else ["retry", job.job_id]
    idempotency = Idempotency(_sha256(json.dumps(scope)), _sha256(job.job_id))
    stored = dependencies.jobs.create(states.submitted(fresh, operator.name), idempotency)
    if stored.job_id != fresh.job_id:
        return Submission(stored, replayed=True)
    send_message(dependencies, stored, "retried")
    return Submission(stored, replayed=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""Accepting a job: is it new; then record first, message second.

Once the record is written the job is accepted. A message that could not be sent is no error: the
reconciler finds the record and sends it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas.requests import AnalysisRequest, CaseUploadForm, CleanupRequest, OutputRequest
from functions.api.services import job_receivers
from functions.api.services.webhooks import WebhookService
from functions.api.settings import ApiSettings
from shared.auth import Caller
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.model import Job, Kind, new_job
from shared.jobs.queue import JobMessage
from shared.jobs.store import Idempotency
from shared.observability import logger
from shared.sending import send_or_leave

# A guess: what a few workers take to begin the next of an owner's jobs when each lasts seconds to minutes.
QUEUE_RETRY_SECONDS = 30

Submittable = AnalysisRequest | CaseUploadForm | CleanupRequest | OutputRequest


class TooManyQueuedJobsError(TransientError):
    """As many jobs of the owner wait for a worker as may."""

    status = 429

    def __init__(self, limit: int) -> None:
        super().__init__(
            "too-many-queued-jobs",
            f"{limit} of your jobs wait for a worker, and no more may. Submit again when some have begun.",
            retry_after=QUEUE_RETRY_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted job; ``replayed`` where the Idempotency-Key had brought it before.

    ``webhook_secret`` is the one that was made for its webhook, None where none was.
    """

    job: Job
    replayed: bool
    webhook_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Accepts the jobs of one caller; ``key`` is the Idempotency-Key, empty for none.

    A key that was used before is answered with its job, whatever has changed since.
    """

    dependencies: ApiDependencies
    settings: ApiSettings
    caller: Caller
    key: str = ""

    def require_room(self) -> None:
        """Refuse more than the caller may have waiting.

        The count is read from an index that only waiting jobs are in: it cannot drift, but a submission of
        this moment may not be in it yet, so that a burst gets a little over the bound.
        """
        limit = self.settings.max_queued_jobs
        if self.dependencies.jobs.waiting(self.caller.owner.key, limit) >= limit:
            raise TooManyQueuedJobsError(limit)

    def idempotency(self, route: str, request: Submittable, **more: Any) -> Idempotency | None:
        """Return the key within its owner and route, and what the request says, however it is spelled.

        Defaults are left out: a parameter that a later release adds makes no other request of this one.
        """
        if not self.key:
            return None
        scope = json.dumps([self.caller.owner.key, route, self.key])
        content = request.model_dump(exclude={"file"}, exclude_defaults=True) | more
        return Idempotency(_sha256(scope), _sha256(json.dumps(content, sort_keys=True)))

    def replay(self, idempotency: Idempotency | None, request: Submittable) -> Submission | None:
        """Return the submission that the key stands for, None for a new one."""
        job = None if idempotency is None else self.dependencies.jobs.earlier(idempotency)
        return None if job is None else self._submission(job, request, replayed=True)

    def _submission(self, job: Job, request: Submittable, *, replayed: bool) -> Submission:
        return Submission(job, replayed, job_receivers.secret_of(self._webhooks, request, job))

    @property
    def _webhooks(self) -> WebhookService:
        return WebhookService(self.dependencies, self.settings, self.caller)

    def params(self, request: Submittable, idempotency: Idempotency | None) -> dict[str, Any]:
        """Return the job's parameters; receivers are checked, stored, and named by their ids."""
        fields = request.model_dump(exclude={"metadata", "max_attempts", "file", *job_receivers.FIELDS})
        return {**fields, **job_receivers.accept(self._webhooks, request, idempotency)}

    def accept(
        self,
        kind: Kind,
        request: Submittable,
        params: Mapping[str, Any],
        idempotency: Idempotency | None,
        retry_of: str = "",
    ) -> Submission:
        """Write the record and send its message; a job that came first under the same key is returned."""
        now = self.dependencies.clock()
        job = new_job(
            kind,
            self.caller.owner,
            {name: value for name, value in params.items() if value not in (None, "")},
            now,
            metadata=dict(request.metadata),
            max_attempts=request.max_attempts,
            retry_of=retry_of,
            expires_at=now + self.settings.retention,
        )
        stored = self.dependencies.jobs.create(states.submitted(job, self.caller.owner.key), idempotency)
        if stored.job_id != job.job_id:
            return self._submission(stored, request, replayed=True)
        logger.info("Job accepted", job_id=job.job_id, kind=kind.value)
        send_message(self.dependencies, job, "submitted")
        return self._submission(job, request, replayed=False)


def send_message(dependencies: ApiDependencies, job: Job, reason: str) -> None:
    """Send a job's message to the worker; where that fails, the reconciler sends it."""
    with logger.append_context_keys(job_id=job.job_id):
        send_or_leave(dependencies.queue, JobMessage.about(job, reason))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

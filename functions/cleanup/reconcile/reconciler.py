"""The scheduled reconciliation: finds jobs that no worker has, and sends or fails them.

A job is due when its lease has run out (the worker is gone), when it has been waiting for longer than its
message should take (the message was lost), or when it should have ended long ago (it fails). The record is
changed first and the message sent after, so that dying in between only makes the job due again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from functions.cleanup.removal.listing import PAGE, work_off
from shared.clock import Clock, utc_now
from shared.jobs import states
from shared.jobs.model import Change, Job
from shared.jobs.queue import Announce, JobMessage, JobQueue, unannounced
from shared.jobs.runner import Remaining, unlimited
from shared.jobs.states import RefusedError
from shared.jobs.store import JobNotFoundError, JobStore, edit
from shared.observability import logger


@dataclass(slots=True)
class ReconcileReport:
    """What one run did.

    Jobs ``resent``, ``failed`` for good, ``settled`` by others meanwhile, and ``errors`` that left a job as
    it was. ``cut_short`` is 1 where time ran out first.
    """

    resent: int = 0
    failed: int = 0
    settled: int = 0
    errors: int = 0
    cut_short: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def metrics(self) -> dict[str, int]:
        """Return the figures worth an alarm or a graph."""
        return {
            "JobsRepaired": self.resent,
            "JobsGivenUp": self.failed,
            "ReconcileErrors": self.errors,
        }


class Reconciler:
    """Repairs jobs of every kind."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        clock: Clock = utc_now,
        page: int = PAGE,
        announce: Announce = unannounced,
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._page = page
        self._announce = announce

    def run(self, remaining: Remaining = unlimited) -> ReconcileReport:
        """Repair what is due, the longest overdue first, until ``remaining()`` seconds run short.

        Raises TransientError where the list of due jobs cannot be read.
        """
        report = ReconcileReport()
        done = work_off(
            lambda limit: self._store.due(self._clock(), limit),
            lambda job_id: self._repair(job_id, report),
            remaining,
            self._page,
        )
        report.cut_short = int(not done)
        logger.info("Reconciled", extra=report.to_dict())
        return report

    def _repair(self, job_id: str, report: ReconcileReport) -> None:
        """Repair one job; whatever happens to it, the next one has its turn."""
        with logger.append_context_keys(job_id=job_id):
            try:
                job = edit(self._store, job_id, self._decide)
                if job.status.terminal:
                    logger.error("Job given up", problem=(job.error or {}).get("type", ""))
                    report.failed += 1
                    self._announce(job)
                    return
                self._queue.send(JobMessage.about(job, "reconciled"))
                logger.warning("Job sent again", attempt=job.attempt, resend_count=job.resend_count)
                report.resent += 1
            except (RefusedError, JobNotFoundError):
                report.settled += 1
            except Exception:  # noqa: BLE001 - one job never stops the others
                logger.exception("Job could not be repaired")
                report.errors += 1

    def _decide(self, job: Job) -> Change:
        change = states.reconcile(job, self._clock())
        if change is None:
            raise RefusedError("another one has taken care of the job")
        return change

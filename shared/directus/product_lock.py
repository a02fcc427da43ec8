"""One job at a time below a product of Directus: seedings, their undoing and cleanups.

A lease covers the rest of the worker's invocation, so that no other job comes in between even where that
worker falls silent: the next holder has waited until it cannot write any more. It ends with its job: once the
holder's record says completed or cancelled, the next one need not wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.clock import Clock, utc_now
from shared.errors import BusyError
from shared.jobs.model import Job, Status
from shared.jobs.store import JobStore
from shared.leases import Lease, Leases, LeaseTakenError

# Above the time-out of every function that holds one (Lambda's most is 900 seconds).
DURATION = timedelta(seconds=960)

_MIN_WAIT = 2.0
_MAX_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class ProductLock:
    """Hands out the leases of the products of one Directus."""

    leases: Leases
    jobs: JobStore
    directus_url: str
    clock: Clock = utc_now
    duration: timedelta = DURATION

    def take(self, job: Job) -> Lease:
        """Return the lease of a job's product, which may be the job's own from before.

        Raises BusyError ``product-busy`` with the time after which to ask again.
        """
        name = f"{self.directus_url.rstrip('/')}#{job.product_id}"
        try:
            return self.leases.acquire(name, job.job_id, self._until())
        except LeaseTakenError as taken:
            lease = taken.lease
        if self.status(lease.holder) not in {Status.COMPLETED, Status.CANCELLED}:
            raise self._busy(job, lease)
        try:
            return self.leases.acquire(name, job.job_id, self._until(), over=lease.fence)
        except LeaseTakenError as taken:
            raise self._busy(job, taken.lease) from taken

    def keep(self, lease: Lease, note: str | None = None) -> Lease:
        """Renew a lease before the next write; raises LeaseLostError."""
        return self.leases.renew(lease, self._until(), note)

    def give_back(self, lease: Lease, note: str | None = None) -> None:
        """End a lease; one that was lost is no error."""
        self.leases.release(lease if note is None else replace(lease, note=note))

    def status(self, job_id: str) -> Status | None:
        """Return where a job stands, None where there is no record of it any more."""
        job = self.jobs.get(job_id)
        return None if job is None else job.status

    def _until(self) -> datetime:
        return self.clock() + self.duration

    def _busy(self, job: Job, lease: Lease) -> BusyError:
        """Ask again soon at first, later more seldom, and in any case when the lease has run out."""
        now = self.clock()
        waited = (now - (job.started_at or now)).total_seconds()
        left = max((lease.until - now).total_seconds(), 0.0)
        wait = min(max(waited / 4, _MIN_WAIT), _MAX_WAIT, left + 1)
        detail = f"Another job ({lease.holder}) is writing below the product."
        return BusyError("product-busy", detail, retry_after=wait)

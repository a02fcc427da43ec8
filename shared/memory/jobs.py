"""A job store in memory: it behaves like the real one, and forgets on exit.

The evaluation runs on it, and so do the unit tests.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.clock import Clock, utc_now
from shared.jobs import states
from shared.jobs.model import Activity, Change, Event, Job, Kind, Unit
from shared.jobs.store import (
    Idempotency,
    IdempotencyMismatchError,
    JobPage,
    JobQuery,
    VersionConflictError,
    is_announced,
)


@dataclass(slots=True)
class MemoryJobs:
    """A job store in memory."""

    clock: Clock = utc_now
    _jobs: dict[str, Job] = field(default_factory=dict)
    _events: dict[str, list[Event]] = field(default_factory=dict)
    _units: dict[str, dict[tuple[str, int], Unit]] = field(default_factory=dict)
    _keys: dict[str, tuple[Idempotency, Job]] = field(default_factory=dict)
    # When jobs ended whose notifications are to be made yet.
    announced: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, change: Change, idempotency: Idempotency | None = None) -> Job:
        """See JobStore."""
        with self._lock:
            return self._create(change, idempotency)

    def _create(self, change: Change, idempotency: Idempotency | None) -> Job:
        if idempotency is not None:
            if (earlier := self._earlier(idempotency)) is not None:
                return earlier
            self._keys[idempotency.key] = (idempotency, change.job)
        self._write(change)
        return change.job

    def earlier(self, idempotency: Idempotency) -> Job | None:
        """See JobStore."""
        return self._earlier(idempotency)

    def _earlier(self, idempotency: Idempotency) -> Job | None:
        first, submitted = self._keys.get(idempotency.key, (idempotency, None))
        if submitted is None or (submitted.expires_at is not None and submitted.expires_at <= self.clock()):
            return None
        if first.fingerprint != idempotency.fingerprint:
            raise IdempotencyMismatchError
        return self._jobs.get(submitted.job_id)

    def get(self, job_id: str) -> Job | None:
        """See JobStore."""
        job = self._jobs.get(job_id)
        return None if job is None or self._expired(job) else job

    def many(self, job_ids: Sequence[str]) -> list[Job]:
        """See JobStore."""
        jobs = (self._jobs.get(job_id) for job_id in job_ids)
        return [job for job in jobs if job is not None and not self._expired(job)]

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        """See JobStore."""
        with self._lock:
            stored = self._jobs.get(before.job_id)
            if stored is None or stored.version != before.version:
                raise VersionConflictError
            if any(new.job.job_id in self._jobs for new in change.follow_ups):
                raise VersionConflictError
            for written in (change, *change.follow_ups):
                self._write(written)
            if is_announced(before, change.job):
                self.announced[before.job_id] = change.job.updated_at
            if unit is not None:
                self._units.setdefault(before.job_id, {})[unit.stage, unit.index] = unit

    def renew(self, job_id: str, fence: int, lease_until: datetime) -> bool:
        """See JobStore."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.fence != fence or job.lease_until is None:
                return False
            self._jobs[job_id] = replace(job, lease_until=lease_until)
            return True

    def units(self, job_id: str) -> list[Unit]:
        """See JobStore."""
        return [unit for _, unit in sorted(self._units.get(job_id, {}).items())]

    def events(self, job_id: str, after: int = 0, limit: int = 100) -> list[Event]:
        """See JobStore."""
        return [event for event in self._events.get(job_id, []) if event.number > after][:limit]

    def versions(self, job_ids: Sequence[str]) -> dict[str, int]:
        """See JobStore."""
        jobs = (self._jobs.get(job_id) for job_id in job_ids)
        return {job.job_id: job.version for job in jobs if job is not None and not self._expired(job)}

    def list_jobs(self, query: JobQuery) -> JobPage:
        """See JobStore."""
        listed = (
            job
            for _, job in sorted(self._jobs.items(), reverse=True)
            if (query.owner is None or job.owner.key == query.owner)
            and (not query.before or job.job_id < query.before)
        )
        scanned = list(itertools.islice(listed, query.max_scanned))
        matching = [job for job in scanned if query.matches(job) and not self._expired(job)]
        page = matching[: query.limit]
        if len(matching) > query.limit:
            return JobPage(page, page[-1].job_id)
        return JobPage(page, scanned[-1].job_id if len(scanned) == query.max_scanned else "")

    def by_subject(self, *, product_id: str = "", document_id: str = "") -> list[str]:
        """See JobStore."""
        about = product_id or document_id
        return sorted(
            job.job_id
            for job in self._jobs.values()
            if (job.product_id or job.document_id) == about and bool(job.product_id) == bool(product_id)
        )

    def due(self, now: datetime, limit: int) -> list[str]:
        """See JobStore."""
        return self._overdue([j for j in self._jobs.values() if not j.status.terminal], now, limit)

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """See JobStore."""
        return self._overdue([j for j in self._jobs.values() if j.status.terminal], now, limit)

    def active(self, activity: Activity, kind: Kind, limit: int) -> list[str]:
        """See JobStore."""
        active = [j for j in self._jobs.values() if j.activity is activity and j.kind is kind]
        return [j.job_id for j in sorted(active, key=lambda j: (j.state_since or j.created_at, j.job_id))][
            :limit
        ]

    def waiting(self, owner: str, limit: int) -> int:
        """See JobStore."""
        own = (j for j in self._jobs.values() if j.owner.key == owner and not j.is_follow_up)
        waiting = (job for job in own if job.activity is Activity.WAITING)
        return len(list(itertools.islice(waiting, limit)))

    def expired(self, job_id: str) -> Job | None:
        """See JobStore."""
        job = self._jobs.get(job_id)
        return job if job is not None and self._expired(job) else None

    def remove(self, job_id: str) -> None:
        """See JobStore."""
        with self._lock:
            for records in (self.announced, self._units, self._events, self._jobs):
                records.pop(job_id, None)
            self._keys = {key: kept for key, kept in self._keys.items() if kept[1].job_id != job_id}

    def _expired(self, job: Job) -> bool:
        return job.expired(self.clock())

    def _overdue(self, jobs: list[Job], now: datetime, limit: int) -> list[str]:
        moments = [(moment, job.job_id) for job in jobs if (moment := states.due_at(job))]
        return [job_id for moment, job_id in sorted(moments) if moment <= now][:limit]

    def _write(self, change: Change) -> None:
        self._jobs[change.job.job_id] = change.job
        self._events.setdefault(change.job.job_id, []).append(change.event)

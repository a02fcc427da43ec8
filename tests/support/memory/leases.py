"""Leases in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shared.clock import Clock, utc_now
from shared.leases import Lease, LeaseLostError, LeaseTakenError
from tests.support.memory.faults import Fault, no_fault


@dataclass(slots=True)
class MemoryLeases:
    """Leases in memory."""

    clock: Clock = utc_now
    fault: Fault = no_fault
    _leases: dict[str, Lease] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, name: str, holder: str, until: datetime, *, over: int | None = None) -> Lease:
        """See Leases."""
        self.fault("leases.acquire")
        with self._lock:
            held = self._leases.get(name, Lease(name, "", 0, datetime.min.replace(tzinfo=UTC)))
            if held.until > self.clock() and held.holder != holder and held.fence != over:
                raise LeaseTakenError(held)
            lease = replace(held, holder=holder, fence=held.fence + 1, until=until)
            self._leases[name] = lease
            return lease

    def renew(self, lease: Lease, until: datetime, note: str | None = None) -> Lease:
        """See Leases."""
        self.fault("leases.renew")
        with self._lock:
            if not self._holds(lease):
                raise LeaseLostError
            kept = replace(lease, until=until, note=lease.note if note is None else note)
            self._leases[lease.name] = kept
            return kept

    def release(self, lease: Lease) -> None:
        """See Leases."""
        self.fault("leases.release")
        with self._lock:
            if self._holds(lease):
                self._leases[lease.name] = replace(lease, until=self.clock())

    def _holds(self, lease: Lease) -> bool:
        held = self._leases.get(lease.name)
        return held is not None and (held.fence, held.holder) == (lease.fence, lease.holder)

"""Leases in DynamoDB, in the same table as the jobs: conditional writes decide who holds one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.table import DynamoTable
from shared.clock import from_text, to_text
from shared.errors import TransientError
from shared.leases import Lease, LeaseLostError, LeaseTakenError

# A fence may start anew once no holder can have the old one.
_KEPT = timedelta(days=366)
_NAMES = {"#holder": "holder", "#until": "until", "#fence": "fence", "#expires": "expires_at"}


class DynamoLeases(DynamoTable):
    """See Leases for the contract of every method."""

    def acquire(self, name: str, holder: str, until: datetime, *, over: int | None = None) -> Lease:
        """Take a lease."""
        free = "attribute_not_exists(pk) OR #holder = :holder OR #until <= :now"
        item = self._update(
            keys.lease(name),
            "SET #holder = :holder, #until = :until, #expires = :expires ADD #fence :step",
            free if over is None else f"{free} OR #fence = :over",
            _NAMES,
            returning=True,
            holder=holder,
            until=to_text(until),
            now=to_text(self._clock()),
            expires=expiry.ttl(until + _KEPT),
            step=1,
            over=over,
        )
        if item is not None:
            return _lease(name, item)
        taken = self._get(keys.lease(name))
        if taken is None:
            raise TransientError("lease-contended", "The lease changed hands this moment.")
        raise LeaseTakenError(_lease(name, taken))

    def renew(self, lease: Lease, until: datetime, note: str | None = None) -> Lease:
        """Extend a lease."""
        kept = lease.note if note is None else note
        if not self._extend(lease, until, kept):
            raise LeaseLostError
        return Lease(lease.name, lease.holder, lease.fence, until, kept)

    def release(self, lease: Lease) -> None:
        """End a lease now; its item stays, for the fence and the note."""
        self._extend(lease, self._clock(), lease.note)

    def _extend(self, lease: Lease, until: datetime, note: str) -> bool:
        item = self._update(
            keys.lease(lease.name),
            "SET #until = :until, #expires = :expires, #note = :note",
            "#fence = :fence AND #holder = :holder",
            {**_NAMES, "#note": "note"},
            until=to_text(until),
            expires=expiry.ttl(until + _KEPT),
            note=note,
            fence=lease.fence,
            holder=lease.holder,
        )
        return item is not None


def _lease(name: str, item: Mapping[str, Any]) -> Lease:
    return Lease(name, item["holder"], item["fence"], from_text(item["until"]), item.get("note", ""))

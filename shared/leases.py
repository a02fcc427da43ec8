"""The port of leases: one holder at a time for a thing that many want to change.

A lease has a name, a holder and a moment until which it counts. Its fence rises with every acquisition
and is checked at every renewal, so that a holder who slept too long learns that the lease is lost.
The note is what a holder leaves to the next one; it outlives release and take-over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was last written."""

    name: str
    holder: str
    fence: int
    until: datetime
    note: str = ""


class LeaseTakenError(Exception):
    """Another holder has the lease; ``lease`` says who, and until when."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(f"held until {lease.until}")
        self.lease = lease


class LeaseLostError(TransientError):
    """The lease ran out and was taken by another holder, or by a later worker of the same holder."""

    def __init__(self) -> None:
        super().__init__("lease-lost", "Another worker has taken over the product. Nothing more is written.")


class Leases(Protocol):
    """Where leases live. Every method may raise TransientError."""

    def acquire(self, name: str, holder: str, until: datetime, *, over: int | None = None) -> Lease:
        """Take a lease that is free, has run out, is the holder's own, or has the fence ``over``.

        The fence rises, the note stays. Raises LeaseTakenError.
        """
        ...

    def renew(self, lease: Lease, until: datetime, note: str | None = None) -> Lease:
        """Extend a lease, with another note where one is given; raises LeaseLostError."""
        ...

    def release(self, lease: Lease) -> None:
        """Give a lease back; one that was lost is no error."""
        ...

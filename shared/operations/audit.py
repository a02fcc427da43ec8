"""The port of the audit trail: what operators did, to which job or queue, and how it went.

An entry is written before the action, as ``begun``, and again after it: nothing is done that the trail
does not know of, and an entry that stays ``begun`` is of an action that was cut short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from shared.jobs.model import Kind


class AuditOutcome(StrEnum):
    """How an operator's action went."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action. ``entry_id`` is a UUIDv7, so that entries sort by time; ``actor`` is the operator.

    ``subject`` is a job's id or ``queue_subject``. ``details`` are counts, ids and names of problems: never
    text of documents, tokens or secrets.
    """

    entry_id: str
    subject: str
    action: str
    actor: str
    at: datetime
    outcome: AuditOutcome = AuditOutcome.BEGUN
    details: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


class AuditTrail(Protocol):
    """Where the entries live. Every method may raise TransientError."""

    def record(self, entry: AuditEntry) -> None:
        """Write an entry, over the earlier one of the same id."""
        ...

    def entries(self, subject: str, after: str = "", limit: int = 100) -> list[AuditEntry]:
        """Return the entries on a job or queue whose ids come after ``after``, in order."""
        ...


def queue_subject(kind: Kind) -> str:
    """Return the subject of what is done to the dead letters of a queue."""
    return f"queue:{kind}"

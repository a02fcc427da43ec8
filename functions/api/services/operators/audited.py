"""Every action with its entry in the audit trail: written before, and again with its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from functions.api.ports.dependencies import ApiDependencies
from functions.api.ports.operations import OperatorDependencies
from functions.api.settings import ApiSettings
from shared.auth import Caller
from shared.errors import ClauseworksError, TransientError
from shared.ids import is_uuid, uuid7
from shared.observability import logger
from shared.operations.audit import AuditEntry, AuditOutcome


@dataclass(slots=True)
class Action:
    """An action under way; what it puts into ``details`` is kept with its outcome."""

    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operator:
    """An administrator who acts, and what the actions need."""

    dependencies: ApiDependencies
    operations: OperatorDependencies
    settings: ApiSettings
    caller: Caller

    @property
    def name(self) -> str:
        """Return the identity that events and audit entries carry."""
        return self.caller.owner.key

    @contextmanager
    def acting(self, action: str, subject: str, **details: Any) -> Iterator[Action]:
        """Keep the entry of an action; what it raises is noted and passed on.

        Where the entry cannot be written there is no action: raises TransientError.
        """
        now = self.dependencies.clock()
        entry = AuditEntry(
            entry_id=uuid7(),
            subject=subject,
            action=action,
            actor=self.name,
            at=now,
            details=details,
            expires_at=now + self.settings.retention,
        )
        self.operations.audit.record(entry)
        under_way = Action(dict(details))
        outcome = AuditOutcome.FAILED
        try:
            yield under_way
            outcome = AuditOutcome.DONE
        except ClauseworksError as error:
            if not isinstance(error, TransientError):
                outcome = AuditOutcome.REFUSED
            under_way.details["problem"] = error.code
            raise
        finally:
            self._close(replace(entry, outcome=outcome, details=under_way.details))

    def _close(self, entry: AuditEntry) -> None:
        """Write the outcome; the action stays done where the trail does not answer any more."""
        try:
            self.operations.audit.record(entry)
        except TransientError as error:
            logger.error("Audit entry left open", entry_id=entry.entry_id, problem=error.code)
        about = {"job_id": entry.subject} if is_uuid(entry.subject) else {"subject": entry.subject}
        with logger.append_context_keys(**about):
            logger.info("Operator acted", action=entry.action, actor=entry.actor, outcome=entry.outcome.value)

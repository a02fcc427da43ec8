"""The ports behind the operators' routes, beyond those that all routes use."""

from __future__ import annotations

from dataclasses import dataclass

from shared.operations.audit import AuditTrail
from shared.operations.dead_letters import DeadLetters, QueueDepths
from shared.operations.logs import JobLogs


@dataclass(frozen=True, slots=True)
class OperatorDependencies:
    """The ports: ``depths`` counts the workers' queues, ``dead_depths`` their dead-letter queues."""

    audit: AuditTrail
    dead_letters: DeadLetters
    depths: QueueDepths
    dead_depths: QueueDepths
    logs: JobLogs

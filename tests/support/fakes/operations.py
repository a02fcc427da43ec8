"""What operators work on, in memory: dead letters with visibility, the audit trail, depths, log lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from functions.api.ports.operations import OperatorDependencies
from shared.clock import Clock, utc_now
from shared.ids import uuid7
from shared.jobs.model import Kind
from shared.memory.queue import MemoryQueue
from shared.operations.audit import AuditEntry
from shared.operations.dead_letters import MAX_BATCH, DeadLetter, DeadLettersNotConfiguredError, QueueDepth
from shared.operations.logs import BadCursorError, LogLine, LogPage
from tests.support.memory.faults import Fault, no_fault

KINDS = (Kind.ANALYSIS, Kind.CLEANUP)


@dataclass(slots=True)
class MemoryDeadLetters:
    """Dead letters that are hidden while somebody holds them; a handle is good for its receipt only."""

    clock: Clock = utc_now
    fault: Fault = no_fault
    letters: dict[str, DeadLetter] = field(default_factory=dict)
    visible: dict[str, datetime] = field(default_factory=dict)

    def put(self, kind: Kind, body: str) -> str:
        """Add a letter, and return its id."""
        letter = DeadLetter(kind, uuid7(), body, 5, self.clock(), "")
        self.letters[letter.message_id] = letter
        self.visible[letter.message_id] = self.clock()
        return letter.message_id

    def receive(self, kind: Kind, limit: int, hidden: timedelta) -> list[DeadLetter]:
        """See DeadLetters."""
        self.fault("letters.receive")
        if kind not in KINDS:
            raise DeadLettersNotConfiguredError(kind)
        assert 1 <= limit <= MAX_BATCH
        now = self.clock()
        found = [a for a in self.letters.values() if a.kind is kind and self.visible[a.message_id] <= now]
        received = [replace(a, receive_count=a.receive_count + 1, handle=uuid7()) for a in found[:limit]]
        for letter in received:
            self.letters[letter.message_id] = letter
            self.visible[letter.message_id] = now + hidden
        return received

    def release(self, letter: DeadLetter) -> None:
        """See DeadLetters."""
        self.fault("letters.release")
        if self._holds(letter):
            self.visible[letter.message_id] = self.clock()

    def delete(self, letter: DeadLetter) -> None:
        """See DeadLetters."""
        self.fault("letters.delete")
        if self._holds(letter):
            del self.letters[letter.message_id], self.visible[letter.message_id]

    def of(self, kind: Kind) -> QueueDepth | None:
        """See Depths."""
        self.fault("letters.depth")
        if kind not in KINDS:
            return None
        moments = [self.visible[a.message_id] for a in self.letters.values() if a.kind is kind]
        seen = sum(moment <= self.clock() for moment in moments)
        return QueueDepth(seen, len(moments) - seen, 0)

    def _holds(self, letter: DeadLetter) -> bool:
        held = self.letters.get(letter.message_id)
        return held is not None and held.handle == letter.handle


@dataclass(slots=True)
class MemoryAudit:
    """An audit trail in memory."""

    clock: Clock = utc_now
    fault: Fault = no_fault
    written: dict[tuple[str, str], AuditEntry] = field(default_factory=dict)

    def record(self, entry: AuditEntry) -> None:
        """See AuditTrail."""
        self.fault("audit.record")
        self.written[entry.subject, entry.entry_id] = entry

    def entries(self, subject: str, after: str = "", limit: int = 100) -> list[AuditEntry]:
        """See AuditTrail."""
        self.fault("audit.entries")
        now = self.clock()
        found = [
            entry
            for (about, entry_id), entry in sorted(self.written.items())
            if about == subject and entry_id > after and (entry.expires_at is None or entry.expires_at > now)
        ]
        return found[:limit]


@dataclass(slots=True)
class MemoryDepths:
    """Counts the messages of a queue in memory."""

    queue: MemoryQueue

    def of(self, kind: Kind) -> QueueDepth | None:
        """See Depths; nothing is in flight here."""
        if kind not in KINDS:
            return None
        moments = [moment for moment, message in self.queue.messages if message.kind is kind]
        visible = sum(moment <= self.queue.clock() for moment in moments)
        return QueueDepth(visible, 0, len(moments) - visible)


@dataclass(slots=True)
class MemoryLogs:
    """Log lines in memory; a cursor is a position."""

    fault: Fault = no_fault
    lines: list[LogLine] = field(default_factory=list)

    def write(self, at: datetime, **fields: Any) -> None:
        """Add a line of the function ``api``."""
        self.lines.append(LogLine(at, "api", fields))

    def read(self, job_id: str, start: datetime, end: datetime, *, limit: int, cursor: str = "") -> LogPage:
        """See JobLogs."""
        self.fault("logs.read")
        if cursor and not cursor.isdecimal():
            raise BadCursorError
        found = sorted(
            (a for a in self.lines if a.fields.get("job_id") == job_id and start <= a.at <= end),
            key=lambda line: line.at,
        )
        first = int(cursor or 0)
        after = first + limit
        return LogPage(found[first:after], str(after) if len(found) > after else "")


@dataclass(slots=True)
class MemoryOperations:
    """All of it, on one clock and with one fault."""

    queue: MemoryQueue
    clock: Clock = utc_now
    fault: Fault = no_fault
    audit: MemoryAudit = field(init=False)
    dead_letters: MemoryDeadLetters = field(init=False)
    logs: MemoryLogs = field(init=False)

    def __post_init__(self) -> None:
        self.audit = MemoryAudit(self.clock, self.fault)
        self.dead_letters = MemoryDeadLetters(self.clock, self.fault)
        self.logs = MemoryLogs(self.fault)

    def ports(self) -> OperatorDependencies:
        """Return the ports that the application wants."""
        return OperatorDependencies(
            audit=self.audit,
            dead_letters=self.dead_letters,
            depths=MemoryDepths(self.queue),
            dead_depths=self.dead_letters,
            logs=self.logs,
        )

"""A job's history: its own events and what operators did to it, merged in the order of time."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

from functions.api.http.cursors import invalid_cursor
from shared.ids import is_uuid
from shared.jobs.model import Event
from shared.jobs.store import JobStore
from shared.operations.audit import AuditEntry, AuditTrail


@dataclass(frozen=True, slots=True)
class HistoryCursor:
    """How far a reader has come: the last event's number and the last audit entry's id."""

    number: int = 0
    entry_id: str = ""

    def to_text(self) -> str:
        """Return the cursor."""
        return base64.urlsafe_b64encode(json.dumps([self.number, self.entry_id]).encode()).decode()

    @classmethod
    def from_text(cls, text: str) -> HistoryCursor:
        """Read a cursor; an empty one is the beginning. Raises RequestError."""
        if not text:
            return cls()
        try:
            number, entry_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        except (ValueError, TypeError):
            number, entry_id = None, None
        whole = isinstance(number, int) and 0 <= number < 10**12
        if not whole or not isinstance(entry_id, str) or (entry_id and not is_uuid(entry_id)):
            raise invalid_cursor()
        return cls(number, entry_id)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Events and audit entries, and the cursor after them; None where there is no more."""

    entries: list[Event | AuditEntry]
    after: HistoryCursor | None


def read(jobs: JobStore, audit: AuditTrail, job_id: str, cursor: HistoryCursor, limit: int) -> HistoryPage:
    """Return one page of a job's history."""
    events = jobs.events(job_id, cursor.number, limit + 1)
    actions = audit.entries(job_id, cursor.entry_id, limit + 1)
    page: list[Event | AuditEntry] = []
    for entry in _merged(events, actions):
        if len(page) == limit:
            return HistoryPage(page, cursor)
        page.append(entry)
        if isinstance(entry, Event):
            cursor = HistoryCursor(entry.number, cursor.entry_id)
        else:
            cursor = HistoryCursor(cursor.number, entry.entry_id)
    return HistoryPage(page, None)


def _merged(events: list[Event], actions: list[AuditEntry]) -> Iterator[Event | AuditEntry]:
    """Yield the earlier of the two heads: workers' clocks differ, but each list keeps its own order."""
    event, action = 0, 0
    while event < len(events) or action < len(actions):
        if action == len(actions) or (event < len(events) and events[event].at <= actions[action].at):
            yield events[event]
            event += 1
        else:
            yield actions[action]
            action += 1

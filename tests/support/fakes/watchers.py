"""Connections that follow jobs, in memory: what was sent to whom, and who is gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.clock import Clock, utc_now
from shared.notifications.subscriptions import GoneError


def no_fault(_connection_id: str) -> None:
    """Let every message pass."""


@dataclass(slots=True)
class MemoryWatchers:
    """Who follows which job, in memory."""

    clock: Clock = utc_now
    _until: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def add(self, job_id: str, connection_id: str, until: datetime) -> None:
        """See Watchers."""
        self._until[job_id, connection_id] = until

    def of(self, job_id: str) -> list[str]:
        """See Watchers."""
        now = self.clock()
        return [one for (job, one), until in self._until.items() if job == job_id and until > now]

    def remove(self, connection_id: str) -> None:
        """See Watchers."""
        self._until = {key: until for key, until in self._until.items() if key[1] != connection_id}


@dataclass(slots=True)
class MemoryConnections:
    """Open connections in memory; ``fault`` is called with the connection before each message."""

    fault: Callable[[str], None] = no_fault
    sent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    def send(self, connection_id: str, text: str) -> None:
        """See Connections."""
        self.fault(connection_id)
        if connection_id in self.closed:
            raise GoneError
        self.sent.setdefault(connection_id, []).append(json.loads(text))

    def events(self, connection_id: str) -> list[int]:
        """Return the numbers of the events that a connection was told of."""
        return [
            event["id"] for message in self.sent.get(connection_id, []) for event in message.get("events", [])
        ]

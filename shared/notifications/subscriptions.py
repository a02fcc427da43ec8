"""Who receives a job's events the moment they are written: the port of pushing."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shared.errors import ClauseworksError


class GoneError(ClauseworksError):
    """The connection is closed."""

    status = 410

    def __init__(self) -> None:
        super().__init__("connection-gone", "The connection is closed.")


class Watchers(Protocol):
    """Which connections follow which jobs. Every method may raise TransientError."""

    def add(self, job_id: str, connection_id: str, until: datetime) -> None:
        """Let a connection follow a job, until it is removed or a time has passed."""
        ...

    def of(self, job_id: str) -> list[str]:
        """Return the ids of the connections that follow a job."""
        ...

    def remove(self, connection_id: str) -> None:
        """Forget a connection; an unknown one is no error."""
        ...


class Connections(Protocol):
    """The open connections."""

    def send(self, connection_id: str, text: str) -> None:
        """Send a message; raises GoneError where the client is gone, TransientError."""
        ...

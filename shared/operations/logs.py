"""The port of the functions' log lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.errors import ClauseworksError


@dataclass(frozen=True, slots=True)
class LogLine:
    """A structured line of a function; ``fields`` are all its fields, as the function wrote them."""

    at: datetime
    function: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines in the order of time; ``cursor`` continues after them and is empty where all is read."""

    lines: Sequence[LogLine]
    cursor: str


class LogsNotConfiguredError(ClauseworksError):
    """The deployment names no log groups."""

    status = 422

    def __init__(self) -> None:
        super().__init__("logs-not-configured", "This deployment names no log groups to read.")


class BadCursorError(ClauseworksError):
    """The cursor was not made by this reader."""

    status = 422

    def __init__(self) -> None:
        super().__init__("invalid-cursor", "The cursor is not valid; leave it out to start anew.")


class JobLogs(Protocol):
    """Reads what all functions wrote about a job."""

    def read(self, job_id: str, start: datetime, end: datetime, *, limit: int, cursor: str = "") -> LogPage:
        """Return up to ``limit`` lines about a job from ``start`` to ``end``, within a bounded time.

        A page may be empty and still have a cursor: then the time was over before anything was found.
        Raises BadCursorError, LogsNotConfiguredError and TransientError.
        """
        ...

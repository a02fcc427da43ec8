"""The errors of Clauseworks and their form on the wire (RFC 9457 problem details).

    ClauseworksError
    ├── TransientError      try again later: throttling, 5xx, time-outs, connection loss
    │   └── BusyError       another job is at it: waiting for one's turn is no failed attempt
    └── PermanentError      trying again changes nothing: bad file, unknown product, bad parameters

Both carry a ``type`` from ``PROBLEM_TYPES``; the documentation explains each. ``detail`` says what to
do and never holds document text, tokens or secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PROBLEM_BASE = "urn:clauseworks:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document: ``type`` is a short name below ``PROBLEM_BASE``; ``stage`` names the pipeline's."""

    type: str
    title: str
    detail: str
    status: int = 500
    stage: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the RFC 9457 form; an empty stage is left out."""
        body: dict[str, Any] = {
            "type": PROBLEM_BASE + self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return {**body, "stage": self.stage} if self.stage else body


class ClauseworksError(Exception):
    """Base of the errors we raise on purpose. ``code`` is the problem's type."""

    status = 500

    def __init__(self, code: str, detail: str, *, title: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.title = title or code.replace("-", " ").capitalize()

    def problem(self, stage: str = "") -> Problem:
        """Return the problem document of this error."""
        return Problem(self.code, self.title, self.detail, self.status, stage)


class TransientError(ClauseworksError):
    """Worth another try; ``retry_after`` is the wait that the other side wants, in seconds."""

    status = 503

    def __init__(self, code: str, detail: str, *, title: str = "", retry_after: float | None = None) -> None:
        super().__init__(code, detail, title=title)
        self.retry_after = retry_after


class BusyError(TransientError):
    """Another job has its turn; asking again after ``retry_after`` counts as no attempt."""


class PermanentError(ClauseworksError):
    """Final: the input or the request has to change first."""

    status = 422

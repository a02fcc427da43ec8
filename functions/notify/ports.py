"""What carries notifications out of here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class UndeliveredError(Exception):
    """An attempt failed before there was an answer; ``code`` is a short word for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """What an HTTP receiver said: nothing of its body is read."""

    status: int
    retry_after: str | None = None


class Post(Protocol):
    """Sends one HTTP request to an address that is open to webhooks."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> PostAnswer:
        """Return the answer to a POST, whatever it is; raises UndeliveredError."""
        ...


class Mail(Protocol):
    """Sends e-mail."""

    def send(self, address: str, subject: str, text: str) -> None:
        """Hand a message over; raises TransientError, and PermanentError where it is refused."""
        ...

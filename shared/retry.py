"""How long to wait before a request is sent again, and when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 3600.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``attempts`` requests at most, with exponential waits from ``base`` up to ``cap`` seconds.

    A wait that the server asks for is honoured up to ``patience`` seconds; a longer one ends the
    attempts, so that the caller can come back later instead of sleeping.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 8.0
    patience: float = 10.0

    def wait(
        self, attempt: int, retry_after: float | None, rand: Callable[[], float] = random.random
    ) -> float | None:
        """Return the seconds to wait after a failed ``attempt`` (from 1), or None to give up.

        The jitter lies between one half and the whole of the wait, or on top of what the server asked for.
        """
        if attempt >= self.attempts:
            return None
        backoff: float = min(self.base * 2 ** (attempt - 1), self.cap)
        if retry_after is None:
            return backoff * (0.5 + rand() / 2)
        if retry_after > self.patience:
            return None
        return retry_after + self.base * rand()


def retry_after(value: str) -> float | None:
    """Return the seconds that a Retry-After header asks for (number or HTTP date), at most an hour."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if seconds == seconds else None  # noqa: PLR0124 - NaN

"""How long to wait before something is tried again, and when to give up."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from shared.clock import Clock, utc_now

MAX_RETRY_AFTER = 3600.0
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
# Beyond it, doubling is beyond every cap.
_MAX_DOUBLINGS = 32

Rand = Callable[[], float]


def backoff(attempt: int, base: float, cap: float, rand: Rand = random.random) -> float:
    """Return the seconds to wait after a failed ``attempt`` (from 1): doubled each time, up to ``cap``.

    Jitter takes away up to one half, so that those who failed together do not come back together.

    >>> [backoff(attempt, 2, 10, lambda: 1.0) for attempt in (1, 2, 3, 4)]
    [2.0, 4.0, 8.0, 10.0]
    """
    return jittered(min(base * 2 ** min(attempt - 1, _MAX_DOUBLINGS), cap), 0.5, 1.0, rand)


def jittered(seconds: float, low: float, high: float, rand: Rand = random.random) -> float:
    """Return a wait between ``low`` and ``high`` times ``seconds``."""
    return seconds * (low + (high - low) * rand())


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

    def wait(self, attempt: int, retry_after: float | None, rand: Rand = random.random) -> float | None:
        """Return the seconds to wait after a failed ``attempt`` (from 1), or None to give up.

        The server's own wait has its jitter on top.
        """
        if attempt >= self.attempts:
            return None
        if retry_after is None:
            return backoff(attempt, self.base, self.cap, rand)
        if retry_after > self.patience:
            return None
        return retry_after + self.base * rand()


def retry_after(header: str | None, clock: Clock = utc_now, longest: float = MAX_RETRY_AFTER) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most ``longest``, or None.

    It is a number of seconds, fractions included, or a date (RFC 9110, 10.2.3); one without a zone is UTC.
    Anything else asks for nothing.
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), longest)
    try:
        moment = parsedate_to_datetime(text)
        wait = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - clock()).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(wait, 0.0), longest)

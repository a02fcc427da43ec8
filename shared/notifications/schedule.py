"""When an attempt that failed is repeated."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

PERSISTENCE = timedelta(hours=24)
# Twice the last one from the end of the list on would leave the day too soon.
WAITS = tuple(timedelta(seconds=one) for one in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 28_800))
JITTER = 0.2


def next_attempt(
    tries: int,
    now: datetime,
    deadline: datetime,
    retry_after: timedelta | None = None,
    rand: Callable[[], float] = random.random,
) -> datetime | None:
    """Return when to try again after ``tries`` failed attempts; None where the time is over.

    A wait that the receiver asks for is kept; one that goes beyond the deadline ends there, so that the last
    attempt is made then.
    """
    if now >= deadline:
        return None
    wait = WAITS[min(tries, len(WAITS)) - 1] * (1 - JITTER + 2 * JITTER * rand())
    return min(now + max(wait, retry_after or timedelta()), deadline)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header (RFC 9110, 10.2.3), seconds or a date; None where it says nothing."""
    text = (header or "").strip()
    if text.isdecimal() and text.isascii():
        return timedelta(seconds=min(int(text[:10]), PERSISTENCE.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return max(min(wait, PERSISTENCE), timedelta())

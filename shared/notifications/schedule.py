"""When an attempt that failed is repeated."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from shared.retry import Rand, jittered

PERSISTENCE = timedelta(hours=24)
# Twice the last one from the end of the list on would leave the day too soon.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 28_800)
)
JITTER = 0.2


def next_attempt(
    tries: int,
    now: datetime,
    deadline: datetime,
    retry_after: timedelta | None = None,
    rand: Rand = random.random,
) -> datetime | None:
    """Return when to try again after ``tries`` failed attempts; None where the time is over.

    A wait that the receiver asks for is kept; one that goes beyond the deadline ends there, so that the last
    attempt is made then.
    """
    if now >= deadline:
        return None
    seconds = WAITS[min(tries, len(WAITS)) - 1].total_seconds()
    wait = timedelta(seconds=jittered(seconds, 1 - JITTER, 1 + JITTER, rand))
    return min(now + max(wait, retry_after or timedelta()), deadline)

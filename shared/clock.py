"""Time: the clocks to inject, one text form to store."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
# Seconds since an unknown moment, for what lasts: nothing sets it back.
Monotonic = Callable[[], float]
monotonic: Monotonic = time.monotonic


def utc_now() -> datetime:
    """Return the current time in UTC, cut to milliseconds so that storing it loses nothing."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def to_text(moment: datetime) -> str:
    """Return the ISO 8601 form with milliseconds and ``Z``; texts sort as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def from_text(text: str) -> datetime:
    """Read what ``to_text`` wrote."""
    return datetime.fromisoformat(text)

"""A queue in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.clock import Clock, utc_now
from shared.jobs.queue import MAX_DELAY, JobMessage

_Message = TypeVar("_Message")


@dataclass(slots=True)
class MemoryMail(Generic[_Message]):
    """A queue in memory: messages become visible when their delay is over."""

    clock: Clock = utc_now
    messages: list[tuple[datetime, _Message]] = field(default_factory=list)

    def send(self, message: _Message, delay: timedelta = timedelta()) -> None:
        """See JobQueue."""
        if not timedelta() <= delay <= MAX_DELAY:
            raise ValueError(f"delay {delay} is not within 0 to {MAX_DELAY}")
        self.messages.append((self.clock() + delay, message))

    def receive(self) -> _Message | None:
        """Take the first visible message, or None."""
        now = self.clock()
        for position, (visible, message) in enumerate(self.messages):
            if visible <= now:
                del self.messages[position]
                return message
        return None


class MemoryQueue(MemoryMail[JobMessage]):
    """The queues of jobs."""

"""The ports to the queues as operators see them: how full they are, and letters that no worker could handle.

A dead letter is a message that was received as often as its queue allows and never deleted: its workers
crashed, or it is no message of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.errors import ClauseworksError, PermanentError
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage

MAX_BATCH = 10


class DeadLettersNotConfiguredError(ClauseworksError):
    """The deployment names no dead-letter queue for this kind of job."""

    status = 422

    def __init__(self, kind: Kind) -> None:
        super().__init__("dead-letters-not-configured", f"There is no dead-letter queue for {kind} jobs.")


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many messages a queue holds, by its own approximate count.

    ``waiting`` can be received now, ``in_flight`` is with a worker, ``delayed`` is not visible yet.
    """

    waiting: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message as it was received: ``handle`` is for this receipt only.

    ``receive_count`` counts every receipt, those by its workers and those by operators who looked.
    """

    kind: Kind
    message_id: str
    body: str
    receive_count: int
    first_sent: datetime
    handle: str

    @property
    def message(self) -> JobMessage | None:
        """Return what the body says, or None where it is no job message."""
        try:
            return JobMessage.from_json(self.body)
        except PermanentError:
            return None


class DeadLetters(Protocol):
    """The dead-letter queues, one a kind of job.

    Every method may raise TransientError, and DeadLettersNotConfiguredError.
    """

    def receive(self, kind: Kind, limit: int, hidden: timedelta) -> list[DeadLetter]:
        """Return up to ``limit`` letters (at most ``MAX_BATCH``); others do not see them while ``hidden``."""
        ...

    def release(self, letter: DeadLetter) -> None:
        """Let others see a letter again at once; one that is not held any more is no error."""
        ...

    def delete(self, letter: DeadLetter) -> None:
        """Remove a letter for good; one that is gone, or held by another receiver, is no error."""
        ...


class QueueDepths(Protocol):
    """Counts messages in queues. Every method may raise TransientError."""

    def of(self, kind: Kind) -> QueueDepth | None:
        """Return the depth of a kind's queue; None where there is no such queue."""
        ...

"""A queue as the tests see it: what is in it can be picked in any order, doubled, lost and held back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.clock import Clock
from shared.jobs.queue import MAX_DELAY, JobMessage

VISIBILITY = timedelta(seconds=120)


@dataclass(slots=True, eq=False)
class Letter:
    """One copy of a message; ``receipt`` is what the queue has given with it."""

    message: JobMessage
    visible: datetime
    receipt: str = ""


class Mail(Protocol):
    """A queue with everything in it; sends as ``JobQueue`` does."""

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """See JobQueue."""
        ...

    def letters(self) -> list[Letter]:
        """Return what is in the queue, also what is not visible yet."""
        ...

    def visible(self) -> list[Letter]:
        """Return what can be received now."""
        ...

    def delete(self, letter: Letter) -> None:
        """Take a message out of the queue."""
        ...

    def hold(self, letter: Letter) -> None:
        """Hide a message from other workers until its visibility time is over."""
        ...


@dataclass(slots=True)
class MemoryMail:
    """A queue in memory."""

    clock: Clock
    content: list[Letter] = field(default_factory=list)

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """See JobQueue."""
        assert timedelta() <= delay <= MAX_DELAY
        self.content.append(Letter(message, self.clock() + delay))

    def letters(self) -> list[Letter]:
        """See Mail."""
        return list(self.content)

    def visible(self) -> list[Letter]:
        """See Mail."""
        now = self.clock()
        return [letter for letter in self.content if letter.visible <= now]

    def delete(self, letter: Letter) -> None:
        """See Mail."""
        if letter in self.content:
            self.content.remove(letter)

    def hold(self, letter: Letter) -> None:
        """See Mail."""
        letter.visible = self.clock() + VISIBILITY

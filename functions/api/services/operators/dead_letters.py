"""Dead letters under work: received one batch after another, and released in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import TracebackType

from shared.clock import Clock
from shared.errors import TransientError
from shared.jobs.model import Kind
from shared.observability import logger
from shared.operations.dead_letters import MAX_BATCH, DeadLetter, DeadLetters


class DeadLetterBatch:
    """The letters of one queue that we hold; those that are not deleted are released at the exit.

    Others do not see a letter while we hold it; after a crash they come back when ``hidden`` is over.
    ``emptied`` is true once the queue had no more to give.
    """

    def __init__(
        self, dead_letters: DeadLetters, kind: Kind, clock: Clock, *, hidden: timedelta, patience: timedelta
    ) -> None:
        self._dead_letters = dead_letters
        self._kind = kind
        self._clock = clock
        self._hidden = hidden
        self._until = clock() + patience
        self._held: dict[str, DeadLetter] = {}
        self.emptied = False

    def __enter__(self) -> DeadLetterBatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for letter in self._held.values():
                self._dead_letters.release(letter)
        except TransientError as failure:
            logger.warning("Letters not released; they come back", problem=failure.code)

    def take(self, limit: int) -> Iterator[DeadLetter]:
        """Yield up to ``limit`` letters, while there are more and patience lasts."""
        taken = 0
        while taken < limit and self._clock() < self._until:
            batch = self._dead_letters.receive(self._kind, min(MAX_BATCH, limit - taken), self._hidden)
            fresh = [letter for letter in batch if letter.message_id not in self._held]
            self._held |= {letter.message_id: letter for letter in batch}
            for letter in fresh:
                yield letter
                taken += 1
            if not fresh:
                self.emptied = True
                return

    def delete(self, letter: DeadLetter) -> None:
        """Remove a letter for good."""
        self._dead_letters.delete(letter)
        del self._held[letter.message_id]

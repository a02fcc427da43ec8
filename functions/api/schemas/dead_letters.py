"""What a redrive or purge of dead letters did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shared.ids import is_uuid
from shared.jobs.queue import JobMessage
from shared.operations.dead_letters import DeadLetter

MAX_LETTERS = 100


class LetterOutcome(StrEnum):
    """What became of a letter; the last three leave it where it was."""

    RESENT = "resent"
    RETRIED = "retried"
    SETTLED = "settled"
    PURGED = "purged"
    UNKNOWN_JOB = "unknown_job"
    UNREADABLE = "unreadable"
    FAILED = "failed"

    @property
    def stays(self) -> bool:
        """Say whether the letter is still there."""
        return self in {LetterOutcome.UNKNOWN_JOB, LetterOutcome.UNREADABLE, LetterOutcome.FAILED}


@dataclass(frozen=True, slots=True)
class HandledLetter:
    """A letter that was dealt with; ``retry_job_id`` is the new job of a failed one."""

    message_id: str
    job_id: str
    outcome: LetterOutcome
    retry_job_id: str = ""


@dataclass(slots=True)
class RedriveReport:
    """What a redrive or purge did; ``complete`` where nothing of what was asked for is left to do."""

    handled: list[HandledLetter] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    complete: bool = False

    def counts(self) -> dict[str, int]:
        """Return the number of letters by outcome."""
        return {
            outcome.value: sum(letter.outcome is outcome for letter in self.handled)
            for outcome in LetterOutcome
        }

    def gone(self) -> list[str]:
        """Return the ids of the letters that are no longer there."""
        return [letter.message_id for letter in self.handled if not letter.outcome.stays]


def message_of(letter: DeadLetter) -> JobMessage | None:
    """Return a letter's message, or None where it names no job by a valid id."""
    message = letter.message
    return message if message is not None and is_uuid(message.job_id) else None

"""What can go wrong, and the exit status that scripts see.

CliError             6  the API refuses what was asked
├── NotSignedInError  3  no token, one that does not hold, or one that may not do this
├── NotFoundError     4  there is no such job, document or file
├── UnreachableError  5  the API does not answer, or is in trouble
└── NotDoneError      1  a job failed or was cancelled, or some files of a folder did
"""

from __future__ import annotations

INTERRUPTED = 130


class CliError(Exception):
    """The API's refusal: what it says, the type of its problem document, and the seconds it asks to wait."""

    exit_code = 6

    def __init__(self, message: str, problem: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.problem = problem
        self.retry_after = retry_after


class NotSignedInError(CliError):
    """No token, or one that does not hold or suffice."""

    exit_code = 3


class NotFoundError(CliError):
    """What was named is not there, or not the caller's."""

    exit_code = 4


class UnreachableError(CliError):
    """Nothing answers at the address, or only with trouble."""

    exit_code = 5


class NotDoneError(CliError):
    """The work came to an end, but not to a good one."""

    exit_code = 1

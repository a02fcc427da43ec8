"""The one way to send a message about a record that is written already.

The record says all that the message does, and from when on it is overdue: a message that could not be sent is
left to the reconciler, which finds the record and sends another one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol, TypeVar

from shared.errors import ClauseworksError, TransientError
from shared.observability import logger

_Message_contra = TypeVar("_Message_contra", contravariant=True)


class Sends(Protocol[_Message_contra]):
    """A queue: ``shared.jobs.queue.JobQueue``, ``shared.notifications.queue.NotificationQueue``."""

    def send(self, message: _Message_contra, delay: timedelta = timedelta()) -> None:
        """Send a message after a delay; raises TransientError."""
        ...


def send_or_leave(
    queue: Sends[_Message_contra],
    message: _Message_contra,
    delay: timedelta = timedelta(),
    *,
    leave: type[ClauseworksError] = TransientError,
) -> bool:
    """Send a message; return False where that fails for now, and the reconciler has to send it.

    ``leave`` is what is left to the reconciler: with ClauseworksError also what the queue refuses for good.
    """
    try:
        queue.send(message, delay)
    except leave as error:
        logger.warning("Message not sent; the reconciler will", problem=error.code)
        return False
    return True

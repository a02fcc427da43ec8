"""The port of the queues: a message names a job, the record says everything else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.errors import PermanentError
from shared.jobs.model import Kind

MAX_DELAY = timedelta(seconds=900)


@dataclass(frozen=True, slots=True)
class JobMessage:
    """What travels through a queue; ``reason`` is for people who read logs."""

    job_id: str
    kind: Kind
    reason: str = "submitted"

    def to_json(self) -> str:
        """Return the message body."""
        return json.dumps({"job_id": self.job_id, "kind": self.kind, "reason": self.reason})

    @classmethod
    def from_json(cls, body: str) -> JobMessage:
        """Read a message body; raises PermanentError where it is none of ours."""
        try:
            fields = json.loads(body)
            return cls(str(fields["job_id"]), Kind(fields["kind"]), str(fields.get("reason", "")))
        except (ValueError, KeyError, TypeError) as error:
            raise PermanentError("bad-message", "The queue message is not a job message.") from error


class JobQueue(Protocol):
    """Sends messages to the worker of a job's kind."""

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """Send a message, delayed up to ``MAX_DELAY``; raises TransientError."""
        ...

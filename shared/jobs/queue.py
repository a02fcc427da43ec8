"""The port of the queues: a message names a job, the record says everything else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.errors import PermanentError
from shared.jobs.model import Job, Kind

MAX_DELAY = timedelta(seconds=900)

# Says that a job has ended, to notify its receivers. The record says so, too: a call that is lost costs time.
Announce = Callable[[Job], None]


def unannounced(_job: Job) -> None:
    """Announce nothing."""


@dataclass(frozen=True, slots=True)
class JobMessage:
    """What travels through a queue; ``reason`` is for people who read logs.

    ``group`` stands for the job's owner: the queue serves the groups in turn, so that no owner waits for
    another one's thousand jobs. What follows from an owner's analyses is a group of its own: an analysis
    goes before a thousand indexes to be made.
    """

    job_id: str
    kind: Kind
    reason: str = "submitted"
    group: str = ""

    @classmethod
    def about(cls, job: Job, reason: str = "submitted") -> JobMessage:
        """Return the message that names a job."""
        # Owners are people: the queue need not know them.
        whose = f"{job.owner.key}|{job.kind}" if job.kind is Kind.OUTPUT else job.owner.key
        group = hashlib.sha256(whose.encode()).hexdigest()[:32]
        return cls(job.job_id, job.kind, reason, group)

    def to_json(self) -> str:
        """Return the message body."""
        return json.dumps(
            {"job_id": self.job_id, "kind": self.kind, "reason": self.reason, "group": self.group}
        )

    @classmethod
    def from_json(cls, body: str) -> JobMessage:
        """Read a message body; raises PermanentError for another form."""
        try:
            fields = json.loads(body)
            reason, group = str(fields.get("reason", "")), str(fields.get("group", ""))
            return cls(str(fields["job_id"]), Kind(fields["kind"]), reason, group)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PermanentError("bad-message", "The queue message is not a job message.") from error


class JobQueue(Protocol):
    """Sends messages to the worker of a job's kind."""

    def send(self, message: JobMessage, delay: timedelta = timedelta()) -> None:
        """Send a message, delayed up to ``MAX_DELAY``; raises TransientError."""
        ...

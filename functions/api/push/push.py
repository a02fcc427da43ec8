"""Messages of WebSocket clients, and the answers to them.

A client opens the connection without a token, which has no place in an address, and says:

    {"action": "watch", "token": "...", "job_id": "...", "after": 12}

It gets ``{"events": [...]}``: first those after number ``after``, then each one as it is written, the same
objects as in the event stream. Numbers of a job's events have no gaps: who gets one twice drops it, who
misses one watches again from the last that it has. What cannot be done is answered by ``{"problem": {...}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from functions.api.http.problems import RequestError, problem_of
from functions.api.schemas.job_views import event_view
from shared.auth import Tokens
from shared.clock import Clock, utc_now
from shared.errors import ClauseworksError, TransientError
from shared.ids import is_uuid
from shared.jobs.model import Event, Job
from shared.jobs.store import JobNotFoundError, JobStore
from shared.notifications.subscriptions import Connections, GoneError, Watchers
from shared.observability import logger

# API Gateway closes a connection after two hours.
LIFETIME = timedelta(hours=2)
PAGE = 100


@dataclass(frozen=True, slots=True)
class Push:
    """Lets connections follow jobs, and sends them what happens."""

    jobs: JobStore
    watchers: Watchers
    connections: Connections
    tokens: Tokens
    clock: Clock = utc_now

    def receive(self, connection_id: str, text: str) -> None:
        """Answer one message of a client; raises TransientError."""
        try:
            self._watch(connection_id, _request(text))
        except GoneError:
            self.watchers.remove(connection_id)
        except TransientError:
            raise
        except ClauseworksError as error:
            self._send(connection_id, {"problem": problem_of(error).to_dict()})

    def disconnect(self, connection_id: str) -> None:
        """Forget a connection that was closed."""
        self.watchers.remove(connection_id)

    def publish(self, events: Sequence[Event]) -> int:
        """Send events to all who follow their jobs; return how many messages were sent.

        What cannot be sent now is left: the client sees the gap and asks for it.
        """
        by_job: dict[str, list[Event]] = {}
        for event in events:
            by_job.setdefault(event.job_id, []).append(event)
        return sum(self._publish(job_id, group) for job_id, group in by_job.items())

    def _publish(self, job_id: str, events: Sequence[Event]) -> int:
        watching = self.watchers.of(job_id)
        job = self.jobs.get(job_id) if watching else None
        if job is None:
            return 0
        return sum(self._send(connection_id, _message(job, events)) for connection_id in watching)

    def _watch(self, connection_id: str, request: Mapping[str, Any]) -> None:
        caller = self.tokens.verify(str(request.get("token", "")))
        job_id, after = str(request.get("job_id", "")), _number(request.get("after", 0))
        job = self.jobs.get(job_id) if is_uuid(job_id) else None
        if job is None or not caller.may_read(job.owner):
            raise JobNotFoundError(job_id)
        # Followed first, read then: an event in between comes twice, and none is missed.
        self.watchers.add(job_id, connection_id, self.clock() + LIFETIME)
        while events := self.jobs.events(job_id, after, PAGE):
            self.connections.send(connection_id, json.dumps(_message(job, events), ensure_ascii=False))
            after = events[-1].number

    def _send(self, connection_id: str, message: Mapping[str, Any]) -> bool:
        try:
            self.connections.send(connection_id, json.dumps(message, ensure_ascii=False))
        except GoneError:
            self.watchers.remove(connection_id)
            return False
        except ClauseworksError as error:
            logger.warning("Message not pushed", problem=error.code)
            return False
        return True


def _request(text: str) -> Mapping[str, Any]:
    """Read a client's message; raises RequestError."""
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict) or request.get("action") != "watch":
        raise RequestError(
            "invalid-body", 'Send {"action": "watch", "token": ..., "job_id": ...}.', status=400
        )
    return request


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RequestError("invalid-request", "after has to be the number of an event, or 0.")
    return value


def _message(job: Job, events: Sequence[Event]) -> dict[str, Any]:
    return {"events": [event_view(event, job.document_id) for event in events]}

"""What a worker of these tests does to itself: it counts its outside effects and dies at the chosen one.

An outside effect is a request that may change something: a write to DynamoDB, S3, SQS or Directus. The
settings come from the environment of that one process; the product's code knows nothing of them.

``CHAOS_AT``      ``kill:before:7``, ``kill:after:7``, ``freeze:before:7``, ``hang:before:7``: at the seventh
                  effect come SIGKILL, SIGSTOP (nothing runs on, the lease runs out), or sleep (the lease is
                  kept alive)
``CHAOS_TRACE``   file to which every effect adds a line
``CHAOS_REFUSE``  ``dynamodb:12:6``: after six effects that many requests to the service are answered as if it
                  were throttled or down
``CHAOS_LOSE``    ``dynamodb``: the first answer to each changing operation of the service is lost
``CHAOS_SKEW``    seconds by which this process's clock is wrong
``CHAOS_RESEND``  seconds after which a message counts as lost, instead of a minute
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

READS = ("Get", "List", "Head", "Query", "Scan", "BatchGet", "Describe", "Receive")
SAFE_METHODS = {"GET", "HEAD", "SEARCH"}
REFUSALS = {
    "dynamodb": (
        400,
        b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow"}',
    ),
    "s3": (503, b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"),
    "sqs": (503, b'{"__type":"com.amazonaws.sqs#ServiceUnavailable","message":"down"}'),
}


@dataclass(frozen=True, slots=True)
class At:
    """What happens at which effect, before or after it."""

    what: str
    when: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``kill:before:7``."""
        what, when, number = text.split(":")
        return cls(what, when, int(number))


@dataclass(slots=True)
class Effects:
    """Counts the effects of this process, less those of the lease's heartbeat, which keeps its own time."""

    at: At | None = None
    trace: Path | None = None
    count: int = 0

    def before(self, label: str) -> None:
        """Note that an effect is about to happen."""
        if _in_heartbeat():
            return
        self.count += 1
        if self.trace is not None:
            with self.trace.open("a") as file:
                file.write(label + "\n")
        self._meet("before")

    def after(self) -> None:
        """Note that the effect has happened and its answer is there, which nobody has read yet."""
        if not _in_heartbeat():
            self._meet("after")

    def _meet(self, when: str) -> None:
        at = self.at
        if at is None or (at.when, at.number) != (when, self.count):
            return
        if at.what == "hang":
            parent = os.getppid()
            while os.getppid() == parent:
                time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGSTOP if at.what == "freeze" else signal.SIGKILL)


def _in_heartbeat() -> bool:
    return threading.current_thread().name.startswith("lease-")


def install(environment: Mapping[str, str]) -> Effects:
    """Prepare this process for the faults that its environment names; return what counts its effects."""
    at, trace = environment.get("CHAOS_AT"), environment.get("CHAOS_TRACE")
    effects = Effects(At.parse(at) if at else None, Path(trace) if trace else None)
    _watch_aws(
        effects, _Refusals.parse(environment.get("CHAOS_REFUSE", "")), environment.get("CHAOS_LOSE", "")
    )
    _watch_http(effects)
    if skew := float(environment.get("CHAOS_SKEW", "0")):
        _shift_clock(timedelta(seconds=skew))
    if resend := environment.get("CHAOS_RESEND"):
        from shared.jobs import states

        states.RESEND_AFTER = timedelta(seconds=float(resend))
    return effects


@dataclass(slots=True)
class _Refusals:
    """How many requests to a service are still to be refused, and after how many effects that begins."""

    service: str = ""
    left: int = 0
    begin: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``dynamodb:12:6``; nothing is refused where the text is empty."""
        if not text:
            return cls()
        service, left, begin = text.split(":")
        return cls(service, int(left), int(begin))

    def answer(self, service: str, url: str, count: int) -> Any:
        """Return the answer to a request that is refused, None where it is let through."""
        from botocore.awsrequest import AWSResponse
        from botocore.compat import HTTPHeaders

        if service != self.service or self.left == 0 or count < self.begin:
            return None
        self.left -= 1
        status, body = REFUSALS[service]
        return AWSResponse(url, status, HTTPHeaders(), _Raw(body))


class _Raw:
    """The body of an answer that never came over a network."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        content, self._body = self._body, b""
        return content


def _watch_aws(effects: Effects, refusals: _Refusals, losing: str) -> None:
    """Count every changing request of every boto3 client that this process makes from now on."""
    import boto3

    events = boto3._get_default_session().events
    lost: set[str] = set()

    def before_send(request: Any, event_name: str, **_context: Any) -> Any:
        _, service, operation = event_name.split(".")
        if (refused := refusals.answer(service, request.url, effects.count)) is not None:
            return refused
        if operation.startswith(READS):
            return None
        effects.before(f"{service} {operation}")
        if service == losing and operation not in lost:
            lost.add(operation)
            _send_unheard(request)
        return None

    def received(event_name: str, **_context: Any) -> None:
        if not event_name.split(".")[2].startswith(READS):
            effects.after()

    events.register("before-send", before_send)
    events.register("response-received", received)


def _send_unheard(request: Any) -> None:
    """Send a request, throw the answer away and report what a client then sees."""
    from botocore.exceptions import ConnectionClosedError
    from botocore.httpsession import URLLib3Session

    URLLib3Session().send(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def _watch_http(effects: Effects) -> None:
    """Count every changing request to Directus; a query by GraphQL changes nothing."""
    import httpx

    send: Callable[..., httpx.Response] = httpx.Client.send

    def counted(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if request.method in SAFE_METHODS or request.url.path == "/graphql":
            return send(self, request, **options)
        effects.before(f"directus {request.method} {request.url.path.rpartition('/')[2]}")
        answer = send(self, request, **options)
        effects.after()
        return answer

    httpx.Client.send = counted  # type: ignore[method-assign]


def _shift_clock(skew: timedelta) -> None:
    """Shift what the product's only clock reads."""
    from shared import clock

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + skew

    vars(clock)["datetime"] = Shifted

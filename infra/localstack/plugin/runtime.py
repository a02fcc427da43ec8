"""One runtime process of a function, and the Lambda Runtime API from which it takes its work.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.localstack.plugin.output import Output

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event for a function; ``deadline`` is in seconds since the epoch."""

    request_id: str
    payload: bytes
    deadline: float
    function_arn: str
    trace_id: str


class Ending(StrEnum):
    """How an invocation ended."""

    RESPONSE = "response"
    ERROR = "error"
    EXIT = "exit"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an invocation; ``body`` is the function's answer, or an error object as JSON."""

    ending: Ending
    body: bytes


class StartError(Exception):
    """A runtime process did not come as far as asking for work; ``body`` is its error object as JSON."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body.decode(errors="replace"))
        self.body = body


@dataclass(frozen=True, slots=True)
class _Event:
    """What the process said, or what became of it; ``kind`` is an ending, ``ready`` or ``init-error``."""

    kind: str
    request_id: str = ""
    body: bytes = b""


class Runtime:
    """One process, from its start to its end; it works on one invocation at a time.

    ``command`` is started in ``folder`` with exactly ``environment`` and the address of its API, and leads
    a process group of its own, which ends with it.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._events: queue.Queue[_Event] = queue.Queue()
        self._work: queue.Queue[Invocation | None] = queue.Queue()
        self._server = _Server((HOST, 0), _requests(self._events, self._work))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.output = Output()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{self._server.server_address[1]}"},
            stdin=subprocess.DEVNULL,
            stdout=self.output.writer,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.output.close_writer()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait_ready(self, seconds: float) -> None:
        """Return once the process asks for work; raise ``StartError`` where it ends, fails or is too slow."""
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            event = _Event("timeout", body=error("Runtime.StartTimeout", f"Not ready after {seconds:g} s"))
        if event.kind != "ready":
            self.stop()
            raise StartError(event.body)

    def invoke(self, invocation: Invocation) -> Outcome:
        """Return how the invocation ended; a process that misses the deadline is killed."""
        self._work.put(invocation)
        while True:
            try:
                event = self._events.get(timeout=max(0.0, invocation.deadline - time.time()))
            except queue.Empty:
                self.stop()
                return Outcome(Ending.TIMEOUT, b"")
            if event.kind == Ending.EXIT:
                return Outcome(Ending.EXIT, event.body)
            if event.kind in set(Ending) and event.request_id == invocation.request_id:
                return Outcome(Ending(event.kind), event.body)

    def stop(self) -> None:
        """Kill the process with all its children, and close its API."""
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def _watch(self) -> None:
        status = self._process.wait()
        # Its children, which nobody waits for.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # The request for work of the dead process is still open.
        self._work.put(None)
        self._events.put(
            _Event(Ending.EXIT, body=error("Runtime.ExitError", f"Runtime exited with status {status}"))
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """Stay silent: a process that is killed breaks its connection off."""


def error(kind: str, message: str) -> bytes:
    """Return Lambda's error object as JSON."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _requests(
    events: queue.Queue[_Event], work: queue.Queue[Invocation | None]
) -> type[BaseHTTPRequestHandler]:
    """Return the handler of the API's requests, bound to the queues of one runtime."""

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes: with Nagle's algorithm each answer would take 40 ms.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Answer ``/runtime/invocation/next`` once there is work."""
            events.put(_Event("ready"))
            invocation = work.get()
            if invocation is None:
                self.close_connection = True
                return
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            }
            self._answer(200, headers, invocation.payload)

        def do_POST(self) -> None:
            """Take ``/runtime/invocation/{id}/response``, ``.../error`` or ``/runtime/init/error``."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            *_, request_id, kind = self.path.strip("/").split("/")
            events.put(_Event("init-error" if request_id == "init" else kind, request_id, body))
            self._answer(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

        def log_message(self, *_arguments: Any) -> None:
            """Stay silent: LocalStack logs the invocations."""

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Requests

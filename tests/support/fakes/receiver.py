"""A receiver of webhooks: a real HTTP server, which answers as a test tells it to and keeps what it got."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """``plan`` has the statuses of the next answers, then all is 200; ``headers`` go with each of them.

    ``before_answer`` is called when a request is read, ``drip`` sends an endless answer, a piece at a time.
    """

    url: str = ""
    port: int = 0
    got: list[Got] = field(default_factory=list)
    plan: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    before_answer: Callable[[], object] = lambda: None
    drip: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, number: int, seconds: float = 60.0) -> list[Got]:
        """Return what came once that are so many requests."""
        deadline = time.monotonic() + seconds
        while len(self.got) < number:
            assert time.monotonic() < deadline, f"{len(self.got)} of {number} requests came"
            time.sleep(0.05)
        return self.got


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Serve on a free port of the loopback; with ``context`` by TLS."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_port
    receiver.url = f"http{'s' if context else ''}://127.0.0.1:{receiver.port}/hook?key=not-to-be-seen"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            receiver.got.append(Got(self.path, dict(self.headers.items()), body))
            receiver.before_answer()
            if receiver.drip:
                self._drip()
                return
            self.send_response(receiver.plan.pop(0) if receiver.plan else 200)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _drip(self) -> None:
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not receiver.stopped.wait(0.02):
                    self.wfile.write(b"X")
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            return

    return Handler

"""Amazon Translate as far as we use it, over HTTP: it upper-cases, keeps the limits, and throttles."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_BYTES = 10_000
TARGET = "AWSShineFrontendService_20170701.TranslateText"


@dataclass
class TranslateServer:
    """``errors`` are the names of the next answers' errors; ``calls`` are the texts and pairs asked for."""

    url: str = ""
    errors: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, target: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        assert target == TARGET
        text, pair = body["Text"], (body["SourceLanguageCode"], body["TargetLanguageCode"])
        self.calls.append((text, *pair))
        if self.errors:
            return 400, {"__type": self.errors.pop(0), "message": "no"}
        if not 0 < len(text.encode()) <= MAX_BYTES:
            return 400, {"__type": "TextSizeLimitExceededException", "message": "too long"}
        said = {"SourceLanguageCode": pair[0], "TargetLanguageCode": pair[1]}
        return 200, {"TranslatedText": text.upper(), **said}


@contextmanager
def serve() -> Iterator[TranslateServer]:
    """Run the service on a free port of this machine."""
    service = TranslateServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = service.answer(self.headers["X-Amz-Target"], body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        service.url = f"http://127.0.0.1:{server.server_port}"
        yield service
        server.shutdown()

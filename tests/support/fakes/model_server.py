"""A model's endpoint on a real socket: OpenAI's chat completions and Bedrock's Converse, with faults.

``python -m tests.support.fakes.model_server`` serves it by hand and says how the local stack comes to use it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from functions.analyze.document.chunking import count_tokens
from tests.support.fakes import model_brain

MODEL = "fake-1"
KEY = "fake-key-of-the-tests"
# What a fault does is one of the methods of _Exchange below.
GOOD = "good"


@dataclass
class Record:
    """One request, as it came."""

    path: str
    authorization: str
    body: dict[str, Any]
    prompt: str


@dataclass
class ModelServer:
    """``faults`` are for the next requests, in order; ``fault`` is, by the prompt, for all after those.

    ``longest`` bounds the items that a reply holds before it is cut off, ``seconds`` is how slow "slow" is.
    """

    faults: list[str] = field(default_factory=list)
    fault: Callable[[str], str] = lambda _prompt: GOOD
    longest: int = 4
    seconds: float = 5.0
    stated_wait: str = "0.05"
    requests: list[Record] = field(default_factory=list)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._at_once = 0
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None
        self.stopping = threading.Event()

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        assert self._http is not None
        return f"http://127.0.0.1:{self._http.server_port}"

    def start(self, port: int = 0) -> None:
        owner = self

        class Handler(_Exchange):
            server_of = owner

        self._http = _Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        assert self._http is not None
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def next_fault(self, record: Record) -> str:
        with self._lock:
            self.requests.append(record)
            return self.faults.pop(0) if self.faults else self.fault(record.prompt)

    def entered(self, step: int) -> None:
        with self._lock:
            self._at_once += step
            self.most_at_once = max(self.most_at_once, self._at_once)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up before a slow answer are part of the tests."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Exchange(BaseHTTPRequestHandler):
    """One request and its answer; the fault's name is the method that gives it."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait for an acknowledgement.
    disable_nagle_algorithm = True
    server_of: ModelServer

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do_POST(self) -> None:
        owner = self.server_of
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.converse = self.path.startswith("/model/")
        self.prompt = _prompt_of(body, converse=self.converse)
        self.asked = body
        record = Record(self.path, self.headers.get("authorization", ""), body, self.prompt)
        owner.entered(1)
        try:
            getattr(self, f"_{owner.next_fault(record)}")()
        finally:
            owner.entered(-1)

    # --- Good and bad answers ------------------------------------------------------------------------

    def _good(self) -> None:
        self._say(model_brain.render(model_brain.answer(self.prompt)))

    def _slow(self) -> None:
        self.server_of.stopping.wait(self.server_of.seconds)
        self._good()

    def _dripping(self) -> None:
        """Send a byte now and then, so that no single read takes long."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        until = time.monotonic() + self.server_of.seconds
        while time.monotonic() < until and not self.server_of.stopping.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                break
        self.close_connection = True

    def _fenced(self) -> None:
        reply = model_brain.render(model_brain.answer(self.prompt))
        self._say(f"Here you are:\n```json\n{reply}\n```")

    def _malformed(self) -> None:
        self._say(model_brain.render(model_brain.answer(self.prompt))[:-2] + ",,")

    def _prose(self) -> None:
        self._say("The document grants many things, among them the loss of luggage.")

    def _wrong_schema(self) -> None:
        self._say(json.dumps({"granted": [{"item": 7}], "found": "nothing"}))

    def _truncated(self) -> None:
        """Cut off a reply about many items; one about few is whole."""
        reply = model_brain.render(model_brain.answer(self.prompt))
        if len(model_brain.keys_of(self.prompt)) > self.server_of.longest:
            self._say(reply[: len(reply) // 2], finish="length")
        else:
            self._say(reply)

    def _always_truncated(self) -> None:
        self._say('{"granted": [', finish="length")

    def _refusal(self) -> None:
        self._say("", refusal="I cannot help with that.", finish="content_filter")

    def _empty_choices(self) -> None:
        self._json(200, {"id": "x", "choices": [], "output": {}, "usage": {}})

    def _no_usage(self) -> None:
        self._say(model_brain.render(model_brain.answer(self.prompt)), usage=False)

    def _forgetful(self) -> None:
        """Leave out every second item."""
        reply = model_brain.answer(self.prompt)
        kept = set(model_brain.keys_of(self.prompt)[::2])
        for name, key in (("granted", "item"), ("found", "place")):
            if name in reply:
                reply[name] = [claim for claim in reply[name] if claim[key] in kept]
        for name in ("absent", "done"):
            if name in reply:
                reply[name] = [key for key in reply[name] if key in kept]
        self._say(model_brain.render(reply))

    def _hallucinated(self) -> None:
        """Prove everything by words that stand nowhere."""
        self._claims(lambda claim: {**claim, "quote": "We pay for everything, up to CHF 99'000 a day."})

    def _wrong_numbers(self) -> None:
        self._claims(
            lambda claim: {**claim, "value": claim["value"] * 7 + 1} if claim.get("value") else claim
        )

    def _unknown_keys(self) -> None:
        self._claims(lambda claim: {**claim, ("item" if "item" in claim else "kind"): "x99"})

    def _eager(self) -> None:
        """Grant every item by the first sentence of the first passage: true quotes that prove little."""
        reply = model_brain.answer(self.prompt)
        self._say(model_brain.render(reply | {"absent": []} if "absent" in reply else reply))

    def _streamed(self) -> None:
        self._raw(
            200, b'data: {"choices": [{"delta": {"content": "{"}}]}\n\ndata: [DONE]\n\n', "text/event-stream"
        )

    def _html(self) -> None:
        self._raw(200, b"<html><body>Sign in to the network</body></html>", "text/html")

    # --- Errors --------------------------------------------------------------------------------------

    def _throttled(self) -> None:
        headers = {"Retry-After": self.server_of.stated_wait}
        self._error(429, "rate_limit_exceeded", "ThrottlingException", headers)

    def _reset_stated(self) -> None:
        """State the wait as OpenAI does: when requests and tokens are there again."""
        headers = {
            "x-ratelimit-remaining-requests": "10",
            "x-ratelimit-reset-requests": "1ms",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "30ms",
        }
        self._error(429, "rate_limit_exceeded", "ThrottlingException", headers)

    def _quota(self) -> None:
        self._error(429, "insufficient_quota", "ServiceQuotaExceededException")

    def _server_error(self) -> None:
        self._error(500, "server_error", "InternalServerException")

    def _unauthorized(self) -> None:
        self._error(401, "invalid_api_key", "AccessDeniedException")

    def _too_long(self) -> None:
        """Refuse what asks about many items."""
        if len(model_brain.keys_of(self.prompt)) > self.server_of.longest:
            self._error(400, "context_length_exceeded", "ValidationException")
        else:
            self._good()

    def _old_fashioned(self) -> None:
        """Know neither ``max_tokens`` nor a schema."""
        for name in ("max_tokens", "response_format"):
            if name in self.asked:
                error = {"message": "Unsupported", "type": "invalid_request_error", "param": name}
                self._json(400, {"error": {**error, "code": "unsupported_parameter"}})
                return
        self._good()

    def _connection_reset(self) -> None:
        """Send an RST instead of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _half(self) -> None:
        """End the connection in the middle of the answer."""
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b'{"choices": [')
        self.close_connection = True

    # --- Wire ----------------------------------------------------------------------------------------

    def _claims(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        reply = model_brain.answer(self.prompt)
        for name in ("granted", "found"):
            if name in reply:
                reply[name] = [change(claim) for claim in reply[name]]
        if "granted" in reply:
            reply["absent"] = model_brain.keys_of(self.prompt)
        self._say(model_brain.render(reply))

    def _say(self, text: str, *, refusal: str = "", finish: str = "stop", usage: bool = True) -> None:
        told = (count_tokens(_texts(self.asked, converse=self.converse)), count_tokens(text))
        if self.converse:
            self._json(200, _converse(text, finish, told if usage else None))
            return
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": refusal or None}
        body: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
        if usage:
            body["usage"] = {"prompt_tokens": told[0], "completion_tokens": told[1]}
        self._json(200, body)

    def _error(self, status: int, code: str, exception: str, headers: dict[str, str] | None = None) -> None:
        # The words name what must never be repeated: the key, and what was sent.
        words = f"Input is too long: {KEY} {self.prompt[:80]}"
        body: dict[str, Any] = {"error": {"message": words, "type": "error", "param": None, "code": code}}
        if self.converse:
            body = {"message": words}
        self._json(status, body, {**(headers or {}), "x-amzn-ErrorType": exception})

    def _json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self._raw(status, json.dumps(body).encode(), "application/json", headers)

    def _raw(self, status: int, data: bytes, media_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Type": media_type}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _converse(text: str, finish: str, usage: tuple[int, int] | None) -> dict[str, Any]:
    reasons = {"length": "max_tokens", "content_filter": "content_filtered"}
    content: dict[str, Any] = {"text": text or "-"}
    with contextlib.suppress(ValueError):
        content = {"toolUse": {"toolUseId": "t1", "name": "reply", "input": json.loads(text)}}
    body: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": [content]}},
        "stopReason": reasons.get(finish, "tool_use"),
        "metrics": {"latencyMs": 1},
    }
    if usage:
        body["usage"] = {"inputTokens": usage[0], "outputTokens": usage[1], "totalTokens": sum(usage)}
    return body


def _texts(body: dict[str, Any], *, converse: bool) -> str:
    """Return all that a model reads: messages and schema."""
    if converse:
        said = [part["text"] for each in body["messages"] for part in each["content"]]
        return "\n".join([*(each["text"] for each in body["system"]), *said, str(body["toolConfig"])])
    return "\n".join([*(str(each["content"]) for each in body["messages"]), str(body.get("response_format"))])


def _prompt_of(body: dict[str, Any], *, converse: bool) -> str:
    """Return what the user says first: the prompt itself, without later reminders."""
    if converse:
        return str(body["messages"][0]["content"][0]["text"])
    return next(str(each["content"]) for each in body["messages"] if each["role"] == "user")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.fakes.model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--fault", default=GOOD, help="how it answers: good, slow, malformed, throttled, ...")
    options = parser.parse_args(arguments)
    server = ModelServer(fault=lambda _prompt: options.fault)
    server.start(options.port)
    print(f"OPENAI_BASE_URL={server.url}/v1 OPENAI_MODEL={MODEL} OPENAI_API_KEY={KEY}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

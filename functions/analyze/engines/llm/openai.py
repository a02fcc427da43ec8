"""Any endpoint that speaks OpenAI's chat completions: ``POST {base_url}/chat/completions``.

What an endpoint does not know of (a limit by another name, a temperature, a schema) it refuses by name; it is
then asked without, from that moment on. An error's words are never passed on: they may repeat the key.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from functions.analyze.engines.llm.port import (
    BadReplyError,
    Finish,
    Message,
    Reply,
    Schema,
    TooLongError,
    Usage,
    rejected,
    throttled,
    unavailable,
)
from shared.errors import ClauseworksError, PermanentError
from shared.retry import MAX_RETRY_AFTER, retry_after

NAME = "openai"
MAX_REPLY_BYTES = 4 * 1024 * 1024

_FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH, "content_filter": Finish.REFUSED}
_TOO_LONG = {"context_length_exceeded", "string_above_max_length"}
_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_CODE = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_CODE = 64


class OpenAIProvider:
    """One model at one address; ``key`` gives the key. ``timeout`` bounds a whole request, in seconds."""

    name = NAME

    def __init__(
        self,
        base_url: str,
        key: Callable[[], str],
        model: str,
        *,
        reply_tokens: int = 4096,
        timeout: float = 90.0,
    ) -> None:
        import httpx

        self.model = model
        self._key = key
        self._timeout = timeout
        self._reply_tokens = reply_tokens
        self._http = httpx.Client(base_url=base_url.rstrip("/"), timeout=timeout)
        self._unknown: frozenset[str] = frozenset()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """See Provider; the address counts too: another endpoint may have another model of this name."""
        return {
            "base_url": str(self._http.base_url),
            "temperature": 0,
            "max_tokens": self._reply_tokens,
        }

    def complete(self, messages: Sequence[Message], schema: Schema) -> Reply:
        """See Provider."""
        while True:
            unknown = self._unknown
            status, headers, content = self._send(self._body(messages, schema))
            if status == HTTPStatus.OK:
                return _reply(content)
            error = _error(content)
            without = unknown | ({str(error.get("param"))} & _OPTIONAL)
            if status != HTTPStatus.BAD_REQUEST or without == unknown:
                raise _refusal(status, headers, error)
            self._unknown = without

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _body(self, messages: Sequence[Message], schema: Schema) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": each.role, "content": each.text} for each in messages],
            "temperature": 0,
            "max_tokens": self._reply_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": schema.name, "strict": True, "schema": schema.body},
            },
        }
        if "max_tokens" in self._unknown:
            body["max_completion_tokens"] = body["max_tokens"]
        if "response_format" in self._unknown:
            text = f"Reply with one JSON object that meets this schema: {json.dumps(schema.body)}"
            body["messages"].append({"role": "system", "content": text})
        return {name: value for name, value in body.items() if name not in self._unknown}

    def _send(self, body: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of the answer, which has to be whole within the time-out."""
        deadline = time.monotonic() + self._timeout
        key = self._key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = bytearray()
        with (
            _network_errors(),
            self._http.stream("POST", "/chat/completions", json=body, headers=headers) as answer,
        ):
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > MAX_REPLY_BYTES:
                    raise BadReplyError("it is too large")
                if time.monotonic() > deadline:
                    raise unavailable("the answer takes too long")
        return answer.status_code, answer.headers, bytes(data)


_OPTIONAL = frozenset({"max_tokens", "temperature", "response_format"})


@contextmanager
def _network_errors() -> Iterator[None]:
    """Turn what httpx raises into our errors, without its texts: they may name the address."""
    import httpx

    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
        raise rejected("OPENAI_BASE_URL is no http(s) address, or the key no header") from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise unavailable(type(error).__name__) from error


def _reply(content: bytes) -> Reply:
    """Read a completion; raises BadReplyError for anything else."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise BadReplyError("the answer is no JSON") from None
    usage = _usage(answer.get("usage")) if isinstance(answer, dict) else None
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text, refusal = _text(message.get("content")), message.get("refusal")
        finish = str(choice.get("finish_reason") or "stop")
    except (LookupError, TypeError, AttributeError):
        raise BadReplyError("the answer holds no message", usage) from None
    if refusal:
        return Reply("", Finish.REFUSED, usage)
    return Reply(text, _FINISHES.get(finish, Finish.STOP), usage)


def _text(content: object) -> str:
    """Return the text of a message, which may come in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _usage(counts: object) -> Usage | None:
    if not isinstance(counts, dict):
        return None
    read, written = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if not isinstance(read, int) or not isinstance(written, int) or read < 0 or written < 0:
        return None
    return Usage(read, written, 1)


def _error(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _refusal(status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> ClauseworksError:
    code = _CODE.sub("", str(error.get("code") or error.get("type") or ""))[:_MAX_CODE]
    if code in _TOO_LONG:
        return TooLongError()
    if code in _NO_QUOTA:
        return PermanentError(
            "model-quota-exhausted", f"Nothing is left to spend at the model's provider ({code})."
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return throttled(stated_wait(headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
    }:
        return unavailable(f"it answers {status}", stated_wait(headers))
    return rejected(f"{status} {code}".rstrip())


def stated_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a provider asks to wait for, None where it does not say.

    ``Retry-After`` (or in milliseconds, ``retry-after-ms``) goes before the time at which what is used up, of
    requests or tokens, is there again (``x-ratelimit-reset-...``).
    """
    milliseconds = headers.get("retry-after-ms", "")
    if milliseconds.replace(".", "", 1).isdecimal():
        return min(float(milliseconds) / 1000, MAX_RETRY_AFTER)
    wait = retry_after(headers.get("retry-after", ""))
    if wait is not None:
        return wait
    kinds = ("requests", "tokens")
    resets = {kind: _duration(headers.get(f"x-ratelimit-reset-{kind}", "")) for kind in kinds}
    used_up = [resets[kind] for kind in kinds if headers.get(f"x-ratelimit-remaining-{kind}") == "0"]
    waits = [reset for reset in (used_up or resets.values()) if reset is not None]
    return min(max(waits), MAX_RETRY_AFTER) if waits else None


def _duration(text: str) -> float | None:
    """Read ``6m0s``, ``20ms`` or plain seconds."""
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))

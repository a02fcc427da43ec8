"""What every request goes through: its id, the address it came by, its last line of defence, its log line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.http.problems import internal_error
from shared.ids import is_uuid, uuid7
from shared.observability import logger

PREFIX = "/api/v1"

_ID = re.compile(r"[A-Za-z0-9_.:=;-]{1,128}")
_SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HSTS = "max-age=31536000"


class Edge:
    """Serves everything under ``/api/v1`` and to HEAD too; lets no error and no answer pass unmarked.

    ``now`` counts seconds.
    """

    def __init__(self, app: ASGIApp, now: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        _enter_prefix(scope)
        request_id = _request_id(scope)
        # Kept in a context variable: requests that run at the same time do not mix.
        logger.thread_safe_append_keys(request_id=request_id)
        status, ended = 0, False
        began = self._now()

        async def marked(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                _mark(message, scope, request_id)
            elif head:
                if ended:
                    return
                # The first piece ends it, for streams have no last one.
                ended, message = True, {"type": message["type"], "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, marked)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
            # The type alone: messages of foreign libraries may hold what was sent.
            kind, place = type(error).__name__, _where(error)
            logger.error("Unexpected error", error=kind, at=place)
            if status == 0:
                await internal_error()(scope, receive, marked)
        finally:
            _log(scope, status, self._now() - began)
            logger.thread_safe_clear_keys()


def _enter_prefix(scope: Scope) -> None:
    """Count ``/api/v1`` to the path that the API is served under."""
    root = scope.get("root_path", "").rstrip("/")
    if f"{scope['path']}/".startswith(f"{root}{PREFIX}/"):
        scope["root_path"] = root + PREFIX


def _request_id(scope: Scope) -> str:
    """Return the caller's request id where it is a sane one, else the gateway's, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    if _ID.fullmatch(given):
        return given
    context: dict[str, Any] = scope.get("aws.event", {}).get("requestContext") or {}
    return str(context.get("requestId") or uuid7())


def _mark(message: Message, scope: Scope, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-Id"] = request_id
    for name, value in _SECURITY.items():
        headers.setdefault(name, value)
    if scope.get("scheme") == "https":
        headers.setdefault("Strict-Transport-Security", _HSTS)


def _where(error: BaseException) -> str:
    """Return the place in the code that an error comes from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Write the request's line: the route, not the path; and no query, which could hold anything."""
    route = getattr(scope.get("route"), "path", "")
    job_id = scope.get("path_params", {}).get("job_id", "")
    logger.info(
        "Request",
        method=scope["method"],
        route=route,
        status=status,
        milliseconds=round(seconds * 1000),
        **({"job_id": job_id} if is_uuid(job_id) else {}),
    )

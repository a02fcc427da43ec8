"""From API Gateway to an application, by way of Mangum."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from starlette.types import Receive, Scope, Send

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

# Parts of a media type that name a text. All else goes out as base64, which the gateway decodes only where
# the first type of the request's Accept is one of the template's BinaryMediaTypes: browsers choose that.
TEXTS = [*DEFAULT_TEXT_MIME_TYPES, "+json", "+xml"]

# Its line for each request repeats ours, with the path.
logging.getLogger("mangum").setLevel(logging.WARNING)


def handler_of(app: FastAPI) -> Handler:
    """Return the Lambda handler that serves an application to a REST API's events."""

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        """Serve under the path that the gateway adds, so that links in answers lead back through it."""
        root = gateway_root(scope["aws.event"], emulated=bool(app.state.settings.aws_endpoint_url))
        await app({**scope, "root_path": root, "path": root + scope["path"]}, receive, send)

    serve = Mangum(mounted, lifespan="off", text_mime_types=TEXTS)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer one request that API Gateway passes on."""
        return serve(event, context)

    return handler


def gateway_root(event: dict[str, Any], *, emulated: bool) -> str:
    """Return the part of the client's path before the application's: the stage, or a domain's base path.

    Emulators are reached by a path instead of a host name, and name the stage only.
    """
    context = event.get("requestContext") or {}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if emulated and ".execute-api." not in headers.get("host", ""):
        return f"/_aws/execute-api/{context.get('apiId', '')}/{context.get('stage', '')}"
    outside, inside = str(context.get("path", "")), str(event.get("path", ""))
    return outside.removesuffix(inside).rstrip("/") if outside.endswith(inside) else ""

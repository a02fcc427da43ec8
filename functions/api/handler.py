"""The Lambda handler: API Gateway events in, the application's answers out."""

from __future__ import annotations

import logging
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from starlette.types import Receive, Scope, Send

from functions.api.app import create_app
from functions.api.problems import MEDIA_TYPE

app = create_app()

# Its line for each request repeats ours, with the path.
logging.getLogger("mangum").setLevel(logging.WARNING)


async def _mounted(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve under the path that the gateway adds, so that links in answers lead back through it."""
    root = gateway_root(scope["aws.event"], emulated=bool(app.state.settings.aws_endpoint_url))
    await app({**scope, "root_path": root, "path": root + scope["path"]}, receive, send)


def gateway_root(event: dict[str, Any], *, emulated: bool) -> str:
    """Return the part of the client's path before the application's: the stage, or a domain's base path.

    Emulators are reached by a path instead of a host name, and tell of the stage only.
    """
    context = event.get("requestContext") or {}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if emulated and ".execute-api." not in headers.get("host", ""):
        return f"/_aws/execute-api/{context.get('apiId', '')}/{context.get('stage', '')}"
    outside, inside = str(context.get("path", "")), str(event.get("path", ""))
    return outside.removesuffix(inside).rstrip("/") if outside.endswith(inside) else ""


_serve = Mangum(_mounted, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request that API Gateway passes on."""
    return _serve(event, context)

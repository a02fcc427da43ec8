"""The Lambda handler of the push function: messages of a WebSocket API, and the table's stream."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.api.push.push import Push
from shared.aws.dynamodb import job_items

OK = {"statusCode": 200}


@cache
def push() -> Push:
    """Return the pushing of this process, with the adapters that the settings name."""
    from functions.api.push.settings import PushSettings
    from shared.auth import Tokens
    from shared.aws.connections import WebSocketConnections
    from shared.aws.dynamodb.jobs import DynamoJobs
    from shared.aws.dynamodb.subscriptions import DynamoWatchers

    s = PushSettings()
    return Push(
        jobs=DynamoJobs(s.jobs_table, s.aws_endpoint_url),
        watchers=DynamoWatchers(s.jobs_table, s.aws_endpoint_url),
        connections=WebSocketConnections(management_url(s.push_management_url, s.aws_endpoint_url)),
        tokens=Tokens(s.token_secret(), s.jwt_issuers),
    )


def management_url(url: str, endpoint_url: str) -> str:
    """Return the address for the server side of a WebSocket API; emulators are reached by a path."""
    if not endpoint_url:
        return url
    host, _, stage = url.removeprefix("https://").partition("/")
    return f"{endpoint_url}/_aws/execute-api/{host.partition('.')[0]}/{stage}"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Serve one message of a client, or one batch of the stream's records."""
    if "Records" in event:
        images = (record["dynamodb"]["NewImage"] for record in event["Records"])
        return {"sent": push().publish([job_items.event_from_image(image) for image in images])}
    context = event["requestContext"]
    kind, connection_id = context["eventType"], context["connectionId"]
    if kind == "MESSAGE":
        push().receive(connection_id, event.get("body") or "")
    elif kind == "DISCONNECT":
        push().disconnect(connection_id)
    return OK

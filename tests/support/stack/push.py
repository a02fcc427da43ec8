"""A client of the push function, over a WebSocket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from infra.local.stack import LocalStack


@contextmanager
def watching(stack: LocalStack, job_id: str, token: str, after: int = 0) -> Iterator[ClientConnection]:
    deployed = stack.deployed
    host = deployed.endpoint.removeprefix("http://")
    path = f"_aws/execute-api/{deployed.outputs['PushApiId']}/{deployed.outputs['StageName']}"
    with connect(f"ws://{host}/{path}", proxy=None) as socket:
        socket.send(json.dumps({"action": "watch", "token": token, "job_id": job_id, "after": after}))
        yield socket


def read(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=30))
    return message

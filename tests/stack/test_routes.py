"""Behind the gateway each path and verb reaches the function that it should."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx
import pytest

from infra.local import logs
from infra.local.stack import LocalStack
from shared.ids import uuid7
from tests.support import routes

LOG_SECONDS = 60.0


def walked(stack: LocalStack, gateway: httpx.Client, asking: Sequence[routes.Route]) -> dict[str, str]:
    """Ask for all routes; return the route of the application by each path."""
    run = uuid7()
    asked = routes.walk(gateway, asking, run)
    groups = [f"/aws/lambda/{stack.deployed.outputs[f'{name}Name']}" for name in routes.SERVICES.values()]
    deadline = time.monotonic() + LOG_SECONDS
    # Log lines may arrive a little late.
    while True:
        found = routes.answered(logs.read(stack.client("logs"), groups))
        if asked.keys() <= found.keys() or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert routes.misled(asked, found) == []
    return {route.path: found[request_id][1] for request_id, route in asked.items()}


def test_every_route_of_the_template_reaches_its_function(stack: LocalStack, gateway: httpx.Client) -> None:
    walked(stack, gateway, routes.of_template())


def test_every_operation_reaches_its_function_and_its_route(stack: LocalStack, gateway: httpx.Client) -> None:
    operations = routes.of_application()

    for path, route in walked(stack, gateway, operations).items():
        assert route.removeprefix("/api/v1").replace(":path", "") == path.removeprefix("/api/v1")


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_what_leads_to_no_route_still_reaches_the_application(gateway: httpx.Client, verb: str) -> None:
    answer = gateway.request(verb, "/no/such/path", headers={"X-Request-Id": "nowhere"})

    assert (answer.status_code, answer.headers["x-request-id"]) == (404, "nowhere")

"""The wait function's handler in a process of its own: what it loads, and how long it waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from functions.api.gateway import Handler, handler_of
from functions.api.waiting.routes import RESERVE_SECONDS
from tests.unit.api.support import Backend, token
from tests.unit.api.test_handler import EXECUTE_API, event, run
from tests.unit.api.waiting import Time, Work, parsed, submitted, wait_app


@dataclass
class Context:
    """An invocation with so many milliseconds left."""

    left: int

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def work(backend: Backend) -> Work:
    return submitted(backend)


@pytest.fixture
def handler(backend: Backend, time: Time) -> Iterator[Handler]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield handler_of(wait_app(backend, time))
    asyncio.set_event_loop(None)
    loop.close()


def asked(path: str) -> dict[str, object]:
    """Return an event of a caller who has seen the first state and event."""
    headers = {"Host": EXECUTE_API, "Authorization": f"Bearer {token()}", "Last-Event-ID": "1"}
    return event("GET", path, headers=headers | {"If-None-Match": '"1"'})


def test_it_loads_nothing_that_submitting_needs() -> None:
    script = f"""
import json, sys
from functions.api.waiting.handler import handler
answer = handler({event("GET", "/jobs/x/events")!r}, None)
heavy = ("boto3", "numpy", "httpx", "jwt", "functions.analyze", "shared.aws",
         "functions.api.app", "functions.api.submit", "functions.api.products", "functions.api.operators")
print()
print(json.dumps([answer["statusCode"], [name for name in sys.modules if name in heavy]]))
"""
    assert run(script) == [401, []]


def test_it_waits_on_aws_for_as_long_as_it_is_told() -> None:
    script = """
import json
from functions.api.waiting.handler import app
records, watch = app.state.services(), app.state.watch()
print()
print(json.dumps([type(records).__name__, type(records.jobs).__name__, watch.longest, watch.streams]))
"""
    assert run(script, WAIT_SECONDS="7", AWS_DEFAULT_REGION="eu-central-1") == [
        "Records",
        "DynamoJobs",
        7,
        False,
    ]


@pytest.mark.parametrize("path", ["events", "wait?"])
def test_a_wait_ends_before_its_invocation(handler: Handler, work: Work, time: Time, path: str) -> None:
    handler(asked(f"/jobs/{work.job_id}/{path.rstrip('?')}"), Context(9_000))
    assert time.now == pytest.approx(9 - RESERVE_SECONDS)


def test_an_invocation_about_to_end_answers_at_once(handler: Handler, work: Work, time: Time) -> None:
    answer = handler(asked(f"/jobs/{work.job_id}/events"), Context(500))
    assert (answer["statusCode"], time.slept) == (200, [])


def test_a_stream_is_text_to_the_gateway(handler: Handler, work: Work, time: Time) -> None:
    time.at(1.0, work.take)
    answer = handler(asked(f"/jobs/{work.job_id}/events"), Context(29_000))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert [each["id"] for each in parsed(answer["body"])] == [2]
    assert answer["headers"]["cache-control"] == "no-store"
    assert json.dumps(answer)

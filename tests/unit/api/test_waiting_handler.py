"""The wait function's handler: how long it waits, and how it answers gateway events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from functions.api.http.gateway import Handler, handler_of
from functions.api.waiting.routes import RESERVE_SECONDS
from tests.support.api.client import Backend, token
from tests.support.api.events import EXECUTE_API, event
from tests.support.api.waiting import Time, Work, parsed, submitted, wait_app


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


def request(path: str) -> dict[str, object]:
    """Return an event of a caller who has seen the first state and event."""
    headers = {"Host": EXECUTE_API, "Authorization": f"Bearer {token()}", "Last-Event-ID": "1"}
    return event("GET", path, headers=headers | {"If-None-Match": '"1"'})


@pytest.mark.parametrize("path", ["events", "wait?"])
def test_a_wait_ends_before_its_invocation(handler: Handler, work: Work, time: Time, path: str) -> None:
    handler(request(f"/jobs/{work.job_id}/{path.rstrip('?')}"), Context(9_000))
    assert time.now == pytest.approx(9 - RESERVE_SECONDS)


def test_an_invocation_about_to_end_answers_at_once(handler: Handler, work: Work, time: Time) -> None:
    answer = handler(request(f"/jobs/{work.job_id}/events"), Context(500))
    assert (answer["statusCode"], time.slept) == (200, [])


def test_a_stream_is_text_to_the_gateway(handler: Handler, work: Work, time: Time) -> None:
    time.at(1.0, work.take)
    answer = handler(request(f"/jobs/{work.job_id}/events"), Context(29_000))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert [each["id"] for each in parsed(answer["body"])] == [2]
    assert answer["headers"]["cache-control"] == "no-store"
    assert json.dumps(answer)

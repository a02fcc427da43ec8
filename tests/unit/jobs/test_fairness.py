"""Every message names its owner's group, whatever it is sent for: the queue serves owners in turn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.errors import TransientError
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending
from tests.support.worlds.runner import RunnerWorld, raising


@pytest.fixture
def shop() -> RunnerWorld:
    return RunnerWorld()


def sent(shop: RunnerWorld) -> list[tuple[str, str]]:
    return [(message.reason, message.group) for _, message in shop.queue.messages]


def test_retry(shop: RunnerWorld) -> None:
    job = shop.submit()
    shop.on("read", 1, raising(TransientError("aws-unavailable", "S3 answered 503.")))
    assert shop.deliver(job).ending is Ending.RETRYING
    assert sent(shop) == [("retry", JobMessage.about(job).group)]


def test_continuation(shop: RunnerWorld) -> None:
    job = shop.submit()
    assert shop.deliver(job, lambda: 1.0).ending is Ending.CONTINUED
    assert sent(shop) == [("continuation", JobMessage.about(job).group)]


def test_message_that_came_early(shop: RunnerWorld) -> None:
    job = shop.submit(not_before=shop.clock() + timedelta(minutes=5))
    assert shop.deliver(job).ending is Ending.IGNORED
    assert sent(shop) == [("early", JobMessage.about(job).group)]

"""Webhooks and notifications in memory."""

from __future__ import annotations

import pytest

from shared.errors import PermanentError, TransientError
from shared.memory.jobs import MemoryJobs
from shared.notifications.queue import announcer
from tests.contracts.jobs import FakeClock, new_job
from tests.contracts.notifications import NotificationsContract, WebhooksContract
from tests.support.memory.faulty import FaultyNotificationQueue
from tests.support.memory.notifications import MemoryNotifications, MemoryWebhooks


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestMemoryWebhooks(WebhooksContract):
    @pytest.fixture
    def store(self, clock: FakeClock) -> MemoryWebhooks:
        return MemoryWebhooks(clock)


class TestMemoryNotifications(NotificationsContract):
    @pytest.fixture
    def jobs(self, clock: FakeClock) -> MemoryJobs:
        return MemoryJobs(clock)

    @pytest.fixture
    def store(self, jobs: MemoryJobs) -> MemoryNotifications:
        return MemoryNotifications(jobs)


@pytest.mark.parametrize(
    "error", [TransientError("aws-unavailable", "x"), PermanentError("aws-refused", "x")]
)
def test_an_announcement_that_cannot_be_sent_changes_nothing(error: Exception) -> None:
    def fault(_name: str) -> None:
        raise error

    queue = FaultyNotificationQueue(fault=fault)
    announcer(queue)(new_job(FakeClock()))
    assert queue.messages == []

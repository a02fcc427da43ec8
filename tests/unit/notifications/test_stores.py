"""Webhooks and notifications in memory."""

from __future__ import annotations

import pytest

from shared.memory import MemoryJobs
from shared.notifications.memory import MemoryNotifications, MemoryWebhooks
from tests.notification_contract import NotificationsContract, WebhooksContract
from tests.store_contract import FakeClock


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

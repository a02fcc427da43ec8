from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import PermanentError, TransientError
from shared.jobs.lease import Heartbeat
from shared.memory.jobs import MemoryJobs

LEASE = timedelta(milliseconds=30)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Renewals(MemoryJobs):
    """Answers each renewal from a list; ``asked`` is set when the list is used up."""

    def __init__(self, *answers: bool | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.seen: list[tuple[str, int, datetime]] = []
        self.asked = threading.Event()

    def renew(self, job_id: str, fence: int, lease_until: datetime) -> bool:
        self.seen.append((job_id, fence, lease_until))
        answer = self.answers.pop(0) if self.answers else True
        if not self.answers:
            self.asked.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


def beat(store: Renewals) -> Heartbeat:
    with Heartbeat(store, "j1", 3, LEASE, lambda: NOW) as heartbeat:
        assert store.asked.wait(10)
    return heartbeat


def test_lease_is_renewed_while_the_work_lasts() -> None:
    store = Renewals(True, True, True)
    assert not beat(store).lost
    assert set(store.seen) == {("j1", 3, NOW + LEASE)}


@pytest.mark.parametrize(
    "error",
    [
        TransientError("aws-unavailable", "DynamoDB answered 500."),
        PermanentError("aws-refused", "DynamoDB refused the request."),
        ConnectionResetError(),
    ],
)
def test_store_that_fails_is_asked_again(error: Exception) -> None:
    store = Renewals(error, True)
    assert not beat(store).lost
    assert len(store.seen) >= 2


def test_lost_lease_is_told_and_not_asked_for_again() -> None:
    store = Renewals(True, False)
    assert beat(store).lost
    assert len(store.seen) == 2


def test_short_work_never_asks() -> None:
    store = Renewals()
    with Heartbeat(store, "j1", 1, timedelta(hours=1), lambda: NOW) as heartbeat:
        pass
    assert (store.seen, heartbeat.lost) == ([], False)

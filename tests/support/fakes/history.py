"""A job as its events alone tell it, to be compared with the record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.jobs.model import Event, Job, Status
from shared.jobs.states import CANCEL_ATTEMPTS, MAX_STALLED

TAKEN = {"started", "taken_over"}
LET_GO = {"worker_lost", "unlocked", "retrying", "continued", "paused", "completed", "failed", "cancelled"}
FENCING = {*TAKEN, "worker_lost", "unlocked"}
ATTEMPTS = {"taken_over", "worker_lost", "retrying"}
MOVES = {
    Status.QUEUED: {Status.QUEUED, Status.RUNNING, Status.PAUSED, Status.CANCELLED, Status.FAILED},
    Status.RUNNING: set(Status),
    Status.PAUSED: {Status.PAUSED, Status.QUEUED, Status.CANCELLED, Status.FAILED},
}


@dataclass(slots=True)
class Told:
    """What follows from a job's events, read in order."""

    version: int = 0
    status: Status = Status.QUEUED
    percent_complete: int = 0
    fence: int = 0
    attempt: int = 1
    units_done: int = 0
    leased: bool = False
    pause_requested: bool = False
    cancel_requested: bool = False

    @classmethod
    def by(cls, events: Iterable[Event]) -> Told:
        """Read a history."""
        told = cls()
        for event in events:
            told.read(event)
        return told

    @classmethod
    def of(cls, job: Job) -> Told:
        """Return the same of a record."""
        fields = {name: getattr(job, name) for name in cls.__slots__ if name != "leased"}
        return cls(**fields, leased=job.lease_until is not None)

    def read(self, event: Event) -> None:
        """Go on by one event."""
        assert event.number == self.version + 1, "a change without its event"
        assert event.progress >= self.percent_complete, "percent fell"
        self.version = event.number
        self.fence += event.type in FENCING
        self.fence += event.type == "resumed" and self.status is Status.PAUSED
        self.attempt += event.type in ATTEMPTS
        self.units_done += event.type == "progress"
        self.leased = (self.leased or event.type in TAKEN) and event.type not in LET_GO
        self.pause_requested |= event.type == "pause_requested"
        self.pause_requested &= event.type not in {"paused", "resumed"} and not event.status.terminal
        self.cancel_requested |= event.type == "cancel_requested"
        self.status, self.percent_complete = event.status, event.progress


def told_to_stop(events: Sequence[Event]) -> bool:
    """Say whether the worker had been asked to stop when it last wrote the record, and so had seen it.

    A request that was taken back meanwhile does not count: the worker hears of that when it obeys.
    """
    last = max(number for number, event in enumerate(events) if event.type in {*TAKEN, "progress"})
    moments = [Told.by(events[:number]) for number in range(last + 1, len(events) + 1)]
    return all(told.pause_requested or told.cancel_requested for told in moments)


def check_history(job: Job, events: Sequence[Event]) -> None:
    """Compare a record with its whole history."""
    assert Told.by(events) == Told.of(job)
    assert all(after.status in MOVES[before.status] for before, after in pairwise(events))
    assert sum(event.status.terminal for event in events) == job.status.terminal
    assert job.attempt <= job.max_attempts + (CANCEL_ATTEMPTS if job.cancel_requested else 0)
    assert job.stalled < MAX_STALLED


def check_moved_on(before: Job, now: Job) -> None:
    """Compare a record with itself at an earlier moment: what counts up never goes back."""
    assert not before.status.terminal or now == before, "a terminal job changed"
    assert now.fence >= before.fence
    assert now.version >= before.version
    assert now.percent_complete >= before.percent_complete
    assert now.units_done >= before.units_done
    assert now.attempt >= before.attempt
    assert now.cancel_requested >= before.cancel_requested

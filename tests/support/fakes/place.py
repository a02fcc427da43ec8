"""Where jobs live and are worked on, for tests that run on any stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.files.port import Files
from shared.jobs.runner import unlimited
from shared.jobs.store import JobStore
from shared.memory.files import MemoryFiles
from shared.memory.jobs import MemoryJobs
from tests.contracts.jobs import FakeClock
from tests.support.fakes.mail import Mail, MemoryMail


@dataclass(slots=True)
class Place:
    """Stores and a queue that tell the time by ``clock``."""

    clock: FakeClock
    store: JobStore
    files: Files
    mail: Mail


def memory_place() -> Place:
    """Return a place that is gone with the test."""
    clock = FakeClock()
    return Place(clock, MemoryJobs(clock), MemoryFiles(), MemoryMail(clock))


def time_for(units: int | None) -> Callable[[], float]:
    """Return the remaining time of an invocation that has enough for some units, or for all."""
    if units is None:
        return unlimited
    left = iter([100.0] * units)
    return lambda: next(left, 0.0)

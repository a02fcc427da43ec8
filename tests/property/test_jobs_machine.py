"""The machine of ``tests.jobs_machine`` on the stores in memory.

``HYPOTHESIS_PROFILE=long`` runs it for longer, on other examples each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from shared.memory import MemoryFiles, MemoryJobs
from tests.fakes.mail import MemoryMail
from tests.jobs_machine import JobsMachine, Place
from tests.store_contract import FakeClock

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def place() -> Place:
    clock = FakeClock()
    return Place(clock, MemoryJobs(clock), MemoryFiles(), MemoryMail(clock))


class MemoryMachine(JobsMachine):
    make_place = place


TestJobs = MemoryMachine.TestCase
TestJobs.settings = settings(
    max_examples=1500 if LONG else 200,
    stateful_step_count=50 if LONG else 30,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

"""The machine of ``tests.support.jobs_machine`` on the stores in memory.

``HYPOTHESIS_PROFILE=long`` runs it for longer, on other examples each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.support.fakes.place import memory_place
from tests.support.jobs_machine import JobsMachine

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


class MemoryMachine(JobsMachine):
    make_place = memory_place


TestJobs = MemoryMachine.TestCase
TestJobs.settings = settings(
    max_examples=1000 if LONG else 150,
    stateful_step_count=50 if LONG else 30,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

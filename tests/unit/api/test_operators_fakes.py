"""What operators' tests run on keeps the contracts of the real thing."""

from __future__ import annotations

import pytest

from shared.jobs.model import Kind
from tests.contracts.jobs import FakeClock
from tests.contracts.operations import AuditContract, Bury, DeadLettersContract, PassTime
from tests.support.fakes.operations import MemoryAudit, MemoryDeadLetters


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestMemoryAudit(AuditContract):
    @pytest.fixture
    def trail(self, clock: FakeClock) -> MemoryAudit:
        return MemoryAudit(clock)


class TestMemoryDeadLetters(DeadLettersContract):
    @pytest.fixture
    def letters(self, clock: FakeClock) -> MemoryDeadLetters:
        return MemoryDeadLetters(clock)

    @pytest.fixture
    def bury(self, letters: MemoryDeadLetters) -> Bury:
        return lambda body: letters.put(Kind.ANALYSIS, body)

    @pytest.fixture
    def pass_time(self, clock: FakeClock) -> PassTime:
        return lambda seconds: clock.advance(seconds=seconds)

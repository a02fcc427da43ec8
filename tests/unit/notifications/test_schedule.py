from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from shared.notifications.schedule import JITTER, PERSISTENCE, WAITS, next_attempt

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEADLINE = NOW + PERSISTENCE


@pytest.mark.parametrize("rand", [0.0, 0.5, 1.0])
def test_attempts_grow_rarer_and_fill_a_day(rand: float) -> None:
    now, moments = NOW, [NOW]
    while (after := next_attempt(len(moments), now, DEADLINE, rand=lambda: rand)) is not None:
        moments.append(now := after)
    gaps = [second - first for first, second in itertools.pairwise(moments)]
    assert moments[-1] == DEADLINE
    assert gaps[:-1] == sorted(gaps[:-1])
    assert 10 <= len(moments) <= 14


def test_waits_differ_so_that_receivers_are_not_met_by_all_at_once() -> None:
    assert next_attempt(1, NOW, DEADLINE, rand=lambda: 0.0) == NOW + WAITS[0] * (1 - JITTER)
    assert next_attempt(1, NOW, DEADLINE, rand=lambda: 1.0) == NOW + WAITS[0] * (1 + JITTER)


def test_the_receivers_wish_counts_where_it_is_the_longer_one() -> None:
    assert next_attempt(1, NOW, DEADLINE, timedelta(hours=3)) == NOW + timedelta(hours=3)
    assert next_attempt(5, NOW, DEADLINE, timedelta(seconds=1), lambda: 0.5) == NOW + WAITS[4]
    assert next_attempt(1, NOW, DEADLINE, timedelta(days=3)) == DEADLINE

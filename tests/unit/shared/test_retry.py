"""Waits between attempts, and those that a server asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.retry import MAX_RETRY_AFTER, RetryPolicy, backoff, jittered, retry_after

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_backoff_doubles_up_to_a_cap_with_jitter() -> None:
    assert [backoff(n, 2, 600, lambda: 1.0) for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert backoff(3, 2, 600, lambda: 0.0) == 4
    assert backoff(10_000, 2, 600, lambda: 1.0) == 600
    assert 1 <= backoff(1, 2, 600) <= 2


@pytest.mark.parametrize(("rand", "wait"), [(0.0, 8.0), (0.5, 10.0), (1.0, 12.0)])
def test_jitter_lies_between_its_bounds(rand: float, wait: float) -> None:
    assert jittered(10, 0.8, 1.2, lambda: rand) == pytest.approx(wait)


def test_policy_waits_longer_each_time_up_to_a_cap() -> None:
    policy = RetryPolicy(attempts=9, base=1, cap=8)
    assert [policy.wait(n, None, lambda: 1.0) for n in range(1, 9)] == [1, 2, 4, 8, 8, 8, 8, 8]
    assert [policy.wait(n, None, lambda: 0.0) for n in (1, 4)] == [0.5, 4]
    assert policy.wait(9, None) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("0.5", 0.5),
        ("99999999999999999999", MAX_RETRY_AFTER),
        ("Sat, 21 Nov 2026 12:05:00 GMT", 300),
        ("Sat, 21 Nov 2026 12:05:00 -0000", 300),
        ("Sat, 21 Nov 2026 13:05:00 +0100", 300),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2036 12:05:00 GMT", MAX_RETRY_AFTER),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", MAX_RETRY_AFTER),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, lambda: NOW) == seconds


def test_the_longest_wait_is_the_callers() -> None:
    assert retry_after("7200", lambda: NOW, longest=86_400) == 7200

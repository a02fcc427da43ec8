"""Seedings and cleanups on a real Directus that is killed, throttled and picky."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.analyze.seeding.rows import Rows
from shared.jobs import states
from shared.jobs.model import Kind, Status
from shared.jobs.runner import Ending, Remaining
from shared.jobs.store import edit
from tests.peers.directus import DirectusServer
from tests.peers.seeding import REQUESTS_OF_ANALYSIS, SAMPLE, Bench, ids, make_bench
from tests.support.paths import SAMPLES

LIMITS = "insurance_dcm_limit"
MAX_REQUESTS = 12
MANY = 150


@pytest.fixture
def bench(directus_server: DirectusServer) -> Bench:
    return make_bench(directus_server)


def contents(rows: Rows) -> Rows:
    """Return the rows less their date, which stays where nothing else changed."""
    return {
        name: {i: {k: v for k, v in row.items() if k != "extraction_date"} for i, row in table.items()}
        for name, table in rows.items()
    }


def units(count: int) -> Remaining:
    left = iter([100.0] * count)
    return lambda: next(left, 0.0)


def killed(server: DirectusServer, number: int) -> Callable[[int], None]:
    """Return a hook that kills the server at one request."""

    def kill(current: int) -> None:
        if current == number:
            server.kill()

    return kill


def test_a_document_of_many_rows_takes_few_requests_both_ways(bench: Bench) -> None:
    bench.attach(SAMPLES / "helvora-en.pdf")
    result = bench.seeded()
    written = sum(result["seeded"]["rows"].values())
    assert written > MANY
    seeding = bench.requests[REQUESTS_OF_ANALYSIS:]
    assert len(seeding) <= MAX_REQUESTS, bench.requests
    assert len(ids(bench.rows())) == written == result["seeded"]["create"]

    bench.requests.clear()
    assert bench.drain(bench.submit(Kind.CLEANUP)).status is Status.COMPLETED
    assert len(bench.requests) <= MAX_REQUESTS, bench.requests
    assert ids(bench.rows()) == set()


def test_the_same_again_writes_nothing(bench: Bench) -> None:
    bench.seeded()
    before = bench.rows()
    bench.requests.clear()
    assert bench.seeded()["seeded"]["create"] == 0
    assert not [request for request in bench.requests if "insurance_dcm" in request]
    assert bench.rows() == before


# Reading the product and its taxonomy are the first two requests, planning the third, three creations
# follow, and the verification.
@pytest.mark.parametrize("number", [3, 4, 6, 7])
def test_a_server_killed_while_seeding_loses_and_doubles_nothing(
    bench: Bench, directus_server: DirectusServer, number: int
) -> None:
    job = bench.submit()
    bench.before_request = killed(directus_server, number)
    assert bench.deliver(job).ending is Ending.RETRYING
    directus_server.restart()
    bench.clock.by += timedelta(minutes=1)
    done = bench.drain(job)
    assert (done.result or {})["seeding_success"] is True
    rows = contents(bench.rows())
    bench.before_request = lambda _number: None
    assert bench.seeded()["seeded"]["create"] == 0
    assert contents(bench.rows()) == rows


def test_a_server_killed_while_cleaning_up_loses_nothing_from_sight(
    bench: Bench, directus_server: DirectusServer
) -> None:
    bench.seeded()
    bench.requests.clear()
    job = bench.submit(Kind.CLEANUP)
    bench.before_request = killed(directus_server, 4)
    assert bench.deliver(job).ending is Ending.RETRYING
    directus_server.restart()
    bench.clock.by += timedelta(minutes=1)
    done = bench.drain(job)
    assert (done.result or {})["success"] is True
    assert ids(bench.rows()) == set()


def test_an_answer_that_was_lost_makes_no_duplicate(bench: Bench) -> None:
    """The rows are there already when the batch is sent again."""
    job = bench.submit()
    twice = bench.directus.create
    again: list[str] = []

    def create(collection: str, rows: Any) -> int:
        twice(collection, rows)
        again.append(collection)
        return twice(collection, rows)

    bench.directus.create = create  # type: ignore[method-assign]
    done = bench.drain(job)
    assert (done.result or {})["seeding_success"] is True
    assert len(again) == len(set(again)) == sum(bool(table) for table in bench.rows().values())


def test_a_cancelled_second_seeding_leaves_the_first_ones_rows(
    bench: Bench, directus_server: DirectusServer
) -> None:
    bench.seeded()
    limit = next(iter(bench.rows()[LIMITS]))
    directus_server.rest.patch(f"/items/{LIMITS}/{limit}", {"limit_value": 1, "description": "by hand"})
    before = bench.rows()
    bench.write_text(SAMPLE.replace("1,000", "1,100").replace("500", "600") + "\n\nWe insure your luggage.\n")
    job = bench.submit()
    prepared = 7 + 2  # up to the details, and the plan
    while bench.rows() == before:
        assert bench.deliver(job, units(prepared)).ending is Ending.CONTINUED
        prepared = 1
    edit(bench.store, job.job_id, lambda j: states.request_cancel(j, bench.clock(), "alice"))
    assert bench.drain(job).status is Status.CANCELLED
    assert bench.rows() == before


def test_a_row_that_directus_refuses_is_named_and_nothing_stays(
    bench: Bench, directus_server: DirectusServer
) -> None:
    bench.seeded()
    before = bench.rows()
    validation = {"validation": {"_and": [{"limit_unit": {"_neq": "hours"}}]}}
    directus_server.rest.patch(f"/fields/{LIMITS}/limit_unit", {"meta": validation})
    try:
        for row_id in before[LIMITS]:
            directus_server.rest.delete(f"/items/{LIMITS}/{row_id}")
        less = bench.rows()
        job = bench.drain(bench.submit())
    finally:
        directus_server.rest.patch(f"/fields/{LIMITS}/limit_unit", {"meta": {"validation": None}})
    assert job.status is Status.FAILED, job.result
    assert job.error is not None
    assert job.error["type"].endswith("seeding-rejected")
    assert "FAILED_VALIDATION (field limit_unit)" in job.error["detail"]
    assert LIMITS in job.error["detail"]
    assert bench.rows() == less
    bench.seeded()
    assert contents(bench.rows()) == contents(before)


def test_a_throttling_server_is_waited_for(bench: Bench, directus_server: DirectusServer) -> None:
    limited = {
        "RATE_LIMITER_ENABLED": "true",
        "RATE_LIMITER_STORE": "memory",
        "RATE_LIMITER_POINTS": "4",
        "RATE_LIMITER_DURATION": "3",
    }
    directus_server.restart(limited)
    try:
        job = bench.submit()
        outcome = bench.deliver(job)
        assert outcome.ending is Ending.RETRYING
        waits = [bench.store._jobs[job.job_id].message]
        for _ in range(20):
            stored = bench.store._jobs[job.job_id]
            if stored.status.terminal:
                break
            assert stored.not_before is not None
            wait = max((stored.not_before - bench.clock()).total_seconds(), 0)
            assert wait <= 10
            time.sleep(wait)  # the limiter's time is real
            bench.deliver(job)
            waits.append(bench.store._jobs[job.job_id].message)
    finally:
        directus_server.restart({"RATE_LIMITER_ENABLED": "false"})
    assert "Directus throttled; trying again" in waits
    assert (bench.store._jobs[job.job_id].result or {})["seeding_success"] is True
    assert bench.seeded()["seeded"]["create"] == 0

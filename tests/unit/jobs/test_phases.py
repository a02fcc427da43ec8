"""The phase of a job: from the stage that is worked on to the record, its events, and their items."""

from __future__ import annotations

import pytest

from shared.aws.dynamodb.job_items import event_from_item, event_to_item, job_from_item, job_to_item
from shared.aws.dynamodb.values import from_attributes, to_attributes
from shared.jobs import states
from shared.jobs.model import PAGES, Change, Phase
from tests.support import first_release
from tests.support.builders.job_records import LEASE, NOW, job, running


def progress() -> Change:
    """Return the change of a job that has recognised its last page."""
    return states.advance(
        running(),
        1,
        NOW,
        LEASE,
        stage="ocr",
        percent=40,
        current=2,
        total=2,
        phase=Phase("ocr_started", "ocr_completed", counts=PAGES),
    )


@pytest.mark.parametrize(
    ("current", "total", "expected"), [(0, 0, "started"), (1, 2, "started"), (2, 2, "over"), (3, 2, "over")]
)
def test_a_phase_is_over_with_its_last_step(current: int, total: int, expected: str) -> None:
    assert Phase("started", "over").at(current, total) == expected
    assert Phase("started").at(current, total) == "started"


def test_progress_carries_the_phase() -> None:
    change = progress()
    assert (change.job.phase, change.job.counted) == ("ocr_completed", PAGES)
    assert change.event.phase == "ocr_completed"
    paused = states.request_pause(change.job, NOW, "alice")
    assert paused.event.phase == "ocr_completed"


def test_it_is_stored_with_the_job_and_the_event() -> None:
    change = progress()
    record, event = (
        to_attributes(job_to_item(change.job)),
        to_attributes(event_to_item(change.event, change.job)),
    )
    assert job_from_item(from_attributes(record)) == change.job
    assert event_from_item(from_attributes(event)) == change.event


def test_records_and_events_of_the_first_release_are_read() -> None:
    items = [from_attributes(item) for item in first_release.ITEMS]
    jobs = [job_from_item(item) for item in items if item["sk"] == "JOB"]
    events = [event_from_item(item) for item in items if item["sk"].startswith("EVENT#")]
    assert any(each.current_stage for each in jobs)
    assert {(each.phase, each.counted) for each in jobs} == {("", "")}
    assert {each.phase for each in events} == {""}


def test_a_job_that_has_not_begun_has_no_phase() -> None:
    assert job().phase == ""

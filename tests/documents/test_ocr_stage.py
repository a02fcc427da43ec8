"""The stage of text recognition on the real runner: which pages it reads, pauses, continuations, refusals."""

from __future__ import annotations

import pytest

from shared.clock import utc_now
from shared.jobs import states
from shared.jobs.model import Status
from shared.jobs.runner import Ending
from shared.jobs.store import edit
from tests.support.builders.scans import BLANK, SCAN, TEXT, mixed, tiff
from tests.support.fakes.reader import HeartReader
from tests.support.worlds.scans import ScanWorld

READ = "Line one of the page line two of the page"


def test_only_the_pages_without_a_text_layer_are_read() -> None:
    reader = HeartReader()
    world = ScanWorld(reader)
    job = world.submit(mixed(TEXT, SCAN, TEXT, TEXT, SCAN, BLANK))
    assert world.invoke(job) is Ending.COMPLETED
    assert reader.pages == 2
    pages = world.pages(job)
    assert [text.replace("\n", " ") == READ for text in pages] == [False, True, False, False, True, False]
    assert pages[0].startswith("We pay for fire")
    assert pages[5] == ""
    assert world.now(job).result is not None
    events = [event for event in world.jobs.events(job.job_id, limit=100) if event.stage == "ocr"]
    assert [(event.current, event.total) for event in events if event.type == "progress"] == [(1, 2), (2, 2)]


def test_a_document_with_a_text_layer_has_no_such_stage() -> None:
    reader = HeartReader()
    world = ScanWorld(reader)
    job = world.submit(mixed(TEXT, TEXT))
    assert world.invoke(job) is Ending.COMPLETED
    assert reader.pages == 0


def test_a_long_scan_is_read_over_as_many_invocations_as_it_takes_each_page_once() -> None:
    reader = HeartReader()
    world = ScanWorld(reader)
    job = world.submit(tiff(25), "scan.tif")
    invocations = 1
    while (ending := world.invoke(job, units=10)) is Ending.CONTINUED:
        invocations += 1
    assert ending is Ending.COMPLETED
    assert invocations >= 5
    assert reader.pages == 25
    assert len(world.pages(job)) == 25


def test_a_pause_keeps_the_pages_that_were_read() -> None:
    world = ScanWorld()
    job = world.submit(tiff(6), "scan.tif")

    def pause(_pixels: object) -> None:
        if reader.pages == 2:
            edit(world.jobs, job.job_id, lambda job: states.request_pause(job, utc_now(), "u1"))

    reader = HeartReader(fault=pause)
    world.reader = reader
    assert world.invoke(job) is Ending.PAUSED
    assert world.now(job).status is Status.PAUSED
    assert reader.pages == 3
    edit(world.jobs, job.job_id, lambda job: states.request_resume(job, utc_now(), "u1"))
    assert world.invoke(job) is Ending.COMPLETED
    assert reader.pages == 6


@pytest.mark.parametrize(("data", "name"), [(mixed(TEXT, SCAN), "policy.pdf"), (tiff(2), "scan.tif")])
def test_without_an_engine_a_scan_fails_and_says_why(data: bytes, name: str) -> None:
    world = ScanWorld(None)
    job = world.submit(data, name)
    assert world.invoke(job) is Ending.FAILED
    error = world.now(job).error
    assert error is not None
    assert error["type"].endswith("ocr-unavailable")
    assert "OCR_ENGINE" in error["detail"]
    assert error["stage"] == "ocr"


def test_a_scan_of_empty_sheets_fails_for_want_of_text() -> None:
    world = ScanWorld(HeartReader(lines=()))
    job = world.submit(tiff(2), "scan.tif")
    assert world.invoke(job) is Ending.FAILED
    error = world.now(job).error
    assert error is not None
    assert error["type"].endswith("no-text")


def test_doubtful_pages_are_named_in_a_warning() -> None:
    world = ScanWorld(HeartReader(confidence=0.7))
    job = world.submit(mixed(TEXT, SCAN))
    assert world.invoke(job) is Ending.COMPLETED
    result = world.now(job).result
    assert result is not None
    assert result["warnings"] == ["Recognised with low confidence, check against the scan: page 2 (70%)."]

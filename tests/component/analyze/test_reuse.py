"""Identical bytes of one owner are extracted once; nobody else's, and nothing else, is ever taken over."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.analyze.document.model import Page
from functions.analyze.extract.guarded import GuardedSource
from functions.analyze.pipeline import reading, workflow
from shared.clock import utc_now
from shared.documents.extractions import keys_of
from shared.documents.model import DocumentRecord, Extraction
from shared.errors import TransientError
from shared.files import keys
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner, Status
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending
from tests.support.worlds.analysis import POLICY, PublishingWorld

ALICE, BOB = Owner("directus", "alice"), Owner("directus", "bob")


@dataclass
class Shelf(PublishingWorld):
    """A library of several documents, which counts what is opened and how many pages are extracted."""

    counted: Counter[str] = field(default_factory=Counter)

    def submit_upload(
        self,
        document_id: str,
        text: str = POLICY,
        *,
        owner: Owner = ALICE,
        name: str = "policy.md",
        by: Owner | None = None,
        **params: Any,
    ) -> Job:
        """Store an upload of ``owner`` and submit its analysis in the name of ``by``."""
        data = text.encode()
        record = DocumentRecord(document_id, owner, name, "text/markdown", utc_now())
        stored = self.files.put(record.key, data, "text/markdown")
        self.documents.put(record)
        pinned = {
            "document_id": document_id,
            "document_key": stored.key,
            "document_version": stored.version_id,
            "document_sha256": hashlib.sha256(data).hexdigest(),
            "file_name": name,
            "media_type": "text/markdown",
            "engine": "words",
            "export": True,
        }
        now = utc_now()
        job = Job(uuid7(), Kind.ANALYSIS, by or owner, pinned | params, now, now)
        return self.jobs.create(states.submitted(job, "u1"))

    def analyse(self, document_id: str, text: str = POLICY, **how: Any) -> Job:
        ended = self.deliver(self.submit_upload(document_id, text, **how)).job
        assert ended is not None
        assert ended.status is Status.COMPLETED, ended.error
        return ended

    def files_of(self, job: Job) -> dict[str, bytes]:
        return {name: self.files.get(one.key) for name, one in job.artifacts.items()}

    def reading(self, document_id: str) -> Extraction:
        record = self.documents.get(document_id)
        assert record is not None
        assert record.latest_extraction is not None
        return record.latest_extraction

    def read_all(self, document_id: str) -> list[bytes]:
        """Return the document, its passages and its pages, as they were published."""
        about, *said = keys_of(self.reading(document_id))
        assert about.endswith("about.json")
        return [self.files.get(key) for key in said]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    world = Shelf()

    class Counting(GuardedSource):
        def __init__(self, *arguments: Any) -> None:
            world.counted["opened"] += 1
            super().__init__(*arguments)

        def pages(self, first: int, last: int) -> list[Page]:
            world.counted["pages"] += last - first + 1
            return super().pages(first, last)

    monkeypatch.setattr(reading, "GuardedSource", Counting)
    return world


def test_the_second_upload_of_the_same_file_is_not_extracted_again(shelf: Shelf) -> None:
    first = shelf.analyse("d1")
    before = Counter(shelf.counted)
    assert before["pages"] == 1
    second = shelf.analyse("d2")
    assert shelf.counted == before
    assert shelf.files_of(second) == shelf.files_of(first)
    assert shelf.read_all("d2") == shelf.read_all("d1")
    result, earlier = dict(second.result or {}), dict(first.result or {})
    assert (result.pop("document_id"), earlier.pop("document_id")) == ("d2", "d1")
    assert result == earlier


def test_the_same_document_analysed_again_is_not_extracted_again_either(shelf: Shelf) -> None:
    first, second = shelf.analyse("d1"), shelf.analyse("d1")
    assert shelf.counted["pages"] == 1
    assert shelf.files_of(second) == shelf.files_of(first)


def test_never_across_owners(shelf: Shelf) -> None:
    shelf.analyse("d1", owner=ALICE)
    shelf.analyse("d2", owner=BOB)
    assert shelf.counted["pages"] == 2


def test_it_counts_whose_the_document_is_and_not_who_has_it_analysed(shelf: Shelf) -> None:
    shelf.analyse("d1", owner=ALICE)
    shelf.analyse("d2", owner=BOB, by=ALICE)
    assert shelf.counted["pages"] == 2
    shelf.analyse("d3", owner=ALICE, by=BOB)
    assert shelf.counted["pages"] == 2


def test_the_same_name_with_other_content_is_another_document(shelf: Shelf) -> None:
    shelf.analyse("d1")
    second = shelf.analyse("d2", POLICY.replace("500", "700"))
    assert shelf.counted["pages"] == 2
    assert b"700" in shelf.files_of(second)["pages.json"]
    assert shelf.reading("d2").sha256 != shelf.reading("d1").sha256


@pytest.mark.parametrize(
    "changed", [{"language": "fr"}, {"no_cache": True}, {"debug": True}, {"name": "policy.txt"}], ids=str
)
def test_other_settings_are_worked_out_anew(shelf: Shelf, changed: dict[str, Any]) -> None:
    shelf.analyse("d1")
    shelf.analyse("d2", **changed)
    assert shelf.counted["pages"] == 2


def test_another_revision_is_worked_out_anew(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.analyse("d1")
    monkeypatch.setattr(workflow.AnalysisWorkflow, "revision", workflow.AnalysisWorkflow.revision + 1)
    shelf.analyse("d2")
    assert shelf.counted["pages"] == 2


def test_passages_of_another_size_are_cut_anew_from_the_same_pages(shelf: Shelf) -> None:
    text = "\n\n".join(f"Clause {number}. " + "We pay for fire. " * 20 for number in range(20))
    shelf.analyse("d1", text)
    shelf.analyse("d2", text, chunk_size=100, chunk_overlap=0)
    assert shelf.counted["pages"] == shelf.reading("d1").page_count
    assert shelf.reading("d2").chunks > shelf.reading("d1").chunks
    fresh = Shelf()
    fresh.analyse("d2", text, chunk_size=100, chunk_overlap=0)
    assert fresh.read_all("d2") == shelf.read_all("d2")


def test_deleting_the_first_leaves_the_second_whole(shelf: Shelf) -> None:
    shelf.analyse("d1")
    second = shelf.analyse("d2")
    whole, results = shelf.read_all("d2"), shelf.files_of(second)
    record = shelf.documents.get("d1")
    assert record is not None
    shelf.documents.begin_deletion("d1", utc_now())
    shelf.files.delete_prefix(record.prefix)
    shelf.documents.delete("d1")
    assert (shelf.read_all("d2"), shelf.files_of(second)) == (whole, results)
    shelf.analyse("d3")
    assert shelf.counted["pages"] == 1


@pytest.mark.parametrize("hidden", [True, False], ids=["deleted", "files gone"])
def test_what_is_gone_is_not_taken_over(shelf: Shelf, *, hidden: bool) -> None:
    shelf.analyse("d1")
    if hidden:
        shelf.documents.begin_deletion("d1", utc_now())
    else:
        shelf.files.delete_prefix("documents/d1/understood/")
    shelf.analyse("d2")
    assert shelf.counted["pages"] == 2


def test_the_other_document_may_go_while_the_job_is_under_way(shelf: Shelf) -> None:
    first = shelf.analyse("d1")
    failures = iter([True])

    def delete(operation: str) -> None:
        # The pages are known by then; the engine has not begun.
        if operation == "segments" and next(failures, False):
            shelf.files.delete_prefix("documents/d1/")
            shelf.documents.delete("d1")
            raise TransientError("x", "x")

    shelf.engine.fault = delete
    job = shelf.submit_upload("d2")
    assert shelf.deliver(job).ending is Ending.RETRYING
    later = shelf.runner(lambda: utc_now() + timedelta(minutes=5))
    found = later.handle(JobMessage(job.job_id, Kind.ANALYSIS)).job
    assert found is not None
    assert found.status is Status.COMPLETED
    assert shelf.counted["pages"] == 1
    assert shelf.files_of(found)["result.json"] == shelf.files_of(first)["result.json"]


def test_the_files_of_both_are_apart(shelf: Shelf) -> None:
    shelf.analyse("d1")
    shelf.analyse("d2")
    for document_id in ("d1", "d2"):
        said = shelf.reading(document_id)
        assert said.original_key == f"documents/{document_id}/original"
        assert said.prefix.startswith(keys.extractions_prefix(document_id, said.job_id))

"""What every store of documents has to do: the same tests for the one in memory and the one on DynamoDB.

A test class inherits ``DocumentStoreContract`` and offers the fixtures ``documents``, ``jobs`` and ``clock``.
Ids and owners are new in every test, so that tests can share a table.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.documents.model import (
    DELETION_DELAY,
    REMOVAL_DELAY,
    DocumentGoneError,
    DocumentRecord,
    DocumentStore,
    Extraction,
)
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Owner
from shared.jobs.states import FencedError
from shared.jobs.store import JobStore, edit
from tests.contracts.jobs import LEASE, FakeClock, new_job, submit


def new_document(clock: FakeClock, owner: str = "", **fields: Any) -> DocumentRecord:
    """Return a document that is not stored yet; its owner is nobody else's unless named."""
    whose = Owner("directus", owner or uuid7(), "team")
    return DocumentRecord(uuid7(), whose, "Ü.pdf", "application/pdf", clock.now, **fields)


def taken(jobs: JobStore, clock: FakeClock, **fields: Any) -> Job:
    """Return a job that a worker has."""
    job = submit(jobs, new_job(clock, **fields))
    return edit(jobs, job.job_id, lambda j: states.take(j, clock.now, "w", LEASE))


def reading(document: DocumentRecord, job: Job, **fields: Any) -> Extraction:
    """Return what a job may have understood of a document."""
    said: dict[str, Any] = {
        "document_id": document.document_id,
        "job_id": job.job_id,
        "fence": job.fence,
        "at": job.updated_at,
        "sha256": "ab" * 32,
        "media_type": "application/pdf",
        "recipe": "r1",
        "page_count": 3,
        "language": "de",
        "title": "Allgemeine Bedingungen – “Größe”",
        "headings": 7,
        "chunks": 11,
        "chunk_size": 800,
        "chunk_overlap": 80,
        "ocr_pages": (2, 3),
    }
    return Extraction(**said | fields)


class DocumentStoreContract:
    """See the module."""

    def test_a_document_is_read_as_it_was_written(self, documents: DocumentStore, clock: FakeClock) -> None:
        expiry = clock.now + timedelta(days=1)
        fields: dict[str, Any] = {"version_id": "v1", "sha256": "00", "size": 7, "case_id": "c"}
        document = new_document(clock, **fields, product_id="p1", expires_at=expiry)
        assert documents.get(document.document_id) is None
        documents.put(document)
        assert documents.get(document.document_id) == document
        changed = replace(document, sha256="01")
        documents.put(changed)
        assert documents.get(document.document_id) == changed
        documents.delete(document.document_id)
        documents.delete(document.document_id)
        assert documents.get(document.document_id) is None

    def test_an_expired_document_is_gone(self, documents: DocumentStore, clock: FakeClock) -> None:
        document = new_document(clock, expires_at=clock.now + timedelta(hours=1))
        documents.put(document)
        clock.advance(hours=1)
        assert documents.get(document.document_id) is None
        assert documents.expired(document.document_id) == document

    def test_expired_documents_are_listed_for_removal_a_while_later(
        self, documents: DocumentStore, clock: FakeClock
    ) -> None:
        now = clock.now
        moments = [now - REMOVAL_DELAY - timedelta(days=1), now - REMOVAL_DELAY, now, now + timedelta(days=1)]
        stored = [new_document(clock, expires_at=moment) for moment in moments]
        unlimited = new_document(clock)
        for document in (*stored, unlimited):
            documents.put(document)
        mine = [document.document_id for document in stored]
        listed = [name for name in documents.to_remove(now, 10_000) if name in {*mine, unlimited.document_id}]
        assert listed == mine[:2]
        assert len(documents.to_remove(now, 1)) == 1
        assert [documents.expired(name) for name in mine] == [*stored[:3], None]
        assert documents.expired(unlimited.document_id) is None
        assert documents.expired(uuid7()) is None
        documents.delete(mine[0])
        assert mine[0] not in documents.to_remove(now, 10_000)

    # --- Deletion ----------------------------------------------------------------------------------

    def test_a_deleted_document_is_hidden_at_once_and_removed_soon(
        self, documents: DocumentStore, clock: FakeClock
    ) -> None:
        document = new_document(clock, expires_at=clock.now + timedelta(days=90))
        documents.put(document)
        began = clock.now
        documents.begin_deletion(document.document_id, began)
        clock.advance(seconds=1)
        documents.begin_deletion(document.document_id, clock.now)
        assert documents.get(document.document_id) is None
        assert documents.expired(document.document_id) == replace(
            document, deleted_at=began, expires_at=began
        )
        soon = began + DELETION_DELAY
        assert document.document_id not in documents.deleted(soon - timedelta(seconds=1), 10_000)
        assert document.document_id in documents.deleted(soon, 10_000)
        assert document.document_id not in documents.to_remove(soon + REMOVAL_DELAY, 10_000)
        documents.delete(document.document_id)
        assert documents.expired(document.document_id) is None

    def test_a_person_s_deletion_takes_the_place_of_the_mark_of_an_emptied_one(
        self, documents: DocumentStore, clock: FakeClock
    ) -> None:
        document = new_document(clock, product_id="p1")
        documents.put(document)
        for emptied in (True, True, False, True):
            clock.advance(seconds=1)
            moment = clock.now
            before = documents.expired(document.document_id)
            changes = before is None or (before.emptied and not emptied)
            if emptied:
                assert documents.mark_emptied(document.document_id, moment) is changes
            else:
                documents.begin_deletion(document.document_id, moment)
            after = documents.expired(document.document_id)
            marked = replace(document, deleted_at=moment, expires_at=moment, emptied=emptied)
            assert after == (marked if changes else before)
        with pytest.raises(DocumentGoneError):
            documents.put(document)
        listed = documents.deleted(clock.now + DELETION_DELAY, 10_000)
        assert listed.count(document.document_id) == 1

    def test_what_is_understood_by_now_is_not_emptied(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        document = new_document(clock, product_id="p1")
        assert not documents.mark_emptied(document.document_id, clock.now)
        job = taken(jobs, clock)
        documents.publish(reading(document, job), document)
        assert not documents.mark_emptied(document.document_id, clock.now)
        assert documents.get(document.document_id) is not None
        documents.withdraw(document.document_id, job.job_id)
        assert documents.mark_emptied(document.document_id, clock.now)
        assert documents.get(document.document_id) is None

    def test_nothing_brings_a_deleted_document_back(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        document = new_document(clock)
        documents.put(document)
        documents.begin_deletion(document.document_id, clock.now)
        said = reading(document, taken(jobs, clock))
        with pytest.raises(DocumentGoneError):
            documents.put(document)
        for product in (None, document):
            with pytest.raises(DocumentGoneError):
                documents.publish(said, product)
        found = documents.expired(document.document_id)
        assert found is not None
        assert found.extractions == ()
        documents.delete(document.document_id)
        with pytest.raises(DocumentGoneError):
            documents.publish(said)

    def test_what_is_not_there_is_not_deleted(self, documents: DocumentStore, clock: FakeClock) -> None:
        document_id = uuid7()
        documents.begin_deletion(document_id, clock.now)
        assert documents.expired(document_id) is None
        tomorrow = clock.now + timedelta(days=1)
        assert document_id not in documents.to_remove(tomorrow, 10_000)
        assert document_id not in documents.deleted(tomorrow, 10_000)

    # --- What was understood -----------------------------------------------------------------------

    def test_the_newest_analysis_counts_whoever_was_last(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        document = new_document(clock)
        documents.put(document)
        ids = sorted(uuid7() for _ in range(2))
        first, second = (taken(jobs, clock, job_id=job_id) for job_id in ids)
        documents.publish(reading(document, second))
        documents.publish(reading(document, first))
        found = documents.get(document.document_id)
        assert found is not None
        assert found.extractions == (reading(document, first), reading(document, second))
        assert found.latest_extraction == reading(document, second)
        documents.put(replace(document, sha256="01"))
        assert documents.get(document.document_id) == replace(found, sha256="01")
        documents.withdraw(document.document_id, second.job_id)
        documents.withdraw(document.document_id, second.job_id)
        found = documents.get(document.document_id)
        assert found is not None
        assert found.latest_extraction == reading(document, first)

    def test_a_job_publishes_over_itself(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        document = new_document(clock)
        documents.put(document)
        job = taken(jobs, clock)
        documents.publish(reading(document, job))
        documents.publish(reading(document, job, page_count=4))
        found = documents.get(document.document_id)
        assert found is not None
        assert [one.page_count for one in found.extractions] == [4]

    def test_a_worker_that_lost_the_job_publishes_nothing(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        document = new_document(clock)
        documents.put(document)
        late = taken(jobs, clock)
        clock.advance(seconds=2 * LEASE.total_seconds())
        held = edit(jobs, late.job_id, lambda j: states.take(j, clock.now, "w2", LEASE))
        documents.publish(reading(document, held))
        with pytest.raises(FencedError):
            documents.publish(reading(document, late, page_count=9))
        edit(jobs, late.job_id, lambda j: states.complete(j, held.fence, clock.now, {}, {}))
        with pytest.raises(FencedError):
            documents.publish(reading(document, held, page_count=9))
        found = documents.get(document.document_id)
        assert found is not None
        assert found.latest_extraction == reading(document, held)

    def test_the_record_of_a_product_s_document_comes_with_what_was_understood(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        document, job = new_document(clock, product_id="p1"), taken(jobs, clock)
        documents.publish(reading(document, job), document)
        found = replace(document, extractions=(reading(document, job),))
        assert documents.get(document.document_id) == found
        longer = replace(document, expires_at=clock.now + timedelta(days=2))
        documents.publish(reading(document, job), longer)
        assert documents.get(document.document_id) == replace(found, expires_at=longer.expires_at)

    # --- The same content --------------------------------------------------------------------------

    def test_the_same_content_is_found_for_one_owner_only(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        owner, sha256 = uuid7(), uuid7()
        mine = [new_document(clock, owner) for _ in range(2)]
        theirs = new_document(clock)
        said = {}
        for document in (*mine, theirs):
            documents.put(document)
            said[document.document_id] = reading(document, taken(jobs, clock), sha256=sha256)
            documents.publish(said[document.document_id])
        other = reading(mine[0], taken(jobs, clock), sha256=sha256, recipe="r2")
        documents.publish(other)
        expected = sorted((said[d.document_id] for d in mine), key=lambda one: one.job_id)
        whose = mine[0].owner
        assert documents.same_content(whose, sha256, "r1") == expected
        assert documents.same_content(whose, sha256, "r2") == [other]
        assert documents.same_content(theirs.owner, sha256, "r1") == [said[theirs.document_id]]
        assert documents.same_content(theirs.owner, sha256, "r2") == []
        assert documents.same_content(whose, uuid7(), "r1") == []

    def test_content_is_not_found_any_more_once_it_went(
        self, documents: DocumentStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        owner, sha256 = uuid7(), uuid7()
        kept, marked, removed, expired, withdrawn = (
            new_document(clock, owner, expires_at=clock.now + timedelta(hours=hours))
            for hours in (9, 9, 9, 1, 9)
        )
        for document in (kept, marked, removed, expired, withdrawn):
            documents.put(document)
            said = reading(document, taken(jobs, clock), sha256=sha256)
            documents.publish(said)
        documents.withdraw(withdrawn.document_id, said.job_id)
        documents.begin_deletion(marked.document_id, clock.now)
        documents.delete(removed.document_id)
        clock.advance(hours=1)
        found = documents.same_content(kept.owner, sha256, "r1")
        assert [one.document_id for one in found] == [kept.document_id]

"""What every shelf has to do: the same tests for the one in memory and the one on DynamoDB.

A test class inherits ``ShelfContract`` and offers the fixture ``shop``, a ``Shop``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.documents.model import DocumentGoneError, DocumentRecord
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Kind, Owner
from shared.jobs.states import FencedError
from shared.jobs.store import JobStore, edit
from shared.search.index import IndexEntry, SearchIndexStore, SupersededError
from tests.contracts.jobs import LEASE, FakeClock, new_job, submit


@dataclass
class Shop:
    """A shelf, with jobs that are worked on and documents that are there."""

    shelf: SearchIndexStore
    jobs: JobStore
    put_document: Callable[[DocumentRecord], None]
    delete_document: Callable[[str], None]
    clock: FakeClock

    def entry(self, owner: Owner, document_id: str = "", **fields: object) -> IndexEntry:
        """Return an entry that a worker is about to put: its job is taken, its document is there."""
        job = new_job(self.clock, owner.subject, kind=Kind.OUTPUT)
        submit(self.jobs, replace(job, owner=owner))
        taken = edit(self.jobs, job.job_id, lambda j: states.take(j, self.clock(), "w", LEASE))
        if not document_id:
            document_id = uuid7()
            self.put_document(DocumentRecord(document_id, owner, "a.pdf", "application/pdf", self.clock()))
        known = {"language": "de", "file_name": "Police «ä».pdf", "case_id": "c1", "product_id": "p1"}
        entry = IndexEntry(owner, document_id, job.job_id, taken.fence, uuid7(), "words", 7, **known)  # type: ignore[arg-type]
        return replace(entry, **fields)  # type: ignore[arg-type]


class ShelfContract:
    """See the module."""

    def test_an_entry_is_read_as_it_was_written(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7(), "blue")
        entry = shop.entry(owner, expires_at=shop.clock() + timedelta(days=1))
        assert shop.shelf.put(entry) is None
        assert shop.shelf.find(owner, entry.document_id) == entry
        assert shop.shelf.entries(owner) == [entry]

    def test_each_owner_has_their_own(self, shop: Shop) -> None:
        one, other = Owner("directus", uuid7()), Owner("directus", uuid7())
        entry = shop.entry(one)
        shop.shelf.put(entry)
        assert shop.shelf.entries(other) == []
        assert shop.shelf.find(other, entry.document_id) is None
        shop.shelf.remove(other, entry.document_id)
        assert shop.shelf.entries(one) == [entry]
        assert shop.shelf.entries(Owner("directus|" + one.subject, "")) == []

    def test_the_counter_rises_with_every_change(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7())
        seen = [shop.shelf.version(owner)]
        entry = shop.entry(owner)
        shop.shelf.put(entry)
        seen.append(shop.shelf.version(owner))
        shop.shelf.put(entry)
        seen.append(shop.shelf.version(owner))
        shop.shelf.remove(owner, entry.document_id)
        seen.append(shop.shelf.version(owner))
        assert seen[0] == 0
        assert seen == sorted(set(seen))

    def test_a_newer_index_takes_the_place_of_an_older_one_and_never_the_other_way(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7())
        older = shop.entry(owner, source_job_id="analysis 1")
        newer = shop.entry(owner, older.document_id, source_job_id="analysis 2")
        shop.shelf.put(older)
        assert shop.shelf.put(newer) == older
        with pytest.raises(SupersededError):
            shop.shelf.put(older)
        assert shop.shelf.entries(owner) == [newer]

    def test_a_late_worker_and_a_deleted_document_are_refused(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7())
        late, gone = shop.entry(owner), shop.entry(owner)
        edit(shop.jobs, late.job_id, lambda j: states.unlock(j, shop.clock(), "root"))
        with pytest.raises(FencedError):
            shop.shelf.put(late)
        shop.delete_document(gone.document_id)
        with pytest.raises(DocumentGoneError):
            shop.shelf.put(gone)
        assert shop.shelf.entries(owner) == []

    def test_removal_can_be_repeated_and_be_of_one_job_only(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7())
        entry = shop.entry(owner)
        shop.shelf.put(entry)
        shop.shelf.remove(owner, entry.document_id, "another job")
        assert shop.shelf.entries(owner) == [entry]
        shop.shelf.remove(owner, entry.document_id, entry.job_id)
        shop.shelf.remove(owner, entry.document_id, entry.job_id)
        assert shop.shelf.entries(owner) == []

    def test_expired_entries_are_not_shown(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7())
        shop.shelf.put(shop.entry(owner, expires_at=shop.clock() + timedelta(hours=1)))
        shop.clock.advance(hours=1)
        assert shop.shelf.entries(owner) == []

    def test_many_put_at_the_same_moment(self, shop: Shop) -> None:
        owner = Owner("directus", uuid7())
        entries = [shop.entry(owner) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(shop.shelf.put, entries))
        assert len(shop.shelf.entries(owner)) == 4
        assert shop.shelf.version(owner) == 4

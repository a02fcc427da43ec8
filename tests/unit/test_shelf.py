"""The contract of shelves, in memory."""

from __future__ import annotations

import pytest

from shared.jobs.store import JobStore
from shared.memory.jobs import MemoryJobs
from shared.search.index import IndexEntry
from tests.contracts.jobs import FakeClock
from tests.contracts.search_index import ShelfContract, Shop
from tests.support.memory.documents import MemoryDocuments
from tests.support.memory.search_index import MemorySearchIndex


class TestMemoryShelf(ShelfContract):
    @pytest.fixture
    def shop(self) -> Shop:
        clock = FakeClock()
        jobs: JobStore = MemoryJobs(clock)
        documents = MemoryDocuments(clock)

        def held(entry: IndexEntry) -> bool:
            job = jobs.get(entry.job_id)
            return job is not None and job.fence == entry.fence and job.lease_until is not None

        def there(entry: IndexEntry) -> bool:
            return documents.get(entry.document_id) is not None

        shelf = MemorySearchIndex(clock, held, there)
        return Shop(shelf, jobs, documents.put, documents.delete, clock)

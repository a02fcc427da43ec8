"""The records of documents in memory; see ``shared.memory.jobs``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.clock import Clock, utc_now
from shared.documents.model import DocumentGoneError, DocumentRecord, Extraction
from shared.jobs.model import Owner
from shared.jobs.states import FencedError
from shared.jobs.store import JobStore


@dataclass(slots=True)
class MemoryDocuments:
    """A store of document records in memory; without ``jobs`` whoever publishes holds the job."""

    clock: Clock = utc_now
    fault: Callable[[str], None] = lambda _operation: None
    jobs: JobStore | None = None
    _documents: dict[str, DocumentRecord] = field(default_factory=dict)
    _readings: dict[str, dict[str, Extraction]] = field(default_factory=dict)

    def put(self, document: DocumentRecord) -> None:
        """See DocumentStore."""
        self.fault("documents.put")
        self._put(document)

    def get(self, document_id: str) -> DocumentRecord | None:
        """See DocumentStore."""
        self.fault("documents.get")
        found = self._read(document_id)
        return None if found is None or found.expired(self.clock()) else found

    def expired(self, document_id: str) -> DocumentRecord | None:
        """See DocumentStore."""
        self.fault("documents.expired")
        found = self._read(document_id)
        return found if found is not None and found.expired(self.clock()) else None

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """See DocumentStore."""
        self.fault("documents.to_remove")
        return self._due(now, limit, deleted=False)

    def deleted(self, now: datetime, limit: int) -> list[str]:
        """See DocumentStore."""
        self.fault("documents.deleted")
        return self._due(now, limit, deleted=True)

    def delete(self, document_id: str) -> None:
        """See DocumentStore."""
        self.fault("documents.delete")
        self._readings.pop(document_id, None)
        self._documents.pop(document_id, None)

    def begin_deletion(self, document_id: str, now: datetime) -> None:
        """See DocumentStore."""
        self.fault("documents.begin_deletion")
        found = self._documents.get(document_id)
        if found is not None and (found.deleted_at is None or found.emptied):
            self._documents[document_id] = replace(found, deleted_at=now, expires_at=now, emptied=False)

    def mark_emptied(self, document_id: str, now: datetime) -> bool:
        """See DocumentStore."""
        self.fault("documents.mark_emptied")
        found = self._documents.get(document_id)
        if found is None or found.deleted_at is not None or self._readings.get(document_id):
            return False
        self._documents[document_id] = replace(found, deleted_at=now, expires_at=now, emptied=True)
        return True

    def publish(self, understood: Extraction, product: DocumentRecord | None = None) -> None:
        """See DocumentStore."""
        self.fault("documents.publish")
        if not self._holds(understood.job_id, understood.fence):
            raise FencedError("another worker has the job")
        if product is not None:
            self._put(product)
        found = self._documents.get(understood.document_id)
        if found is None or found.deleted_at is not None:
            raise DocumentGoneError(understood.document_id)
        self._readings.setdefault(understood.document_id, {})[understood.job_id] = understood

    def withdraw(self, document_id: str, job_id: str) -> None:
        """See DocumentStore."""
        self.fault("documents.withdraw")
        self._readings.get(document_id, {}).pop(job_id, None)

    def same_content(self, owner: Owner, sha256: str, recipe: str) -> list[Extraction]:
        """See DocumentStore."""
        self.fault("documents.same_content")
        found = (self._read(document_id) for document_id in self._documents)
        mine = (d for d in found if d and d.owner.key == owner.key and not d.expired(self.clock()))
        same = [r for d in mine for r in d.extractions if (r.sha256, r.recipe) == (sha256, recipe)]
        return sorted(same, key=lambda reading: reading.job_id)

    def _due(self, now: datetime, limit: int, *, deleted: bool) -> list[str]:
        listed = [d for d in self._documents.values() if (d.deleted_at is not None) is deleted]
        moments = [(moment, d.document_id) for d in listed if (moment := d.remove_at) is not None]
        return [document_id for moment, document_id in sorted(moments) if moment <= now][:limit]

    def _read(self, document_id: str) -> DocumentRecord | None:
        found = self._documents.get(document_id)
        readings = sorted(self._readings.get(document_id, {}).items())
        return None if found is None else replace(found, extractions=tuple(one for _, one in readings))

    def _put(self, document: DocumentRecord) -> None:
        before = self._documents.get(document.document_id)
        if before is not None and before.deleted_at is not None:
            raise DocumentGoneError(document.document_id)
        self._documents[document.document_id] = replace(document, extractions=())

    def _holds(self, job_id: str, fence: int) -> bool:
        if self.jobs is None:
            return True
        job = self.jobs.get(job_id)
        return job is not None and job.fence == fence and job.lease_until is not None

"""A shelf in memory; see ``shared.memory.jobs``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.clock import Clock, utc_now
from shared.documents.model import DocumentGoneError
from shared.jobs.model import Owner
from shared.jobs.states import FencedError
from shared.search.index import IndexEntry, SupersededError


def _always(_entry: IndexEntry) -> bool:
    return True


@dataclass(slots=True)
class MemorySearchIndex:
    """See Shelf; ``held`` and ``there`` tell what the table checks: the job's claim, and the document."""

    clock: Clock = utc_now
    held: Callable[[IndexEntry], bool] = _always
    there: Callable[[IndexEntry], bool] = _always
    _entries: dict[tuple[str, str], IndexEntry] = field(default_factory=dict)
    _versions: Counter[str] = field(default_factory=Counter)

    def put(self, entry: IndexEntry) -> IndexEntry | None:
        """See Shelf."""
        if not self.held(entry):
            raise FencedError("another worker has the job")
        if not self.there(entry):
            raise DocumentGoneError(entry.document_id)
        key = (entry.owner.key, entry.document_id)
        earlier = self._entries.get(key)
        if earlier is not None and earlier.source_job_id > entry.source_job_id:
            raise SupersededError(entry.document_id)
        self._entries[key] = entry
        self._versions[entry.owner.key] += 1
        return earlier

    def remove(self, owner: Owner, document_id: str, job_id: str = "") -> None:
        """See Shelf."""
        entry = self._entries.get((owner.key, document_id))
        if entry is not None and job_id in {"", entry.job_id}:
            del self._entries[owner.key, document_id]
            self._versions[owner.key] += 1

    def find(self, owner: Owner, document_id: str) -> IndexEntry | None:
        """See Shelf."""
        return self._entries.get((owner.key, document_id))

    def version(self, owner: Owner) -> int:
        """See Shelf."""
        return self._versions[owner.key]

    def entries(self, owner: Owner) -> list[IndexEntry]:
        """See Shelf."""
        now = self.clock()
        return [
            entry
            for (key, _), entry in sorted(self._entries.items())
            if key == owner.key and (entry.expires_at is None or entry.expires_at > now)
        ]

"""The search index: which documents of an owner can be searched, and where their indexes lie.

One entry a document, kept by owner, so that a search never comes near another owner's. The files below the
prefix of an entry are written before the entry names them, and never changed. A counter for each owner rises
with every change, so that a reader knows whether to read the index again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import PermanentError
from shared.files import keys
from shared.files.port import Files
from shared.jobs.model import Job, Kind, Owner


class SupersededError(PermanentError):
    """A newer analysis of the document has been indexed already."""

    status = 409

    def __init__(self, document_id: str) -> None:
        super().__init__(
            "index-superseded", f"A newer analysis of document {document_id!r} is indexed already."
        )


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """The index of one document, as one job has made it of the analysis ``source_job_id``.

    ``model`` names what made the vectors: those of two models do not compare.
    """

    owner: Owner
    document_id: str
    job_id: str
    fence: int
    source_job_id: str
    model: str
    passages: int
    language: str = ""
    file_name: str = ""
    product_id: str = ""
    case_id: str = ""
    expires_at: datetime | None = None

    @property
    def prefix(self) -> str:
        """Return what the keys of its files begin with."""
        return keys.search_index_prefix(self.document_id, self.job_id, self.fence)


class SearchIndexStore(Protocol):
    """Where the entries live. Every method may raise TransientError."""

    def put(self, entry: IndexEntry) -> IndexEntry | None:
        """Put an entry in place of the document's earlier one; return that one.

        Raises FencedError where another worker has the job, DocumentGoneError where the document was deleted,
        SupersededError where the index of a newer analysis is there.
        """
        ...

    def remove(self, owner: Owner, document_id: str, job_id: str = "") -> None:
        """Take a document out of the index (with ``job_id``: the entry of that job only); repeatable."""
        ...

    def find(self, owner: Owner, document_id: str) -> IndexEntry | None:
        """Return the entry of a document, None where it is not indexed."""
        ...

    def version(self, owner: Owner) -> int:
        """Return the owner's counter, 0 where there never was an entry."""
        ...

    def entries(self, owner: Owner) -> list[IndexEntry]:
        """Return all entries of an owner, by document, without expired ones."""
        ...


class Vectors(Protocol):
    """What the removal of a document has to know of where its vectors lie."""

    def remove(self, entry: IndexEntry) -> None:
        """Remove the vectors of an entry; what is gone is no error. Raises TransientError."""
        ...


class VectorsInFiles:
    """Vectors that lie among the files of the index, and go with those."""

    def remove(self, entry: IndexEntry) -> None:
        """See Vectors."""


@dataclass(frozen=True, slots=True)
class IndexRemover:
    """All that has to be removed of an index, wherever it lies."""

    shelf: SearchIndexStore
    vectors: Vectors
    files: Files

    def forget(self, owner: Owner, document_id: str) -> int:
        """Remove the index of a document, the entry last; return how many files went.

        The entry names what is to be removed: cut short, the removal is begun again.
        """
        entry = self.shelf.find(owner, document_id)
        if entry is not None:
            self.vectors.remove(entry)
        removed = self.files.delete_prefix(keys.index_prefix(document_id))
        self.shelf.remove(owner, document_id)
        return removed

    def keys_of(self, job: Job) -> list[str]:
        """Return the keys of the files of the index that an output job has put there."""
        entry = self.shelf.find(job.owner, job.document_id) if job.kind is Kind.OUTPUT else None
        if entry is None or entry.job_id != job.job_id:
            return []
        return keys.index_files(entry.prefix)

    def forget_job(self, job: Job) -> int:
        """Remove what an output job has made of its document's index; return how many files went."""
        if job.kind is not Kind.OUTPUT or not job.document_id:
            return 0
        entry = self.shelf.find(job.owner, job.document_id)
        if entry is not None and entry.job_id == job.job_id:
            self.vectors.remove(entry)
        removed = self.files.delete_prefix(keys.index_prefix(job.document_id, job.job_id))
        self.shelf.remove(job.owner, job.document_id, job.job_id)
        return removed

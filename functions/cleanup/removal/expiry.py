"""The removal of what has expired or was deleted: files first, records last; interrupted, it begins anew.

DynamoDB's time to live and the bucket's lifecycle rules would remove the same things, each without the other:
records a week after they expire at the earliest, files ``RetentionDays`` after they were written. They are
the net for a deployment whose reconciliation does not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from functions.cleanup.removal.listing import PAGE, work_off
from shared.clock import Clock, utc_now
from shared.documents.extractions import document_of, forget, is_about, subjects_jobs
from shared.documents.model import DocumentRecord, DocumentStore
from shared.files.keys import job_prefix
from shared.files.port import Files
from shared.jobs.model import Job
from shared.jobs.runner import Remaining, unlimited
from shared.jobs.store import JobStore
from shared.observability import logger
from shared.search.index import IndexRemover


@dataclass(slots=True)
class RemovalReport:
    """What one run did.

    ``expired_jobs`` and ``expired_documents`` were removed, documents ``in_use`` were left to the jobs that
    read them, and ``removal_errors`` left something for the next run. ``removal_cut_short`` is 1 where time
    ran out first.
    """

    expired_jobs: int = 0
    expired_documents: int = 0
    in_use: int = 0
    removal_errors: int = 0
    removal_cut_short: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def metrics(self) -> dict[str, int]:
        """Return the figures worth an alarm or a graph."""
        return {
            "JobsExpired": self.expired_jobs,
            "DocumentsExpired": self.expired_documents,
            "RemovalErrors": self.removal_errors,
        }


_List = Callable[[datetime, int], list[str]]
_Remove = Callable[[str, RemovalReport], None]


@dataclass(frozen=True, slots=True)
class Expiry:
    """Removes the jobs and documents whose time is over, and the documents that were deleted."""

    store: JobStore
    documents: DocumentStore
    files: Files
    clock: Clock = utc_now
    page: int = PAGE
    indexes: IndexRemover | None = None

    def run(self, remaining: Remaining = unlimited) -> RemovalReport:
        """Remove what was deleted, then what has expired, until ``remaining()`` seconds run short.

        Who deletes a document never waits for a backlog of what has expired; of each, the longest overdue
        goes first.

        Raises TransientError where a list cannot be read.
        """
        removed = RemovalReport()
        now = self.clock()
        lists: list[tuple[_List, _Remove]] = [
            (self.documents.deleted, self._remove_document),
            (self.store.to_remove, self._remove_job),
            (self.documents.to_remove, self._remove_document),
        ]
        done = all(
            work_off(partial(overdue, now), partial(self._try, remove, removed), remaining, self.page)
            for overdue, remove in lists
        )
        removed.removal_cut_short = int(not done)
        logger.info("Removed what has expired", extra=removed.to_dict())
        return removed

    def _try(self, remove: _Remove, removed: RemovalReport, identifier: str) -> None:
        """Remove one thing; whatever happens to it, the next one has its turn."""
        try:
            remove(identifier, removed)
        except Exception:  # noqa: BLE001 - one record never stops the others
            logger.exception("Could not be removed", identifier=identifier)
            removed.removal_errors += 1

    def _remove_job(self, job_id: str, removed: RemovalReport) -> None:
        """Remove a job's files, then its record; one that an index still lists may be gone already."""
        job = self.store.expired(job_id)
        if job is None:
            return
        objects = self.files.delete_prefix(job_prefix(job_id))
        if self.indexes is not None:
            objects += self.indexes.forget_job(job)
        if document_id := document_of(job):
            objects += forget(self.documents, self.files, document_id, job_id, self.clock())
        self.store.remove(job_id)
        removed.expired_jobs += 1
        logger.info("Expired job removed", job_id=job_id, objects=objects)

    def _remove_document(self, document_id: str, removed: RemovalReport) -> None:
        """Remove a document, unless a job is still to read it; no other one can be submitted.

        Its jobs go with it only where a person has deleted it.
        """
        document = self.documents.expired(document_id)
        if document is None:
            return
        jobs = list(self._jobs_of(document))
        if any(not job.status.terminal for job in jobs):
            removed.in_use += 1
            return
        objects = 0
        if self.indexes is not None:
            objects += self.indexes.forget(document.owner, document_id)
            # Another owner who had it analysed, an administrator, has it in an index of their own.
            objects += sum(map(self.indexes.forget_job, jobs))
        if document.deleted_at is not None and not document.emptied:
            # They could not be found later: extractions stay listed until they are gone.
            objects += sum(map(self._remove_with_document, jobs))
        objects += self.files.delete_prefix(document.prefix)
        self.documents.delete(document_id)
        removed.expired_documents += 1
        logger.info("Document removed", document_id=document_id, objects=objects)

    def _remove_with_document(self, job: Job) -> int:
        """Remove a job about a document that goes; return how many files it had."""
        objects = self.files.delete_prefix(job_prefix(job.job_id))
        self.store.remove(job.job_id)
        return objects

    def _jobs_of(self, document: DocumentRecord) -> Iterator[Job]:
        """Yield the jobs about a document, of any owner."""
        for job_id in subjects_jobs(self.store, document):
            job = self.store.get(job_id) or self.store.expired(job_id)
            if job is not None and is_about(document, job):
                yield job

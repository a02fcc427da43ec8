"""What a cleanup is about, and which of it the caller may remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.documents.model import DocumentRecord, DocumentStore
from shared.errors import BusyError, PermanentError
from shared.jobs.model import Job, Kind
from shared.jobs.store import JobStore

MIN_WAIT = 5.0
MAX_WAIT = 600.0


@dataclass(frozen=True, slots=True)
class CleanupSubject:
    """The product or document, with the jobs whose files go (ids) and the upload's prefix, if it goes.

    ``analyses`` counts the jobs whose record is still there: they make the subject known.
    """

    jobs: tuple[str, ...]
    analyses: int
    document_prefix: str

    def to_json(self) -> dict[str, Any]:
        """Return the form that a unit's output keeps."""
        return {"jobs": list(self.jobs), "document_prefix": self.document_prefix}


@dataclass(frozen=True, slots=True)
class SubjectFinder:
    """Finds what a cleanup job is about.

    The right to clean up a product was checked at submission. A document has one owner: its files, and
    the files of jobs about it, go only for that owner, or where the job says ``as_admin``.
    """

    store: JobStore
    documents: DocumentStore

    def find(self, cleanup: Job) -> CleanupSubject:
        """Return the subject as far as it is stored here.

        Raises BusyError ``analysis-active`` while an analysis of it is not over, and PermanentError
        for a document that is unknown here, or another owner's.
        """
        ids = self.store.by_subject(product_id=cleanup.product_id, document_id=cleanup.document_id)
        document = self._document(cleanup)
        jobs: list[str] = []
        analyses = 0
        for job_id in ids:
            job = self.store.get(job_id)
            # Cleanups keep no document text, only their notes: those stay, this job's own among them.
            if not _may_remove(cleanup, job) or (job is not None and job.kind is Kind.CLEANUP):
                continue
            if job is not None:
                analyses += 1
                _refuse_active(job, cleanup)
            jobs.append(job_id)
        if cleanup.document_id and document is None and not analyses:
            raise PermanentError(
                "unknown-document", f"There is no document {cleanup.document_id!r} among your documents."
            )
        return CleanupSubject(tuple(jobs), analyses, document.prefix if document else "")

    def _document(self, cleanup: Job) -> DocumentRecord | None:
        if not cleanup.document_id:
            return None
        document = self.documents.get(cleanup.document_id)
        if document is None or not (_as_admin(cleanup.params) or document.owner.key == cleanup.owner.key):
            return None
        return document


def _as_admin(params: Mapping[str, Any]) -> bool:
    return params.get("as_admin") is True


def _may_remove(cleanup: Job, job: Job | None) -> bool:
    """Say whether the files of a job about the same subject are the caller's to remove.

    ``job`` is None where the record has expired: whose it was is then unknown.
    """
    if cleanup.product_id or _as_admin(cleanup.params):
        return True
    return job is not None and job.owner.key == cleanup.owner.key


def _refuse_active(job: Job, cleanup: Job) -> None:
    """Have the cleanup ask again while the job is open: soon at first, later ever more seldom."""
    if not job.status.terminal:
        waited = cleanup.updated_at - (cleanup.busy_since or cleanup.updated_at)
        raise BusyError(
            "analysis-active",
            f"Job {job.job_id} about the same subject is still {job.status}. Wait for it, or cancel it.",
            retry_after=min(max(waited.total_seconds() / 4, MIN_WAIT), MAX_WAIT),
        )

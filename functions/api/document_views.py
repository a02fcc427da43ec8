"""From records of documents to answers."""

from __future__ import annotations

from collections.abc import Sequence

from functions.api import views
from functions.api.document_answers import DocumentJobView, DocumentView, IndexView, UnderstoodView
from shared.clock import to_text
from shared.documents.model import Document, Understood
from shared.jobs.model import Job, Kind
from shared.jobs.outputs import INDEX


def document_view(document: Document, jobs: Sequence[Job], root: str) -> DocumentView:
    """Return what the owner of a document sees; ``jobs`` are those about it, newest first."""
    understood = document.understood
    return DocumentView(
        document_id=document.document_id,
        file_name=document.file_name,
        media_type=document.media_type,
        size=document.size if document.sha256 else None,
        sha256=document.sha256 or None,
        product_id=document.product_id or None,
        case_id=document.case_id or None,
        created_at=to_text(document.created_at),
        expires_at=None if document.expires_at is None else to_text(document.expires_at),
        understood=None if understood is None else _understood(understood),
        index=_index(jobs),
        jobs=[_job(job, root) for job in jobs],
        first_page_url=page_url(root, document, 1) if understood else None,
    )


def page_url(root: str, document: Document, number: int) -> str:
    """Return the address of a page below ``root``, the path that the API is served under."""
    return f"{root}/documents/{document.document_id}/pages/{number}"


def _understood(understood: Understood) -> UnderstoodView:
    return UnderstoodView(
        at=to_text(understood.at),
        media_type=understood.media_type,
        pages=understood.page_count,
        language=understood.language,
        title=understood.title,
        headings=understood.headings,
        chunks=understood.chunks,
        ocr_pages=list(understood.ocr_pages),
    )


def _index(jobs: Sequence[Job]) -> IndexView:
    making = (job for job in jobs if job.kind is Kind.OUTPUT and INDEX in outputs_of(job))
    newest = next(making, None)
    if newest is None:
        return IndexView(status="none", job_id=None)
    return IndexView(status=newest.status.value, job_id=newest.job_id)


def _job(job: Job, root: str) -> DocumentJobView:
    return DocumentJobView(
        job_id=job.job_id,
        kind=job.kind.value,
        outputs=outputs_of(job),
        status=job.status.value,
        created_at=to_text(job.created_at),
        status_url=views.status_url(root, job.job_id),
    )


def outputs_of(job: Job) -> list[str]:
    """Return the outputs that a job makes, none for other kinds of jobs."""
    return [str(name) for name in job.params.get("outputs", [])]

"""The files of an extraction, and their removal.

``shared/files/keys.py`` says what lies below the prefix of an extraction. All but the images are written
before the record names them; nothing is ever changed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.documents.model import DocumentRecord, DocumentStore, Extraction
from shared.errors import PermanentError
from shared.files import keys
from shared.files.port import Files
from shared.jobs.model import Job
from shared.jobs.store import JobStore


def with_original(extraction: Extraction) -> Extraction:
    """Return the same with the bytes that were read among its own files: a product's, which is no upload."""
    key = keys.product_original(extraction.prefix)
    return replace(extraction, original_key=key, original_version="")


def keys_of(extraction: Extraction) -> list[str]:
    """Return the keys of all files but the pictures."""
    prefix = extraction.prefix
    pages = [keys.pages(prefix, first) for first in range(1, extraction.page_count + 1, keys.PAGES_PER_FILE)]
    original = [extraction.original_key] if extraction.original_key.startswith(prefix) else []
    return [keys.about(prefix), keys.extracted_document(prefix), keys.chunks(prefix), *pages, *original]


def page_of(files: Files, understood: Extraction, number: int) -> dict[str, Any]:
    """Return page ``number`` (from 1) as it was stored; raises FileMissingError where it was taken back."""
    pages = json.loads(files.get(keys.pages(understood.prefix, number)))
    page: dict[str, Any] = pages[(number - 1) % keys.PAGES_PER_FILE]
    return page


def forget(documents: DocumentStore, files: Files, document_id: str, job_id: str, now: datetime) -> int:
    """Remove what a job has extracted of a document, the record first; return how many files went.

    A product's document is there for its extractions: with the last analysis its files go, too, and
    the record is marked as emptied, so that nothing is published in the middle of it; the reconciliation
    removes it, and leaves the jobs about it.
    """
    documents.withdraw(document_id, job_id)
    removed = files.delete_prefix(keys.extractions_prefix(document_id, job_id))
    document = documents.get(document_id)
    if document is not None and document.product_id and documents.mark_emptied(document_id, now):
        removed += files.delete_prefix(document.prefix)
    return removed


def extraction_gone() -> PermanentError:
    """Return the error of a job whose extraction is gone: deleted with its document, or taken back."""
    return PermanentError(
        "source-gone", "What was extracted of the document no longer exists. Analyse it again."
    )


def document_of(job: Job) -> str:
    """Return the document that a job is about: the upload, or a product's that its result names."""
    return job.document_id or str((job.result or {}).get("document_id") or "")


def subjects_jobs(jobs: JobStore, document: DocumentRecord) -> list[str]:
    """Return the ids of the jobs that may be about a document (see ``is_about``), in order."""
    ids = {*jobs.by_subject(document_id=document.document_id)}
    if document.product_id:
        ids |= {*jobs.by_subject(product_id=document.product_id)}
    return sorted(ids)


def is_about(document: DocumentRecord, job: Job) -> bool:
    """Say whether a job was given a document, has read it, or makes something of a job that has."""
    if document.document_id in (job.document_id, document_of(job)):
        return True
    readers = {reading.job_id for reading in document.extractions}
    return job.job_id in readers or job.source_job_id in readers

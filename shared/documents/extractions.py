"""The files of what was understood of a document, and their removal.

Below the prefix of an analysis lie

    about.json        which bytes were read: their key, version, SHA-256, name and type, and how many pages
    document.json     the extracted document: pages with blocks and word boxes, as the pipeline reads it
    chunks.json       its passages, a list
    original          the bytes that were read, where they are a product's and not an upload's
    pages/NNNNNN.json ten pages at a time, each as the API answers it
    images/NNNNNN.*   the picture of a page, and a note (JSON) of its type and size

All but the images are written before the record names them; nothing is ever changed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.documents.model import DocumentRecord, DocumentStore, Extraction, understood_prefix
from shared.errors import PermanentError
from shared.files import Files
from shared.jobs.model import Job
from shared.jobs.store import JobStore, subject_of

# One object a page would cost a long document a thousand requests, one for all would make every page as
# slow as the whole.
PAGES_PER_FILE = 10


def about_key(prefix: str) -> str:
    """Return the key of the note about the bytes that were read."""
    return f"{prefix}about.json"


def document_key(understood: Extraction) -> str:
    """Return the key of the extracted document."""
    return f"{understood.prefix}document.json"


def chunks_key(understood: Extraction) -> str:
    """Return the key of the passages."""
    return f"{understood.prefix}chunks.json"


def pages_key(understood: Extraction, number: int) -> str:
    """Return the key of the file that has page ``number`` (from 1), with those before and after it."""
    return f"{understood.prefix}pages/{(number - 1) // PAGES_PER_FILE:06d}.json"


def with_original(understood: Extraction) -> Extraction:
    """Return the same with the bytes that were read among its own files: a product's, which is no upload."""
    return replace(understood, original_key=f"{understood.prefix}original", original_version="")


def keys_of(understood: Extraction) -> list[str]:
    """Return the keys of all files but the pictures."""
    firsts = range(1, understood.page_count + 1, PAGES_PER_FILE)
    pages = [pages_key(understood, first) for first in firsts]
    own = understood.original_key.startswith(understood.prefix)
    original = [understood.original_key] if own else []
    about = about_key(understood.prefix)
    return [about, document_key(understood), chunks_key(understood), *pages, *original]


def page_of(files: Files, understood: Extraction, number: int) -> dict[str, Any]:
    """Return page ``number`` (from 1) as it was stored; raises FileMissingError where it was taken back."""
    pages = json.loads(files.get(pages_key(understood, number)))
    page: dict[str, Any] = pages[(number - 1) % PAGES_PER_FILE]
    return page


def images_prefix(prefix: str) -> str:
    """Return what the keys of all pictures of pages begin with; ``prefix`` is that of an Understood."""
    return f"{prefix}images/"


def image_key(prefix: str, number: int, ending: str) -> str:
    """Return the key of the picture of page ``number`` (from 1)."""
    return f"{images_prefix(prefix)}{number:06d}.{ending}"


def image_note_key(prefix: str, number: int) -> str:
    """Return the key of the note about the picture of page ``number``; it is written after the picture."""
    return f"{images_prefix(prefix)}{number:06d}.json"


def forget(documents: DocumentStore, files: Files, document_id: str, job_id: str, now: datetime) -> int:
    """Remove what a job has understood of a document, the record first; return how many files went.

    A product's document is there for what was understood of it: with the last analysis its files go, too, and
    the record is marked as emptied, so that nothing is published in the middle of it; the reconciliation
    removes it, and leaves the jobs about it.
    """
    documents.withdraw(document_id, job_id)
    removed = files.delete_prefix(understood_prefix(document_id, job_id))
    document = documents.get(document_id)
    if document is not None and document.product_id and documents.mark_emptied(document_id, now):
        removed += files.delete_prefix(document.prefix)
    return removed


def understood_gone() -> PermanentError:
    """Return the error of a job whose document is not understood any more: it was deleted, or taken back."""
    return PermanentError(
        "source-gone", "What was understood of the document no longer exists. Analyse it again."
    )


def document_of(job: Job) -> str:
    """Return the document that a job is about: the upload, or a product's that its result names."""
    return job.document_id or str((job.result or {}).get("document_id") or "")


def subjects_jobs(jobs: JobStore, document: DocumentRecord) -> list[str]:
    """Return the ids of the jobs that may be about a document (see ``is_about``), in order."""
    ids = {*jobs.by_subject(subject_of(document_id=document.document_id))}
    if document.product_id:
        ids |= {*jobs.by_subject(subject_of(product_id=document.product_id))}
    return sorted(ids)


def is_about(document: DocumentRecord, job: Job) -> bool:
    """Say whether a job was given a document, has read it, or makes something of a job that has."""
    if document.document_id in (job.document_id, document_of(job)):
        return True
    readers = {reading.job_id for reading in document.readings}
    return job.job_id in readers or job.source_job_id in readers

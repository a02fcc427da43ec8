"""The files of what was understood of a document, and their removal.

Below the prefix of an analysis lie

    document.json     the extracted document: pages with blocks and word boxes, as the pipeline reads it
    chunks.json       its passages, a list
    pages/NNNNNN.json ten pages at a time, each as the API answers it

They are written once, before the record names them, and never changed.
"""

from __future__ import annotations

from shared.documents import DocumentStore, Understood, understood_prefix
from shared.files import Files

# One object a page would cost a long document a thousand requests, one for all would make every page as
# slow as the whole.
PAGES_PER_FILE = 10


def document_key(understood: Understood) -> str:
    """Return the key of the extracted document."""
    return f"{understood.prefix}document.json"


def chunks_key(understood: Understood) -> str:
    """Return the key of the passages."""
    return f"{understood.prefix}chunks.json"


def pages_key(understood: Understood, number: int) -> str:
    """Return the key of the file that has page ``number`` (from 1), with those before and after it."""
    return f"{understood.prefix}pages/{(number - 1) // PAGES_PER_FILE:06d}.json"


def forget(documents: DocumentStore, files: Files, document_id: str, job_id: str) -> int:
    """Remove what a job has understood of a document, the record first; return how many files went."""
    documents.withdraw(document_id, job_id)
    return files.delete_prefix(understood_prefix(document_id, job_id))

"""Extractions are reused: identical bytes of one owner are extracted once.

The extraction of an earlier analysis serves where the bytes, the extraction's settings and its revision are
the same. It is copied to this job's files at once, so that this job does not depend on what becomes of the
other document.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.analyze.document.codec import document_from_dict
from functions.analyze.document.model import Document
from shared.files import keys
from shared.files.port import FileMissingError

if TYPE_CHECKING:
    from shared.documents.model import DocumentStore, Extraction
    from shared.jobs.model import Owner
    from shared.jobs.workflow import Run

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class CachedExtraction:
    """A reused extraction: keys of this job's files; ``chunks`` is empty where they are to be cut anew."""

    document: str
    chunks: str
    media_type: str
    page_count: int


def reuse(
    run: Run, documents: DocumentStore | None, owner: Owner | None, sha256: str, recipe: str
) -> CachedExtraction | None:
    """Copy the newest extraction of the same bytes and recipe among the owner's documents, or return None.

    A job that is to publish what its stages return, or to reuse nothing, does its work itself.
    """
    if documents is None or owner is None or run.params.get("no_cache") or run.params.get("debug"):
        return None
    for earlier in reversed(documents.same_content(owner, sha256, recipe)):
        try:
            return _copied(run, earlier)
        except FileMissingError:
            # Taken back, or deleted, at this moment.
            continue
    return None


def chunk_settings(run: Run) -> tuple[int, int]:
    """Return the size and the overlap of passages in tokens."""
    return run.params.get("chunk_size", 800), run.params.get("chunk_overlap", 80)


def cached_document(run: Run, cached: CachedExtraction) -> Document:
    """Return the document of a reused extraction."""
    return document_from_dict(json.loads(run.files.get(cached.document)))


def cached_chunks(run: Run, cached: CachedExtraction) -> list[Any]:
    """Return the passages of a reused extraction."""
    chunks: list[Any] = json.loads(run.files.get(cached.chunks))
    return chunks


def _copied(run: Run, earlier: Extraction) -> CachedExtraction:
    same_cut = chunk_settings(run) == (earlier.chunk_size, earlier.chunk_overlap)
    document = _copy(run, keys.extracted_document(earlier.prefix), keys.REUSED_DOCUMENT)
    chunks = _copy(run, keys.chunks(earlier.prefix), keys.REUSED_CHUNKS) if same_cut else ""
    return CachedExtraction(document, chunks, earlier.media_type, earlier.page_count)


def _copy(run: Run, key: str, name: str) -> str:
    return run.files.put(run.key(name), run.files.get(key), _JSON).key

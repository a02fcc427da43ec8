"""Publishing what an analysis has understood of its document, so that it can be read page by page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.analyze.document import BlockKind, Document
from functions.analyze.document_json import document_to_dict
from functions.analyze.page_view import page_view
from shared import understood
from shared.clock import utc_now
from shared.documents import DocumentGoneError, Understood
from shared.jobs.states import FencedError

if TYPE_CHECKING:
    from functions.analyze.extract import Limits
    from functions.analyze.original import Original
    from shared.documents import DocumentStore
    from shared.jobs.workflow import Run

_JSON = "application/json"


class Publication:
    """What one analysis makes known of its document; without a store nothing is published."""

    def __init__(self, run: Run, documents: DocumentStore | None, revision: int, limits: Limits) -> None:
        self._run = run
        self._documents = documents
        # With the same bytes and the same recipe anybody gets the same pages.
        settings = [revision, repr(limits), run.params.get("language")]
        self._recipe = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:24]

    @property
    def wanted(self) -> bool:
        """Say whether there is a document to publish about, and a store to publish in."""
        return self._documents is not None and bool(self._run.job.document_id)

    def publish(self, original: Original, document: Document, chunks: Sequence[Any]) -> dict[str, Any]:
        """Write the files, then the one record that makes them count.

        Raises FencedError where another worker has the job, DocumentGoneError where the document was deleted.
        """
        if self._documents is None:
            raise RuntimeError("there is no store of documents to publish in")
        about = self._about(original, document, len(chunks))
        self._put(understood.document_key(about), document_to_dict(document))
        self._put(understood.chunks_key(about), chunks)
        for first in range(0, len(document.pages), understood.PAGES_PER_FILE):
            pages = document.pages[first : first + understood.PAGES_PER_FILE]
            key = understood.pages_key(about, first + 1)
            self._put(key, [page_view(document, page) for page in pages])
        try:
            self._documents.publish(about)
        except (FencedError, DocumentGoneError):
            # Nobody else would ever look for them.
            self._run.files.delete_prefix(about.prefix)
            raise
        return {"prefix": about.prefix}

    def undo(self) -> None:
        """Take back what this job has published, under whatever fence."""
        if self._documents is not None and self._run.job.document_id:
            job = self._run.job
            understood.forget(self._documents, self._run.files, job.document_id, job.job_id)

    def _about(self, original: Original, document: Document, chunks: int) -> Understood:
        blocks = [block for page in document.pages for block in page.blocks]
        params = self._run.params
        return Understood(
            document_id=self._run.job.document_id,
            job_id=self._run.job.job_id,
            fence=self._run.job.fence,
            at=utc_now(),
            sha256=original.sha256,
            media_type=document.media_type,
            recipe=self._recipe,
            page_count=len(document.pages),
            language=document.language,
            title=document.title,
            headings=sum(block.kind is BlockKind.HEADING for block in blocks),
            chunks=chunks,
            chunk_size=params.get("chunk_size", 800),
            chunk_overlap=params.get("chunk_overlap", 80),
        )

    def _put(self, key: str, value: Any) -> None:
        self._run.files.put(key, json.dumps(value, ensure_ascii=False).encode(), _JSON)

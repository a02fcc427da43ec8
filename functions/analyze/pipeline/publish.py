"""Publishing what an analysis has understood of its document, so that it can be read page by page."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from functions.analyze.document.codec import document_to_dict
from functions.analyze.document.model import BlockKind, Document
from functions.analyze.document.page_json import page_view
from functions.analyze.pipeline.reuse import CachedExtraction, chunk_settings, take_over
from shared.clock import utc_now
from shared.documents import extractions
from shared.documents.model import DocumentGoneError, Extraction
from shared.documents.model import DocumentRecord as Record
from shared.errors import BusyError
from shared.files import keys
from shared.files.port import FileMissingError
from shared.jobs.states import FencedError

if TYPE_CHECKING:
    from functions.analyze.document.source_file import SourceFile
    from shared.documents.model import DocumentStore
    from shared.jobs.workflow import Run

_JSON = "application/json"
# The reconciliation removes it within a minute or so.
_REMOVAL_SECONDS = 15.0
_PRODUCTS = uuid.UUID("0d0b0c3e-6f0e-4f6e-9f57-2a4a8a4f2b61")


@dataclass(frozen=True, slots=True)
class Settings:
    """What pages depend on besides the bytes, and the address of the Directus whose products are read."""

    extraction: Sequence[Any]
    directus_url: str = ""


class ExtractionPublisher:
    """What one analysis makes known of its document; without a store nothing is published.

    An upload has its record. A product's document gets one, with an id that follows from the Directus, the
    product, the content and the owner, so that repeating gives the same document.
    """

    def __init__(
        self,
        run: Run,
        documents: DocumentStore | None,
        settings: Settings,
        original: Callable[[], SourceFile],
    ) -> None:
        self._run = run
        self._documents = documents
        self._settings = settings
        self._original = original

    @property
    def wanted(self) -> bool:
        """Say whether there is a store to publish in."""
        return self._documents is not None

    @property
    def document_id(self) -> str:
        """Return the document that the job is about, empty for a product's that is not published."""
        job = self._run.job
        if job.document_id or self._documents is None:
            return job.document_id
        said = [self._settings.directus_url, job.product_id, self._original().sha256, job.owner.key]
        return str(uuid.uuid5(_PRODUCTS, json.dumps(said)))

    def known(self, original: SourceFile) -> CachedExtraction | None:
        """Take over what the owner's documents have of the same content, None where there is nothing."""
        owner = self._run.job.owner
        if self._documents is not None and (document_id := self._run.job.document_id):
            record = self._documents.get(document_id)
            if record is None:
                return None
            owner = record.owner
        return take_over(self._run, self._documents, owner, original.sha256, self._recipe(original))

    def publish(self, document: Document, chunks: Sequence[Any]) -> dict[str, Any]:
        """Write the files, then the one record that makes them count.

        Raises FencedError where another worker has the job, DocumentGoneError where the document was deleted,
        and BusyError while a product's document is being removed.
        """
        if self._documents is None:
            raise RuntimeError("there is no store of documents to publish in")
        about = self._about(document, len(chunks))
        try:
            self._write(about, document, chunks)
            self._documents.publish(about, self._record(about))
        except (FencedError, DocumentGoneError) as error:
            # Nobody else would ever look for them.
            self._run.files.delete_prefix(about.prefix)
            if isinstance(error, DocumentGoneError) and self._run.job.product_id:
                # The removal waits for jobs under way that have read the document, and this one waits for it.
                self._documents.withdraw(about.document_id, about.job_id)
                raise BusyError(
                    "document-being-removed",
                    "The product's document is being removed from here just now.",
                    retry_after=_REMOVAL_SECONDS,
                ) from error
            raise
        return {"document_id": about.document_id, "prefix": about.prefix}

    def undo(self) -> None:
        """Take back what this job has published, under whatever fence."""
        if self._documents is None:
            return
        try:
            document_id = self.document_id
        except (IndexError, FileMissingError):
            # A product's job that has not begun, or whose files went after an earlier undoing.
            return
        job_id = self._run.job.job_id
        extractions.forget(self._documents, self._run.files, document_id, job_id, utc_now())

    def _recipe(self, original: SourceFile) -> str:
        """Return what stands for all that pages depend on besides the bytes; names tell texts apart."""
        ending = PurePosixPath(original.file_name.lower()).suffix
        said = [*self._settings.extraction, self._run.params.get("language"), original.media_type, ending]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]

    def _about(self, document: Document, chunks: int) -> Extraction:
        job, original = self._run.job, self._original()
        blocks = [block for page in document.pages for block in page.blocks]
        size, overlap = chunk_settings(self._run)
        about = Extraction(
            document_id=self.document_id,
            job_id=job.job_id,
            fence=job.fence,
            at=utc_now(),
            sha256=original.sha256,
            media_type=document.media_type,
            recipe=self._recipe(original),
            page_count=len(document.pages),
            original_key=original.key,
            original_version=original.version_id,
            language=document.language,
            title=document.title,
            headings=sum(block.kind is BlockKind.HEADING for block in blocks),
            chunks=chunks,
            chunk_size=size,
            chunk_overlap=overlap,
            ocr_pages=tuple(page.number for page in document.pages if page.ocr is not None),
        )
        return about if job.document_id else extractions.with_original(about)

    def _write(self, about: Extraction, document: Document, chunks: Sequence[Any]) -> None:
        if not self._run.job.document_id:
            original = self._original()
            data = self._run.files.get(original.key, original.version_id)
            media_type = original.media_type or "application/octet-stream"
            self._run.files.put(about.original_key, data, media_type)
        self._put(keys.about(about.prefix), self._of_original(about))
        self._put(keys.extracted_document(about.prefix), document_to_dict(document))
        self._put(keys.chunks(about.prefix), chunks)
        for first in range(0, len(document.pages), keys.PAGES_PER_FILE):
            pages = document.pages[first : first + keys.PAGES_PER_FILE]
            key = keys.pages(about.prefix, first + 1)
            self._put(key, [page_view(document, page) for page in pages])

    def _of_original(self, about: Extraction) -> dict[str, Any]:
        """Return what whoever makes pictures of the pages has to know."""
        bytes_read = replace(self._original(), key=about.original_key, version_id=about.original_version)
        return {"original": bytes_read.to_json(), "media_type": about.media_type, "pages": about.page_count}

    def _record(self, about: Extraction) -> Record | None:
        """Return the record of a product's document, kept for as long from now on as its job; else None."""
        job, original = self._run.job, self._original()
        if job.document_id:
            return None
        info = self._run.files.head(about.original_key)
        return Record(
            document_id=about.document_id,
            owner=job.owner,
            file_name=original.file_name,
            media_type=original.media_type or about.media_type,
            created_at=job.created_at,
            sha256=about.sha256,
            size=0 if info is None else info.size,
            case_id=job.case_id,
            product_id=job.product_id,
            expires_at=None if job.expires_at is None else about.at + (job.expires_at - job.created_at),
        )

    def _put(self, key: str, value: Any) -> None:
        self._run.files.put(key, json.dumps(value, ensure_ascii=False).encode(), _JSON)

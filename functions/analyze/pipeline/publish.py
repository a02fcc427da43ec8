"""Publishing the extraction of a document, so that it can be read page by page."""

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
from functions.analyze.pipeline.reuse import CachedExtraction, chunk_settings, reuse
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
class PublisherSettings:
    """What pages depend on besides the bytes, and the address of the Directus whose products are read."""

    extraction: Sequence[Any]
    directus_url: str = ""


class ExtractionPublisher:
    """Publishes the extraction of one analysis; without a store it does nothing.

    An upload has its record. A product's document gets one, with an id that follows from the Directus, the
    product, the content and the owner, so that repeating gives the same document.
    """

    def __init__(
        self,
        run: Run,
        documents: DocumentStore | None,
        settings: PublisherSettings,
        source_file: Callable[[], SourceFile],
    ) -> None:
        self._run = run
        self._documents = documents
        self._settings = settings
        self._source_file = source_file

    @property
    def configured(self) -> bool:
        """Say whether there is a store to publish in."""
        return self._documents is not None

    @property
    def document_id(self) -> str:
        """Return the document that the job is about, empty for a product's that is not published."""
        job = self._run.job
        if job.document_id or self._documents is None:
            return job.document_id
        parts = [self._settings.directus_url, job.product_id, self._source_file().sha256, job.owner.key]
        return str(uuid.uuid5(_PRODUCTS, json.dumps(parts)))

    def cached(self, file: SourceFile) -> CachedExtraction | None:
        """Reuse the extraction of the same content that the owner's documents have, or return None."""
        owner = self._run.job.owner
        if self._documents is not None and (document_id := self._run.job.document_id):
            record = self._documents.get(document_id)
            if record is None:
                return None
            owner = record.owner
        return reuse(self._run, self._documents, owner, file.sha256, self._recipe(file))

    def publish(self, document: Document, chunks: Sequence[Any]) -> dict[str, Any]:
        """Write the files, then the one record that makes them count.

        Raises FencedError where another worker has the job, DocumentGoneError where the document was deleted,
        and BusyError while a product's document is being removed.
        """
        if self._documents is None:
            raise RuntimeError("there is no store of documents to publish in")
        extraction = self._extraction(document, len(chunks))
        try:
            self._write(extraction, document, chunks)
            self._documents.publish(extraction, self._record(extraction))
        except (FencedError, DocumentGoneError) as error:
            # Nothing else would ever look for them.
            self._run.files.delete_prefix(extraction.prefix)
            if isinstance(error, DocumentGoneError) and self._run.job.product_id:
                # The removal waits for jobs under way that have read the document, and this one waits for it.
                self._documents.withdraw(extraction.document_id, extraction.job_id)
                raise BusyError(
                    "document-being-removed",
                    "The product's document is being removed from here just now.",
                    retry_after=_REMOVAL_SECONDS,
                ) from error
            raise
        return {"document_id": extraction.document_id, "prefix": extraction.prefix}

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

    def _recipe(self, file: SourceFile) -> str:
        """Return a digest of all that pages depend on besides the bytes; the name says which text it is."""
        ending = PurePosixPath(file.file_name.lower()).suffix
        parts = [*self._settings.extraction, self._run.params.get("language"), file.media_type, ending]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]

    def _extraction(self, document: Document, chunks: int) -> Extraction:
        job, file = self._run.job, self._source_file()
        blocks = [block for page in document.pages for block in page.blocks]
        size, overlap = chunk_settings(self._run)
        extraction = Extraction(
            document_id=self.document_id,
            job_id=job.job_id,
            fence=job.fence,
            at=utc_now(),
            sha256=file.sha256,
            media_type=document.media_type,
            recipe=self._recipe(file),
            page_count=len(document.pages),
            original_key=file.key,
            original_version=file.version_id,
            language=document.language,
            title=document.title,
            headings=sum(block.kind is BlockKind.HEADING for block in blocks),
            chunks=chunks,
            chunk_size=size,
            chunk_overlap=overlap,
            ocr_pages=tuple(page.number for page in document.pages if page.ocr is not None),
        )
        return extraction if job.document_id else extractions.with_original(extraction)

    def _write(self, extraction: Extraction, document: Document, chunks: Sequence[Any]) -> None:
        if not self._run.job.document_id:
            file = self._source_file()
            data = self._run.files.get(file.key, file.version_id)
            media_type = file.media_type or "application/octet-stream"
            self._run.files.put(extraction.original_key, data, media_type)
        prefix = extraction.prefix
        self._put(keys.about(prefix), self._pictured(extraction))
        self._put(keys.extracted_document(prefix), document_to_dict(document))
        self._put(keys.chunks(prefix), chunks)
        for first in range(0, len(document.pages), keys.PAGES_PER_FILE):
            pages = document.pages[first : first + keys.PAGES_PER_FILE]
            key = keys.pages(prefix, first + 1)
            self._put(key, [page_view(document, page) for page in pages])

    def _pictured(self, extraction: Extraction) -> dict[str, Any]:
        """Return what whoever makes pictures of the pages has to know."""
        bytes_read = replace(
            self._source_file(), key=extraction.original_key, version_id=extraction.original_version
        )
        return {
            "original": bytes_read.to_json(),
            "media_type": extraction.media_type,
            "pages": extraction.page_count,
        }

    def _record(self, extraction: Extraction) -> Record | None:
        """Return the record of a product's document, kept for as long from now on as its job; else None."""
        job, file = self._run.job, self._source_file()
        if job.document_id:
            return None
        info = self._run.files.head(extraction.original_key)
        return Record(
            document_id=extraction.document_id,
            owner=job.owner,
            file_name=file.file_name,
            media_type=file.media_type or extraction.media_type,
            created_at=job.created_at,
            sha256=extraction.sha256,
            size=0 if info is None else info.size,
            case_id=job.case_id,
            product_id=job.product_id,
            expires_at=None if job.expires_at is None else extraction.at + (job.expires_at - job.created_at),
        )

    def _put(self, key: str, value: Any) -> None:
        self._run.files.put(key, json.dumps(value, ensure_ascii=False).encode(), _JSON)

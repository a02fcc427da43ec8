"""The stages that make a document of a file, and passages of the document.

    prepare -> extract -> ocr -> assemble -> chunk -> publish

What the owner has had extracted before is reused: then ``extract`` and ``ocr`` have no units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from functions.analyze.document import source_file
from functions.analyze.document.chunking import chunk
from functions.analyze.document.codec import (
    chunk_from_dict,
    chunk_to_dict,
    document_from_dict,
    document_to_dict,
    page_to_dict,
)
from functions.analyze.document.extraction_files import EXTRACTION
from functions.analyze.document.model import Chunk, Document
from functions.analyze.document.phases import EXTRACTING, READ
from functions.analyze.document.source_file import SourceFile
from functions.analyze.extract import Source
from functions.analyze.extract.detect import WITH_A_LOOK
from functions.analyze.extract.guarded import GuardedSource
from functions.analyze.ocr.stage import Recognition
from functions.analyze.pipeline.publish import ExtractionPublisher, PublisherSettings
from functions.analyze.pipeline.reuse import (
    CachedExtraction,
    cached_chunks,
    cached_document,
    chunk_settings,
)
from shared.directus.taxonomy import TaxonomyReading, build_taxonomy, read_taxonomy_rows
from shared.jobs.outputs import IMAGES, INDEX
from shared.jobs.workflow import Run, Stage
from shared.taxonomy.model import Taxonomy

if TYPE_CHECKING:
    from functions.analyze.pipeline.dependencies import AnalysisDependencies

PREPARE, EXTRACT, ASSEMBLE, CHUNK, PUBLISH = "prepare", "extract", "assemble", "chunk", "publish"

# A checkpoint costs about as much as a page with a text layer: a document gets some twenty of them, a long
# one enough that a batch is done in a second or two.
EXTRACT_UNITS = 20
MAX_PAGES_PER_UNIT = 10
DETECT = "auto"


class DocumentReading:
    """The reading of one run; what later stages need of it is read from the units' outputs.

    ``revision`` is that of the workflow: extractions of another one are not reused. ``check`` raises
    PermanentError where the job cannot be done; it is called before anything else.
    """

    def __init__(
        self, run: Run, dependencies: AnalysisDependencies, revision: int, check: Callable[[], object]
    ) -> None:
        self._run = run
        self._dependencies = dependencies
        self._check = check
        ocr, directus = dependencies.ocr, dependencies.directus
        self._recognition = Recognition(run, ocr, lambda: self.source)
        settings = PublisherSettings(
            [revision, repr(dependencies.limits), ocr.name if ocr else ""], directus.url if directus else ""
        )
        self._publisher = ExtractionPublisher(run, dependencies.documents, settings, lambda: self.source_file)

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the stages; weights are shares of the time that the sample policies take."""
        return (
            Stage(PREPARE, 2, lambda: 1, self._prepare),
            Stage(EXTRACT, 50, self._count_batches, self._extract, self._pages_of, EXTRACTING),
            self._recognition.stage,
            Stage(ASSEMBLE, 5, lambda: 1, self._assemble, phase=READ),
            Stage(CHUNK, 1, lambda: 1, self._chunk, phase=READ),
            Stage(PUBLISH, 2, lambda: int(self._publisher.configured), self._publish, phase=READ),
        )

    def request_follow_ups(self) -> None:
        """Request the outputs that are made of a published extraction by jobs of their own."""
        published = self._run.outputs(PUBLISH)
        if not published or not self._dependencies.indexing:
            return
        params = {"document_id": published[0]["document_id"], EXTRACTION: published[0]["prefix"]}
        if self._run.params.get("index", True):
            self._run.follow_up(INDEX, params)
        if self.document.media_type in WITH_A_LOOK:
            self._run.follow_up(IMAGES, params)

    def undo(self) -> None:
        """Take back what was published of the document."""
        self._publisher.undo()

    # --- What the stages leave -----------------------------------------------------------------------

    @property
    def document_id(self) -> str:
        """Return the document that the job is about; empty for a product's that is not published."""
        return self._publisher.document_id

    @property
    def page_count(self) -> int:
        """Return the number of pages, known once the job is prepared."""
        pages: int = self._prepared["page_count"]
        return pages

    @cached_property
    def source_file(self) -> SourceFile:
        """The stored file that the job analyses."""
        return SourceFile(**self._prepared["source_file"])

    @cached_property
    def source(self) -> Source:
        """The opened file."""
        return self._open(self.source_file)

    @cached_property
    def document(self) -> Document:
        """The document."""
        return document_from_dict(self._run.outputs(ASSEMBLE)[0])

    @property
    def chunk_count(self) -> int:
        """Return the number of passages."""
        return len(self._chunks)

    def chunks(self) -> list[Chunk]:
        """Return the passages."""
        return [chunk_from_dict(passage) for passage in self._chunks]

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the product's taxonomy, else the one that this process was started with."""
        return self._taxonomy_reading.taxonomy

    @property
    def warnings(self) -> list[str]:
        """Return what could not be read as it stands, in the document and in the taxonomy."""
        return [*self.document.warnings, *self._taxonomy_reading.warnings]

    # --- Units ---------------------------------------------------------------------------------------

    def _prepare(self, _index: int) -> dict[str, Any]:
        """Find the file and open it once: what cannot be read fails before any work is done.

        The taxonomy of a product is kept as it is now: changing it changes no running job.
        """
        self._check()
        directus = self._dependencies.directus
        product = source_file.read_product(self._run, directus)
        rows = None
        if product is not None and directus is not None:
            rows = read_taxonomy_rows(directus, product.domain_context_model)
            self._taxonomy_reading = build_taxonomy(rows)
        file = source_file.locate(self._run, product, directus)
        cached = self._publisher.cached(file)
        if cached is None:
            # Kept for the stages of this invocation: it is not read and parsed a second time.
            self.source = self._open(file)
        return {
            "source_file": file.to_json(),
            "page_count": self.source.page_count if cached is None else cached.page_count,
            "taxonomy": rows,
            "cached": None if cached is None else asdict(cached),
        }

    def _count_batches(self) -> int:
        if self._cached is not None:
            return 0
        return math.ceil(self.page_count / self._pages_per_unit)

    def _pages_of(self, batches: int) -> int:
        """Return how many pages the first so many batches have."""
        return min(batches * self._pages_per_unit, self.page_count)

    def _extract(self, index: int) -> list[Any]:
        """Extract a batch of pages."""
        first, last = self._pages_of(index) + 1, self._pages_of(index + 1)
        return [page_to_dict(page) for page in self.source.pages(first, last)]

    def _assemble(self, _index: int) -> dict[str, Any]:
        """Make one document of the pages, with what was recognised in place of what was not read."""
        # Kept for this invocation: reading a long document takes a second.
        self.document = (
            self._assembled() if self._cached is None else cached_document(self._run, self._cached)
        )
        return document_to_dict(self.document)

    def _assembled(self) -> Document:
        document = self.source.assemble(self._recognition.pages())
        language = self._run.params.get("language", DETECT)
        return document if language == DETECT else replace(document, language=language)

    def _chunk(self, _index: int) -> list[Any]:
        """Make passages of the document."""
        if self._cached is not None and self._cached.chunks:
            return cached_chunks(self._run, self._cached)
        return [chunk_to_dict(passage) for passage in chunk(self.document, *chunk_settings(self._run))]

    def _publish(self, _index: int) -> dict[str, Any]:
        """Let the document's pages be read, while the analysis goes on."""
        return self._publisher.publish(self.document, self._chunks)

    # --- Helpers -------------------------------------------------------------------------------------

    @property
    def _prepared(self) -> dict[str, Any]:
        prepared: dict[str, Any] = self._run.outputs(PREPARE)[0]
        return prepared

    @property
    def _chunks(self) -> list[Any]:
        chunks: list[Any] = self._run.outputs(CHUNK)[0]
        return chunks

    @property
    def _pages_per_unit(self) -> int:
        return min(math.ceil(self.page_count / EXTRACT_UNITS), MAX_PAGES_PER_UNIT)

    @cached_property
    def _cached(self) -> CachedExtraction | None:
        cached = self._prepared["cached"]
        return None if cached is None else CachedExtraction(**cached)

    @cached_property
    def _taxonomy_reading(self) -> TaxonomyReading:
        rows = self._prepared["taxonomy"]
        return TaxonomyReading(self._dependencies.taxonomy, ()) if rows is None else build_taxonomy(rows)

    def _open(self, file: SourceFile) -> Source:
        data = source_file.read(self._run, file)
        return GuardedSource(data, file.file_name, file.media_type or None, self._dependencies.limits)

"""The analysis of a document as a workflow of units: pages, passages, then three tiers of findings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
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
from functions.analyze.document.json_file import dump
from functions.analyze.document.model import Chunk, Document
from functions.analyze.document.source_file import SourceFile
from functions.analyze.engines.port import (
    BatchAnalysis,
    Checker,
    Engine,
    EngineReport,
    ModelEngine,
    OneByOne,
    Task,
)
from functions.analyze.extract import DEFAULT_LIMITS, ExtractionLimits, Source
from functions.analyze.extract.detect import WITH_A_LOOK
from functions.analyze.extract.guarded import GuardedSource
from functions.analyze.ocr.stage import Recognition
from functions.analyze.outputs.analysis import AnalysisView, Origin
from functions.analyze.outputs.optional import OptionalOutputs
from functions.analyze.outputs.reader import ReaderDependencies, asked, reader_outputs, require_translator
from functions.analyze.pipeline.artifacts import publish, summary
from functions.analyze.pipeline.previous_jobs import earlier_jobs, remove_earlier
from functions.analyze.pipeline.publish import ExtractionPublisher
from functions.analyze.pipeline.publish import Settings as PublicationSettings
from functions.analyze.pipeline.reuse import CachedExtraction, chunk_settings, known_chunks, known_document
from functions.analyze.pipeline.tiers import Sizes, Tiers
from functions.analyze.pipeline.tiers import TierInput as TierSource
from functions.analyze.seeding.stage import Seeding
from shared.directus.taxonomy import TaxonomyReading, build_taxonomy, read_taxonomy_rows
from shared.errors import PermanentError
from shared.findings.model import ResultTree, contradiction_from_dict, contradiction_to_dict
from shared.jobs.outputs import IMAGES, INDEX
from shared.jobs.workflow import Run, Stage
from shared.taxonomy.model import Taxonomy

if TYPE_CHECKING:
    from functions.analyze.ocr.port import Recogniser
    from functions.analyze.seeding.session import SeedingDependencies
    from shared.directus import Directus
    from shared.documents.model import DocumentStore
    from shared.jobs.store import JobStore

# A checkpoint costs about as much as a page with a text layer: a document gets some twenty of them, a long
# one enough that a batch is done in a second or two.
EXTRACT_UNITS = 20
MAX_PAGES_PER_UNIT = 10
LONG_DOCUMENT = 100
SEGMENTS_PER_UNIT = 4
DETECT = "auto"
# How many earlier jobs are asked for answers of the model that serve again.
MOST_EARLIER = 5


@dataclass(frozen=True, slots=True)
class AnalysisDependencies:
    """What every analysis of a process shares; ``taxonomy`` is that of uploads, ``jobs`` has earlier ones.

    ``models`` are the engines that ask a service, ``missing`` says what those need that are not configured.
    Without ``documents`` nothing that was understood is published.
    Without ``ocr``, pages without a text layer are an error; without ``checker`` no contradiction is looked
    for.
    """

    taxonomy: Taxonomy
    engines: Mapping[str, Engine]
    directus: Directus | None = None
    seeding: SeedingDependencies | None = None
    limits: ExtractionLimits = DEFAULT_LIMITS
    default_engine: str = "rules"
    jobs: JobStore | None = None
    models: Mapping[str, ModelEngine] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    documents: DocumentStore | None = None
    ocr: Recogniser | None = None
    readers: ReaderDependencies = field(default_factory=ReaderDependencies)
    indexing: bool = True
    checker: Checker | None = None


class AnalysisWorkflow:
    """One run over one document. What later stages need of earlier ones is read from their outputs."""

    revision = 5

    def __init__(self, run: Run, tools: AnalysisDependencies) -> None:
        self._run = run
        self._tools = tools
        self._recognition = Recognition(run, tools.ocr, lambda: self._source)
        source = TierSource(lambda: self._taxonomy, self._open_analysis, self._sizes)
        self._tiers = Tiers(run, source)
        self._seeding = Seeding(run, tools.seeding, self._tiers.tree)
        settings = PublicationSettings(
            [self.revision, repr(tools.limits), tools.ocr.name if tools.ocr else ""],
            tools.directus.url if tools.directus else "",
        )
        self._publication = ExtractionPublisher(run, tools.documents, settings, lambda: self._original)
        self._outputs = OptionalOutputs(run, reader_outputs(run, self.analysed, tools.readers, asked(run)))

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the stages; weights are shares of the time that the sample policies take."""
        return (
            Stage("prepare", 2, lambda: 1, self._prepare),
            Stage("extract", 50, self._count_batches, self._extract, self._pages_of),
            self._recognition.stage,
            Stage(
                "chunk",
                8,
                lambda: 3 if self._publication.wanted else 2,
                lambda index: (self._assemble, self._chunk, self._publish)[index](),
            ),
            *self._tiers.stages,
            Stage("check", 2, lambda: 1, self._check),
            *self._seeding.stages,
            *self._outputs.stages,
        )

    def finish(self) -> Mapping[str, Any]:
        """Put the tree and the files that the parameters ask for; return the counts."""
        tree = self._checked()
        report = self._report()
        publish(self._run, self._document, tree, self._original.file_name)
        if self._run.params.get("debug_clean") and self._tools.jobs is not None:
            remove_earlier(self._run, self._tools.jobs)
        if self._publication.wanted and self._tools.indexing:
            published = self._run.outputs("chunk")[2]
            said = {"document_id": published["document_id"], "understood": published["prefix"]}
            if self._run.params.get("index", True):
                self._run.follow_up(INDEX, said)
            if self._document.media_type in WITH_A_LOOK:
                self._run.follow_up(IMAGES, said)
        seeding = self._seeding.result()
        if seeding.file is not None:
            self._run.put_artifact("seeding.json", dump(seeding.file), "application/json")
        made = self._outputs.finish()
        return {
            **summary(tree),
            "taxonomy": f"{self._taxonomy.name} {self._taxonomy.version}",
            "document_id": self._publication.document_id,
            "language": self._document.language,
            "pages": len(self._document.pages),
            "chunks": len(self._run.outputs("chunk")[1]),
            "warnings": [*self._warnings(report), *seeding.warnings, *made.warnings],
            **seeding.fields,
            **made.fields,
            **made.with_usage(report.fields),
        }

    @property
    def analysed(self) -> AnalysisView:
        """Return the analysis as outputs see it, once its findings are there."""
        return AnalysisView(
            document=lambda: self._document,
            taxonomy=lambda: self._taxonomy,
            tree=self._checked,
            source=lambda: self._source,
            origin=self._origin,
        )

    def _origin(self) -> Origin:
        report = self._report()
        return Origin(
            self._run.job.job_id,
            self._original.file_name,
            str(report.fields["engine"]),
            str(report.fields.get("model") or ""),
            tuple(self._warnings(report)),
        )

    def _warnings(self, report: EngineReport) -> list[str]:
        found = self._checked().contradictions
        return [
            *self._document.warnings,
            *self._reading.warnings,
            *(f"Contradiction in {entry.path}: {entry.message}" for entry in found),
            *report.warnings,
        ]

    def undo(self) -> None:
        """Take back what was published of the document, and bring back the rows changed in Directus."""
        self._publication.undo()
        self._seeding.undo()

    def _prepare(self, _index: int) -> dict[str, Any]:
        """Find the document and open it once: what cannot be read fails before any work is done.

        Where its owner has had the same content understood before, those pages are taken over. The taxonomy
        of a product is kept as it is now: changing it changes no running job.
        """
        self._require_engine()
        require_translator(self._run, self._tools.readers.translators)
        directus = self._tools.directus
        product = source_file.read_product(self._run, directus)
        rows = None
        if product is not None and directus is not None:
            rows = read_taxonomy_rows(directus, product.domain_context_model)
            self._reading = build_taxonomy(rows)
        found = source_file.locate(self._run, product, directus)
        known = self._publication.known(found)
        if known is not None:
            return {
                "original": found.to_json(),
                "media_type": known.media_type,
                "page_count": known.page_count,
                "taxonomy": rows,
                "known": asdict(known),
            }
        # Kept for the stages of this invocation: neither is read and parsed a second time.
        self._source = self._open(found)
        return {
            "original": found.to_json(),
            "media_type": self._source.media_type,
            "page_count": self._source.page_count,
            "taxonomy": rows,
        }

    def _count_batches(self) -> int:
        if self._known is not None:
            return 0
        return math.ceil(self._page_count / self._pages_per_unit)

    def _pages_of(self, batches: int) -> int:
        """Return how many pages the first so many batches have."""
        return min(batches * self._pages_per_unit, self._page_count)

    def _extract(self, index: int) -> list[Any]:
        """Extract a batch of pages."""
        first, last = self._pages_of(index) + 1, self._pages_of(index + 1)
        return [page_to_dict(page) for page in self._source.pages(first, last)]

    def _assemble(self) -> dict[str, Any]:
        """Make one document of the pages, with what was recognised in place of what was not read."""
        if self._known is not None:
            self._document = known_document(self._run, self._known)
            return document_to_dict(self._document)
        document = self._source.assemble(self._recognition.pages())
        language = self._run.params.get("language", DETECT)
        if language != DETECT:
            document = replace(document, language=language)
        # Kept for this invocation: reading a long document takes a second.
        self._document = document
        return document_to_dict(document)

    def _chunk(self) -> list[Any]:
        """Make passages of the document."""
        if self._known is not None and self._known.chunks:
            return known_chunks(self._run, self._known)
        chunks = chunk(self._document, *chunk_settings(self._run))
        return [chunk_to_dict(passage) for passage in chunks]

    def _check(self, _index: int) -> list[Any]:
        """Look for what the document says in two ways."""
        checker = self._tools.checker
        if checker is None:
            return []
        found = checker.contradictions(self._document, self._taxonomy, self._tiers.tree())
        return [contradiction_to_dict(entry) for entry in found]

    def _checked(self) -> ResultTree:
        """Return the tree with its contradictions."""
        (found,) = self._run.outputs("check")
        return replace(self._tiers.tree(), contradictions=tuple(map(contradiction_from_dict, found)))

    def _publish(self) -> dict[str, Any]:
        """Let the document's pages be read, while the analysis goes on."""
        return self._publication.publish(self._document, self._run.outputs("chunk")[1])

    @property
    def _page_count(self) -> int:
        pages: int = self._run.outputs("prepare")[0]["page_count"]
        return pages

    @property
    def _pages_per_unit(self) -> int:
        return min(math.ceil(self._page_count / EXTRACT_UNITS), MAX_PAGES_PER_UNIT)

    def _sizes(self) -> Sizes:
        """Return what a unit takes; in a long document a single segment may take seconds."""
        if self._engine_name in self._tools.models:
            return Sizes()
        return Sizes(segments=SEGMENTS_PER_UNIT if self._page_count <= LONG_DOCUMENT else 1)

    @cached_property
    def _original(self) -> SourceFile:
        return SourceFile(**self._run.outputs("prepare")[0]["original"])

    @cached_property
    def _known(self) -> CachedExtraction | None:
        known = self._run.outputs("prepare")[0].get("known")
        return None if known is None else CachedExtraction(**known)

    @cached_property
    def _source(self) -> Source:
        return self._open(self._original)

    def _open(self, found: SourceFile) -> Source:
        data = source_file.read(self._run, found)
        return GuardedSource(data, found.file_name, found.media_type or None, self._tools.limits)

    @cached_property
    def _document(self) -> Document:
        return document_from_dict(self._run.outputs("chunk")[0])

    @cached_property
    def _reading(self) -> TaxonomyReading:
        """The taxonomy: the product's, else the one that this process was started with."""
        rows = self._run.outputs("prepare")[0]["taxonomy"]
        return TaxonomyReading(self._tools.taxonomy, ()) if rows is None else build_taxonomy(rows)

    @property
    def _taxonomy(self) -> Taxonomy:
        return self._reading.taxonomy

    @property
    def _engine_name(self) -> str:
        return str(self._run.params.get("engine") or self._tools.default_engine)

    def _require_engine(self) -> None:
        """Refuse a job whose engine is not there before any work is done."""
        name = self._engine_name
        if name in self._tools.models:
            self._tools.models[name].check(self._run)
        elif name not in self._tools.engines:
            raise PermanentError(
                "engine-not-configured",
                f"The engine {name!r} is not configured here. {self._tools.missing.get(name, '')}".rstrip(),
            )
        elif self._run.params.get("hybrid"):
            raise PermanentError(
                "hybrid-without-model", f"The engine {name!r} asks no model: hybrid needs openai or bedrock."
            )

    def _open_analysis(self) -> BatchAnalysis:
        self._require_engine()
        if self._engine_name in self._tools.models:
            task = Task(self._run, self._document, self._taxonomy, self._chunks, self._earlier())
            return self._tools.models[self._engine_name].open(task)
        return OneByOne(self._tools.engines[self._engine_name].open(self._document, self._taxonomy))

    @property
    def _chunks(self) -> list[Chunk]:
        return [chunk_from_dict(entry) for entry in self._run.outputs("chunk")[1]]

    def _earlier(self) -> list[str]:
        """Return the owner's latest earlier jobs about the same subject, newest first."""
        jobs = self._tools.jobs
        found = [] if jobs is None else islice(earlier_jobs(jobs, self._run.job), MOST_EARLIER)
        return [job.job_id for job in found]

    def _report(self) -> EngineReport:
        """Return what the result says of the engine."""
        model = self._tools.models.get(self._engine_name)
        if model is not None:
            return model.report(self._run, self._tiers.counts())
        nothing = {"engine": self._engine_name, "tokens": {"input": 0, "output": 0}, "cost_usd": 0}
        return EngineReport(nothing)

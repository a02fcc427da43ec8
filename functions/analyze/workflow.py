"""The analysis of a document as a workflow of units: pages, passages, then three tiers of findings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from functions.analyze import original
from functions.analyze.chunking import chunk
from functions.analyze.debug import remove_earlier
from functions.analyze.document import Document
from functions.analyze.document_json import (
    chunk_to_dict,
    document_from_dict,
    document_to_dict,
    page_from_dict,
    page_to_dict,
)
from functions.analyze.engine import Analysis, Engine
from functions.analyze.export import dump, publish, summary
from functions.analyze.extract import DEFAULT_LIMITS, Limits, Source, open_source
from functions.analyze.original import Original
from functions.analyze.seeding.stage import Seeding
from shared.directus.taxonomy import Reading, build_taxonomy, read_taxonomy_rows
from shared.errors import PermanentError
from shared.findings import (
    Finding,
    ResultTree,
    details_from_dict,
    details_to_dict,
    finding_from_dict,
    finding_to_dict,
)
from shared.jobs.workflow import Run, Stage
from shared.taxonomy import Category, Item, Taxonomy

if TYPE_CHECKING:
    from functions.analyze.seeding.session import Means
    from shared.directus import Directus
    from shared.jobs.store import JobStore

# A checkpoint costs about as much as a page with a text layer: a document gets some twenty of them, a long
# one enough that a batch is done in a second or two.
EXTRACT_UNITS = 20
MAX_PAGES_PER_UNIT = 10
LONG_DOCUMENT = 100
SEGMENTS_PER_UNIT = 4
DETECT = "auto"


@dataclass(frozen=True, slots=True)
class Tools:
    """What every analysis of a process shares; ``taxonomy`` is that of uploads, ``jobs`` has earlier ones."""

    taxonomy: Taxonomy
    engines: Mapping[str, Engine]
    directus: Directus | None = None
    seeding: Means | None = None
    limits: Limits = DEFAULT_LIMITS
    default_engine: str = "rules"
    jobs: JobStore | None = None


class AnalysisWorkflow:
    """One run over one document. What later stages need of earlier ones is read from their outputs."""

    revision = 2

    def __init__(self, run: Run, tools: Tools) -> None:
        self._run = run
        self._tools = tools
        self._seeding = Seeding(run, tools.seeding, self._tree)

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the stages; weights are shares of the time that the sample policies take."""
        return (
            Stage("prepare", 2, lambda: 1, self._prepare),
            Stage("extract", 50, self._count_batches, self._extract, self._pages_of),
            Stage("chunk", 8, lambda: 2, lambda index: (self._assemble, self._chunk)[index]()),
            Stage("segments", 20, lambda: 1, self._find_segments),
            Stage("benefits", 10, self._count_groups, self._find_benefits),
            Stage("details", 10, lambda: self._count_groups() + 1, self._find_details),
            *self._seeding.stages,
        )

    def finish(self) -> Mapping[str, Any]:
        """Put the tree and the files that the parameters ask for; return the counts."""
        tree = self._tree()
        publish(self._run, self._document, tree, self._original.file_name)
        if self._run.params.get("debug_clean") and self._tools.jobs is not None:
            remove_earlier(self._run, self._tools.jobs)
        seeding = self._seeding.result()
        if seeding.file is not None:
            self._run.put_artifact("seeding.json", dump(seeding.file), "application/json")
        return {
            **summary(tree),
            "engine": self._engine.name,
            "taxonomy": f"{self._taxonomy.name} {self._taxonomy.version}",
            "document_id": self._run.job.document_id,
            "language": self._document.language,
            "pages": len(self._document.pages),
            "chunks": len(self._run.outputs("chunk")[1]),
            "warnings": [*self._document.warnings, *self._reading.warnings, *seeding.warnings],
            **seeding.fields,
            "tokens": {"input": 0, "output": 0},
            "cost_usd": 0,
        }

    def undo(self) -> None:
        """Bring back the rows that a seeding changed in Directus."""
        self._seeding.undo()

    def _prepare(self, _index: int) -> dict[str, Any]:
        """Find the document and open it once: what cannot be read fails before any work is done.

        The taxonomy of a product is kept as it is now: changing it changes no running job.
        """
        directus = self._tools.directus
        product = original.read_product(self._run, directus)
        rows = None
        if product is not None and directus is not None:
            rows = read_taxonomy_rows(directus, product.domain_context_model)
            self._reading = build_taxonomy(rows)
        found = original.locate(self._run, product, directus)
        # Kept for the stages of this invocation: neither is read and parsed a second time.
        self._source = self._open(found)
        return {
            "original": found.to_json(),
            "media_type": self._source.media_type,
            "page_count": self._source.page_count,
            "taxonomy": rows,
        }

    def _count_batches(self) -> int:
        return math.ceil(self._page_count / self._pages_per_unit)

    def _pages_of(self, batches: int) -> int:
        """Return how many pages the first so many batches have."""
        return min(batches * self._pages_per_unit, self._page_count)

    def _extract(self, index: int) -> list[Any]:
        """Extract a batch of pages."""
        first, last = self._pages_of(index) + 1, self._pages_of(index + 1)
        return [page_to_dict(page) for page in self._source.pages(first, last)]

    def _assemble(self) -> dict[str, Any]:
        """Make one document of the pages."""
        pages = [page_from_dict(page) for batch in self._run.outputs("extract") for page in batch]
        document = self._source.assemble(pages)
        language = self._run.params.get("language", DETECT)
        if language != DETECT:
            document = replace(document, language=language)
        # Kept for this invocation: reading a long document takes a second.
        self._document = document
        return document_to_dict(document)

    def _chunk(self) -> list[Any]:
        """Make passages of the document."""
        params = self._run.params
        chunks = chunk(self._document, params.get("chunk_size", 800), params.get("chunk_overlap", 80))
        return [chunk_to_dict(passage) for passage in chunks]

    def _find_segments(self, _index: int) -> list[Any]:
        found = self._analysis.find_segments(self._taxonomy.segments)
        return [finding_to_dict(segment) for segment in found]

    def _count_groups(self) -> int:
        return math.ceil(len(self._segments) / self._segments_per_unit)

    def _find_benefits(self, index: int) -> list[list[Any]]:
        """Find the benefits of a group of segments: one list a segment."""
        return [
            [
                finding_to_dict(benefit)
                for benefit in self._analysis.find_benefits(
                    segment, item_of(self._taxonomy.segments, segment).of(Category.BENEFIT)
                )
            ]
            for segment in self._group(index)
        ]

    def _find_details(self, index: int) -> Any:
        """Find the details of a group of segments and their benefits; the last unit is the product."""
        if index == self._count_groups():
            return details_to_dict(self._analysis.find_product_details(self._taxonomy.root))
        offset = index * self._segments_per_unit
        return [
            self._segment_details(segment, self._benefits[offset + position])
            for position, segment in enumerate(self._group(index))
        ]

    def _segment_details(self, segment: Finding, benefits: Sequence[Finding]) -> dict[str, Any]:
        """Return the details of a segment and of each of its benefits."""
        item = item_of(self._taxonomy.segments, segment)
        below = [
            self._analysis.find_details(segment, benefit, item_of(item.children, benefit))
            for benefit in benefits
        ]
        return {
            "segment": details_to_dict(self._analysis.find_details(segment, None, item)),
            "benefits": [details_to_dict(details) for details in below],
        }

    def _tree(self) -> ResultTree:
        """Put the three tiers together."""
        *groups, product = self._run.outputs("details")
        details = [entry for group in groups for entry in group]
        segments = [
            replace(
                segment.with_details(details_from_dict(entry["segment"])),
                benefits=tuple(
                    benefit.with_details(details_from_dict(below))
                    for benefit, below in zip(benefits, entry["benefits"], strict=True)
                ),
            )
            for segment, benefits, entry in zip(self._segments, self._benefits, details, strict=True)
        ]
        return ResultTree(tuple(segments), details_from_dict(product))

    def _group(self, index: int) -> Sequence[Finding]:
        size = self._segments_per_unit
        return self._segments[index * size : (index + 1) * size]

    @property
    def _page_count(self) -> int:
        pages: int = self._run.outputs("prepare")[0]["page_count"]
        return pages

    @property
    def _pages_per_unit(self) -> int:
        return min(math.ceil(self._page_count / EXTRACT_UNITS), MAX_PAGES_PER_UNIT)

    @property
    def _segments_per_unit(self) -> int:
        """In a long document a single segment may take seconds."""
        return SEGMENTS_PER_UNIT if self._page_count <= LONG_DOCUMENT else 1

    @cached_property
    def _segments(self) -> list[Finding]:
        return [finding_from_dict(entry) for entry in self._run.outputs("segments")[0]]

    @cached_property
    def _benefits(self) -> list[list[Finding]]:
        groups = self._run.outputs("benefits")
        return [[finding_from_dict(entry) for entry in found] for group in groups for found in group]

    @cached_property
    def _original(self) -> Original:
        return Original(**self._run.outputs("prepare")[0]["original"])

    @cached_property
    def _source(self) -> Source:
        return self._open(self._original)

    def _open(self, found: Original) -> Source:
        data = original.read(self._run, found)
        return open_source(data, found.file_name, found.media_type or None, self._tools.limits)

    @cached_property
    def _document(self) -> Document:
        return document_from_dict(self._run.outputs("chunk")[0])

    @cached_property
    def _reading(self) -> Reading:
        """The taxonomy: the product's, else the one that this process was started with."""
        rows = self._run.outputs("prepare")[0]["taxonomy"]
        return Reading(self._tools.taxonomy, ()) if rows is None else build_taxonomy(rows)

    @property
    def _taxonomy(self) -> Taxonomy:
        return self._reading.taxonomy

    @cached_property
    def _engine(self) -> Engine:
        name = str(self._run.params.get("engine") or self._tools.default_engine)
        engine = self._tools.engines.get(name)
        if engine is None:
            raise PermanentError("engine-not-configured", f"The engine {name!r} is not configured here.")
        return engine

    @cached_property
    def _analysis(self) -> Analysis:
        return self._engine.open(self._document, self._taxonomy)


def item_of(items: Sequence[Item], finding: Finding) -> Item:
    """Return the taxonomy item that a finding names."""
    for item in items:
        if item.item_id == finding.item_id:
            return item
    raise PermanentError("taxonomy-changed", f"The taxonomy no longer has the item {finding.item_name!r}.")

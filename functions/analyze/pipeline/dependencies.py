"""What every analysis of a process shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.analyze.engines.choice import EngineChoice
from functions.analyze.extract import DEFAULT_LIMITS, ExtractionLimits
from functions.analyze.outputs.reader import ReaderDependencies

if TYPE_CHECKING:
    from functions.analyze.engines.port import Checker, Engine
    from functions.analyze.ocr.port import Recogniser
    from functions.analyze.seeding.session import SeedingDependencies
    from shared.directus import Directus
    from shared.documents.model import DocumentStore
    from shared.jobs.store import JobStore
    from shared.taxonomy.model import Taxonomy


@dataclass(frozen=True, slots=True)
class AnalysisDependencies:
    """Adapters and settings; ``taxonomy`` is that of uploads, ``jobs`` has previous jobs.

    ``engines`` are those that are configured, ``missing`` says what the others need. Without ``documents`` no
    extraction is published. Without ``ocr``, pages without a text layer are an error; without ``checker``
    contradictions are not looked for.
    """

    taxonomy: Taxonomy
    engines: Mapping[str, Engine]
    directus: Directus | None = None
    seeding: SeedingDependencies | None = None
    limits: ExtractionLimits = DEFAULT_LIMITS
    default_engine: str = "rules"
    jobs: JobStore | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    documents: DocumentStore | None = None
    ocr: Recogniser | None = None
    readers: ReaderDependencies = field(default_factory=ReaderDependencies)
    indexing: bool = True
    checker: Checker | None = None

    @property
    def choice(self) -> EngineChoice:
        """Return the engines that a job chooses from."""
        return EngineChoice(self.engines, self.default_engine, self.missing)

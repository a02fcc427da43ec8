"""The port of the analysis engines: three tiers, each fed by the one before it.

An engine is opened for one document and one taxonomy. A call covers a batch, so that the caller can save its
checkpoint in between; a call that fails raises, it never answers "not found". Engines that work by
themselves and engines that ask a model, which is dearer by the call, differ in how much a batch holds alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.analyze.document.model import Chunk, Document
from shared.findings.model import Contradiction, Details, Finding, ResultTree
from shared.jobs.workflow import Run
from shared.taxonomy.model import Item, Taxonomy


@dataclass(frozen=True, slots=True)
class Question:
    """Asks which of ``items`` the document grants within ``segment``."""

    segment: Finding
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where details are looked for: a benefit, a segment (``benefit`` None) or the product (both None)."""

    item: Item
    segment: Finding | None = None
    benefit: Finding | None = None


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """What a batch holds: ``segments`` whole segments, or where that is 0, ``items`` items or ``places``."""

    segments: int = 0
    items: int = 24
    places: int = 12


class Analysis(Protocol):
    """An engine at work on one document; each answer has one entry for each question, in order."""

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """Return those of ``items`` (segments) that the document grants."""
        ...

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        """Return what the document grants of each question's items."""
        ...

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        """Return limits, conditions and exclusions of each place."""
        ...

    def take_counts(self) -> Mapping[str, int]:
        """Return what was counted since the last call; it is kept with the batch's findings."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What an engine is opened for; passages and jobs are read when an engine asks for them.

    ``previous_jobs`` returns the ids of jobs whose replies of a model may serve again, newest first.
    """

    run: Run
    document: Document
    taxonomy: Taxonomy
    chunks: Callable[[], Sequence[Chunk]] = tuple
    previous_jobs: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What a result says of its engine: ``engine``, ``tokens``, ``cost_usd`` and what else it counted."""

    fields: Mapping[str, Any]
    warnings: Sequence[str] = ()


class Engine(Protocol):
    """Opens analyses. One object serves all jobs of a process."""

    @property
    def name(self) -> str:
        """Return the name by which jobs ask for the engine; it goes into the result."""
        ...

    def check(self, run: Run) -> None:
        """Raise PermanentError where a job with these parameters cannot be done."""
        ...

    def sizes(self, page_count: int) -> BatchSizes:
        """Return how much of a document of so many pages a batch holds."""
        ...

    def open(self, task: Task) -> Analysis:
        """Prepare the document for the questions of the taxonomy."""
        ...

    def report(self, run: Run, counts: Mapping[str, int]) -> EngineReport:
        """Return what the job has used over all its executions; ``counts`` are those of its batches."""
        ...


class Checker(Protocol):
    """Looks for contradictions in a document, whichever engine has made the findings."""

    def contradictions(self, document: Document, taxonomy: Taxonomy, tree: ResultTree) -> list[Contradiction]:
        """Return the contradictions about the benefits of ``tree``."""
        ...

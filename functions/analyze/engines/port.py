"""The ports of the analysis engines: three tiers, each fed by the one before it.

An engine is opened for one document and one taxonomy. A call covers a batch of items, so that the
caller can save its checkpoint in between; a call that fails raises, it never answers "not found".

``Engine`` finds by itself, item by item; ``ModelEngine`` asks a service, which is dearer by the call: it gets
whole units at once. ``OneByOne`` lets the workflow see both as the latter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.analyze.document.model import Chunk, Document
from shared.findings.model import Contradiction, Details, Finding, ResultTree
from shared.jobs.workflow import Run
from shared.taxonomy.model import Item, Taxonomy


class Analysis(Protocol):
    """One engine at work on one document; deterministic: the same call gives the same findings."""

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """Return those of ``items`` (segments) that the document grants."""
        ...

    def find_benefits(self, segment: Finding, items: Sequence[Item]) -> list[Finding]:
        """Return those of ``items`` (benefits of ``segment``) that the document grants."""
        ...

    def find_details(self, segment: Finding, benefit: Finding | None, item: Item) -> Details:
        """Return limits, conditions and exclusions of a benefit, or of the segment itself."""
        ...

    def find_product_details(self, item: Item) -> Details:
        """Return what holds for the whole product; ``item`` is the taxonomy's root."""
        ...


class Engine(Protocol):
    """Opens an analysis; ``name`` goes into the result."""

    name: str

    def open(self, document: Document, taxonomy: Taxonomy) -> Analysis:
        """Prepare ``document`` for the questions of ``taxonomy``."""
        ...


class Checker(Protocol):
    """Looks for what a document says in two ways, whichever engine found what it grants."""

    def contradictions(self, document: Document, taxonomy: Taxonomy, tree: ResultTree) -> list[Contradiction]:
        """Return the contradictions about the benefits of ``tree``."""
        ...


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


class BatchAnalysis(Protocol):
    """An engine at work on whole units; each answer has one entry for each question, in order."""

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
        """Return what was counted since the last call; it is kept with the unit's findings."""
        ...


@dataclass(frozen=True, slots=True)
class OneByOne:
    """An engine that finds by itself, asked for one thing of a unit after the other."""

    analysis: Analysis

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """See BatchAnalysis."""
        return self.analysis.find_segments(items)

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        """See BatchAnalysis."""
        return [self.analysis.find_benefits(question.segment, question.items) for question in questions]

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        """See BatchAnalysis."""
        return [self._details(place) for place in places]

    def take_counts(self) -> Mapping[str, int]:
        """See BatchAnalysis: there is nothing to count."""
        return {}

    def _details(self, place: Place) -> Details:
        if place.segment is None:
            return self.analysis.find_product_details(place.item)
        return self.analysis.find_details(place.segment, place.benefit, place.item)


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is opened for; ``earlier`` are jobs whose answers may serve again, newest first."""

    run: Run
    document: Document
    taxonomy: Taxonomy
    chunks: Sequence[Chunk]
    earlier: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What a result says of its engine: ``engine``, ``tokens``, ``cost_usd`` and what else it counted."""

    fields: Mapping[str, Any]
    warnings: Sequence[str] = ()


class ModelEngine(Protocol):
    """Opens an analysis that asks a service for a price."""

    def check(self, run: Run) -> None:
        """Raise PermanentError where a job with these parameters cannot be done."""
        ...

    def open(self, task: Task) -> BatchAnalysis:
        """Prepare the document for the questions of the taxonomy."""
        ...

    def report(self, run: Run, counts: Mapping[str, int]) -> EngineReport:
        """Return what the job has used over all its executions; ``counts`` are those of its units."""
        ...

"""The port of the analysis engines: three tiers, each fed by the one before it.

An engine is opened for one document and one taxonomy. A call covers a batch of items, so that the
caller can save its checkpoint in between; a call that fails raises, it never answers "not found".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from functions.analyze.document import Document
from shared.findings import Details, Finding
from shared.taxonomy import Item, Taxonomy


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

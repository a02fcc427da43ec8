"""Findings: what an analysis grants, each with the passage that proves it.

The tree mirrors ``shared/schemas/result.v1.json``; ``to_tree`` writes that form and ``counts`` the
figures of a job's result. A finding without evidence is not a finding, so ``Finding`` refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

TREE_VERSION = 1

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim passage: ``quote == page_text[start:end]`` on ``page`` (from 1); boxes in points."""

    page: int
    quote: str
    start: int
    end: int
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One taxonomy item that the document grants (or names, for conditions and exclusions).

    ``item_name`` is the taxonomy's name; ``item_id`` is the relationship's id where the taxonomy has
    one, since names repeat. ``confidence`` lies between 0 and 1. ``value`` is None for "unlimited",
    and for items that carry no number; ``unit`` then says ``unlimited`` or is empty.
    """

    item_name: str
    confidence: float
    evidence: tuple[Evidence, ...]
    item_id: str = ""
    is_included: bool = True
    section_reference: str = ""
    description: str = ""
    summary: str = ""
    value: float | None = None
    unit: str = ""
    scope: str = ""
    benefits: tuple[Finding, ...] = ()
    limits: tuple[Finding, ...] = ()
    conditions: tuple[Finding, ...] = ()
    exclusions: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"finding {self.item_name!r} has no evidence")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence of {self.item_name!r} is {self.confidence}, not in 0..1")

    def with_details(self, details: Details) -> Finding:
        """Return this finding with its limits, conditions and exclusions."""
        return replace(
            self, limits=details.limits, conditions=details.conditions, exclusions=details.exclusions
        )


@dataclass(frozen=True, slots=True)
class Details:
    """The third tier below a segment or benefit, or of the product as a whole."""

    limits: tuple[Finding, ...] = ()
    conditions: tuple[Finding, ...] = ()
    exclusions: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultTree:
    """Everything an analysis found in one document."""

    segments: tuple[Finding, ...] = ()
    product: Details = field(default_factory=Details)

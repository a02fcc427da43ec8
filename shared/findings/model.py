"""Findings: what an analysis grants, each with the passage that proves it.

The tree mirrors ``shared/schemas/result.v1.json``; ``to_tree`` writes that form, ``from_tree`` reads it.
A finding without evidence is not a finding, so ``Finding`` refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.json_values import from_json_values, to_json_values

_CURRENCY_LETTERS = 3
_DETAILS = ("limits", "conditions", "exclusions")
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
class Contradiction:
    """Two passages that cannot both hold for the benefit at ``path`` (``segment/benefit``).

    ``kind`` is ``amounts`` (two sums for the same) or ``excluded`` (granted, and excluded elsewhere);
    ``evidence`` has a passage for each side. ``message`` quotes nothing of the document but the sums.
    """

    kind: str
    path: str
    message: str
    evidence: tuple[Evidence, Evidence]


@dataclass(frozen=True, slots=True)
class ResultTree:
    """Everything an analysis found in one document."""

    segments: tuple[Finding, ...] = ()
    product: Details = field(default_factory=Details)
    contradictions: tuple[Contradiction, ...] = ()


def to_tree(result: ResultTree) -> dict[str, Any]:
    """Return the exported form of a result (``result.v1.json``): what is of the product stands at its top."""
    tree: dict[str, Any] = to_json_values(ResultTree, result)
    return {**tree.pop("product"), **tree}


def from_tree(tree: Mapping[str, Any]) -> ResultTree:
    """Read what ``to_tree`` wrote; raises ValueError."""
    product = {kind: tree[kind] for kind in _DETAILS}
    contradictions = tree.get("contradictions", ())
    return from_json_values(
        ResultTree, {"segments": tree["segments"], "product": product, "contradictions": contradictions}
    )


def details_to_dict(details: Details) -> dict[str, Any]:
    """Return limits, conditions and exclusions as JSON values."""
    values: dict[str, Any] = to_json_values(Details, details)
    return values


def details_from_dict(data: Mapping[str, Any]) -> Details:
    """Read what ``details_to_dict`` wrote; raises ValueError."""
    return from_json_values(Details, data)


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding, and all below it, as JSON values."""
    values: dict[str, Any] = to_json_values(Finding, finding)
    return values


def finding_from_dict(data: Mapping[str, Any]) -> Finding:
    """Read what ``finding_to_dict`` wrote; raises ValueError."""
    return from_json_values(Finding, data)


def contradiction_to_dict(contradiction: Contradiction) -> dict[str, Any]:
    """Return a contradiction as JSON values."""
    values: dict[str, Any] = to_json_values(Contradiction, contradiction)
    return values


def contradiction_from_dict(data: Mapping[str, Any]) -> Contradiction:
    """Read what ``contradiction_to_dict`` wrote; raises ValueError."""
    return from_json_values(Contradiction, data)


def is_currency(unit: str) -> bool:
    """Return whether a unit is the code of a currency (ISO 4217).

    >>> [is_currency(unit) for unit in ("CHF", "days", "%", "")]
    [True, False, False, False]
    """
    return len(unit) == _CURRENCY_LETTERS and unit.isalpha() and unit.isupper()

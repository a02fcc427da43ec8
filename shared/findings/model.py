"""Findings: what an analysis grants, each with the passage that proves it.

The tree mirrors ``shared/schemas/result.v1.json``; ``to_tree`` writes that form, ``from_tree`` reads it.
A finding without evidence is not a finding, so ``Finding`` refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_DETAILS = ("limits", "conditions", "exclusions")
_SCALARS = (
    "item_name",
    "item_id",
    "is_included",
    "confidence",
    "section_reference",
    "description",
    "summary",
    "value",
    "unit",
    "scope",
)

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
    """Return the exported form of a result (``result.v1.json``)."""
    segments = [finding_to_dict(segment) for segment in result.segments]
    contradictions = [contradiction_to_dict(entry) for entry in result.contradictions]
    return {"segments": segments, **details_to_dict(result.product), "contradictions": contradictions}


def from_tree(tree: Mapping[str, Any]) -> ResultTree:
    """Read what ``to_tree`` wrote."""
    segments = tuple(finding_from_dict(segment) for segment in tree["segments"])
    contradictions = tuple(contradiction_from_dict(entry) for entry in tree.get("contradictions", ()))
    return ResultTree(segments, details_from_dict(tree), contradictions)


def details_to_dict(details: Details) -> dict[str, Any]:
    """Return limits, conditions and exclusions as JSON values."""
    return {kind: [finding_to_dict(finding) for finding in getattr(details, kind)] for kind in _DETAILS}


def details_from_dict(data: Mapping[str, Any]) -> Details:
    """Read what ``details_to_dict`` wrote."""
    return Details(**{kind: _findings(data[kind]) for kind in _DETAILS})


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding, and all below it, as JSON values."""
    data: dict[str, Any] = {name: getattr(finding, name) for name in _SCALARS}
    data["evidence"] = [_evidence_to_dict(proof) for proof in finding.evidence]
    return data | {
        kind: [finding_to_dict(below) for below in getattr(finding, kind)] for kind in ("benefits", *_DETAILS)
    }


def finding_from_dict(data: Mapping[str, Any]) -> Finding:
    """Read what ``finding_to_dict`` wrote."""
    evidence = tuple(_evidence_from_dict(proof) for proof in data["evidence"])
    fields: dict[str, Any] = {name: data[name] for name in _SCALARS}
    fields |= {kind: _findings(data[kind]) for kind in ("benefits", *_DETAILS)}
    return Finding(evidence=evidence, **fields)


def contradiction_to_dict(contradiction: Contradiction) -> dict[str, Any]:
    """Return a contradiction as JSON values."""
    return {
        "kind": contradiction.kind,
        "path": contradiction.path,
        "message": contradiction.message,
        "evidence": [_evidence_to_dict(proof) for proof in contradiction.evidence],
    }


def contradiction_from_dict(data: Mapping[str, Any]) -> Contradiction:
    """Read what ``contradiction_to_dict`` wrote."""
    first, second = (_evidence_from_dict(evidence) for evidence in data["evidence"])
    return Contradiction(data["kind"], data["path"], data["message"], (first, second))


def _evidence_to_dict(proof: Evidence) -> dict[str, Any]:
    return {
        "page": proof.page,
        "quote": proof.quote,
        "start": proof.start,
        "end": proof.end,
        "boxes": [list(box) for box in proof.boxes],
    }


def _evidence_from_dict(data: Mapping[str, Any]) -> Evidence:
    return Evidence(**{**data, "boxes": tuple(tuple(box) for box in data["boxes"])})


def _findings(data: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(finding_from_dict(finding) for finding in data)

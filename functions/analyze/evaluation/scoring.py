"""Compares the result of an analysis with what careful readers found in the document.

Labels are JSON: ``segments`` by name and ``benefits`` by ``segment/benefit``, each with ``included``
(true, false, or null where readers may differ or nobody has looked), a benefit also with ``limits``
(null where nobody has looked); ``details`` names the conditions and exclusions by place: ``product``, a
segment (with all of its benefits) or ``segment/benefit``. What no label decides is not scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SEGMENTS, BENEFITS, LIMITS = "segments", "benefits", "limits"
DETAILS = ("conditions", "exclusions")
TIERS = (SEGMENTS, BENEFITS, LIMITS, *DETAILS)
PRODUCT = "product"

Labels = Mapping[str, Any]
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding that the labels decide; ``confidence`` is what the engine stated, 0 to 1."""

    tier: str
    item: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decided findings of one document, and what it grants but the analysis did not find."""

    findings: tuple[Judged, ...]
    missed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How many findings of a tier are right and wrong, and how many were missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the findings that are right, 0 to 1; 1 where there is none."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found, 0 to 1; 1 where there was nothing to find."""
        wanted = self.right + self.missed
        return self.right / wanted if wanted else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def judge(labels: Labels, tree: Tree) -> Judgement:
    """Compare one result (``result.v1.json``) with the labels of its document.

    A limit counts by its number, once a benefit: of the benefits that the labels include, what is wanted
    is the set of numbers. Raises KeyError where the labels lack ``segments`` or ``benefits``.
    """
    segments = {segment["item_name"]: segment for segment in _included(tree.get(SEGMENTS, ()))}
    benefits = {
        f"{name}/{benefit['item_name']}": benefit
        for name, segment in segments.items()
        for benefit in _included(segment.get(BENEFITS, ()))
    }
    decided: dict[tuple[str, str], tuple[bool, float | None]] = {}
    for tier, found in ((SEGMENTS, segments), (BENEFITS, benefits)):
        for name, label in labels[tier].items():
            if label["included"] is not None:
                confidence = found[name]["confidence"] if name in found else None
                decided[tier, name] = (label["included"], confidence)
    decided |= _limits(labels, benefits)
    decided |= _details(labels, tree, segments, benefits)
    return Judgement(
        tuple(
            Judged(tier, item, confidence, wanted)
            for (tier, item), (wanted, confidence) in decided.items()
            if confidence is not None
        ),
        tuple(key for key, (wanted, confidence) in decided.items() if wanted and confidence is None),
    )


def score(judgements: Iterable[Judgement], tier: str) -> Score:
    """Return the score of a tier over all documents together."""
    right = wrong = missed = 0
    for judgement in judgements:
        mine = [finding.right for finding in judgement.findings if finding.tier == tier]
        right += sum(mine)
        wrong += len(mine) - sum(mine)
        missed += sum(1 for found_in, _ in judgement.missed if found_in == tier)
    return Score(right, wrong, missed)


def _limits(labels: Labels, benefits: Mapping[str, Tree]) -> dict[tuple[str, str], tuple[bool, float | None]]:
    decided = {}
    for pair, label in labels[BENEFITS].items():
        if not label["included"] or label.get(LIMITS) is None:
            continue
        wanted = {float(limit["value"]) for limit in label[LIMITS] if limit.get("value") is not None}
        given: dict[float, float] = {}
        for limit in _included(benefits.get(pair, {}).get(LIMITS, ())):
            if isinstance(limit.get("value"), int | float):
                value = float(limit["value"])
                given[value] = max(given.get(value, 0.0), limit["confidence"])
        for value in sorted(wanted | set(given)):
            decided[LIMITS, f"{pair}={value:g}"] = (value in wanted, given.get(value))
    return decided


def _details(
    labels: Labels, tree: Tree, segments: Mapping[str, Tree], benefits: Mapping[str, Tree]
) -> dict[tuple[str, str], tuple[bool, float | None]]:
    decided = {}
    for place, by_kind in labels.get("details", {}).items():
        levels: list[Tree] = [tree] if place == PRODUCT else [benefits.get(place, segments.get(place, {}))]
        if place in segments:
            levels += segments[place].get(BENEFITS, ())
        for kind, names in by_kind.items():
            given: dict[str, float] = {}
            for level in levels:
                for finding in _included(level.get(kind, ())):
                    name = finding["item_name"]
                    given[name] = max(given.get(name, 0.0), finding["confidence"])
            for name in sorted({*names, *given}):
                decided[kind, f"{place}/{name}"] = (name in names, given.get(name))
    return decided


def _included(findings: Iterable[Tree]) -> Iterator[Tree]:
    return (finding for finding in findings if finding.get("is_included", True))

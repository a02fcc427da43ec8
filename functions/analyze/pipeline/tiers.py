"""The three tiers of findings as stages of units: segments, their benefits, and the details of both.

An engine that finds by itself does some segments, with all that is below them, in a unit. One that asks a
model gets so many items or places a unit, so that a unit is a bounded number of calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from functions.analyze.engines.batching import _cut, pack
from functions.analyze.engines.port import BatchAnalysis, Place, Question
from shared.errors import PermanentError
from shared.findings.model import (
    Details,
    Finding,
    ResultTree,
    details_from_dict,
    details_to_dict,
    finding_from_dict,
    finding_to_dict,
)
from shared.jobs.workflow import Run, Stage
from shared.taxonomy.model import Category, Item, Taxonomy


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a unit takes: ``segments`` whole segments, or where that is 0, ``items`` items or ``places``."""

    segments: int = 0
    items: int = 24
    places: int = 12


@dataclass(frozen=True, slots=True)
class TierInput:
    """What the tiers work with, made when it is first needed: earlier stages give it."""

    taxonomy: Callable[[], Taxonomy]
    analysis: Callable[[], BatchAnalysis]
    sizes: Callable[[], Sizes]


class Tiers:
    """The tiers of one run; what one tier found is read from its units' outputs."""

    def __init__(self, run: Run, source: TierInput) -> None:
        self._run = run
        self._source = source

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the three stages."""
        return (
            Stage("segments", 20, lambda: len(self._segment_units), self._find_segments),
            Stage("benefits", 10, lambda: len(self._benefit_units), self._find_benefits),
            Stage("details", 10, lambda: len(self._detail_units), self._find_details),
        )

    def tree(self) -> ResultTree:
        """Put the three tiers together."""
        found = iter(details_from_dict(entry) for entry in self._found("details"))
        segments = []
        for segment, benefits in zip(self._segments, self._benefits, strict=True):
            own = next(found)
            below = tuple(benefit.with_details(next(found)) for benefit in benefits)
            segments.append(replace(segment.with_details(own), benefits=below))
        return ResultTree(tuple(segments), next(found, Details()))

    def counts(self) -> Mapping[str, int]:
        """Return the sums of what the engine counted in the units."""
        total: Counter[str] = Counter()
        for stage in ("segments", "benefits", "details"):
            for output in self._run.outputs(stage):
                total.update(output["counts"])
        return dict(total)

    # --- Units ---------------------------------------------------------------------------------------

    def _find_segments(self, index: int) -> dict[str, Any]:
        found = self._analysis.find_segments(self._segment_units[index])
        return self._output([finding_to_dict(segment) for segment in found])

    def _find_benefits(self, index: int) -> dict[str, Any]:
        found = self._analysis.find_benefits(self._benefit_units[index])
        return self._output([[finding_to_dict(benefit) for benefit in benefits] for benefits in found])

    def _find_details(self, index: int) -> dict[str, Any]:
        found = self._analysis.find_details(self._detail_units[index])
        return self._output([details_to_dict(details) for details in found])

    def _output(self, found: list[Any]) -> dict[str, Any]:
        return {"found": found, "counts": dict(self._analysis.take_counts())}

    # --- What a unit is about ------------------------------------------------------------------------

    @cached_property
    def _segment_units(self) -> list[list[Item]]:
        items = list(self._source.taxonomy().segments)
        return [items] if self._sizes.segments else pack(items, lambda _item: 1, self._sizes.items)

    @cached_property
    def _questions(self) -> list[tuple[int, Question]]:
        """Every question of the second tier with the number of its segment."""
        most = self._sizes.items
        asked = []
        for number, segment in enumerate(self._segments):
            items = self._item(segment).of(Category.BENEFIT)
            pieces = [items] if self._sizes.segments else _cut(items, most)
            asked += [(number, Question(segment, piece)) for piece in pieces]
        return asked

    @cached_property
    def _benefit_units(self) -> list[list[Question]]:
        questions = [question for _, question in self._questions]
        if self._sizes.segments:
            return pack(questions, lambda _question: 1, self._sizes.segments)
        return pack(questions, lambda question: len(question.items), self._sizes.items)

    @cached_property
    def _detail_units(self) -> list[list[Place]]:
        """The places of segments and benefits; the product is a unit of its own, if anything is granted."""
        if not self._segments:
            return []
        below = [
            self._places(segment, benefits)
            for segment, benefits in zip(self._segments, self._benefits, strict=True)
        ]
        if self._sizes.segments:
            groups = pack(below, lambda _places: 1, self._sizes.segments)
            units = [[place for places in group for place in places] for group in groups]
        else:
            units = pack([place for places in below for place in places], lambda _: 1, self._sizes.places)
        return [*units, [Place(self._source.taxonomy().root)]]

    def _places(self, segment: Finding, benefits: Sequence[Finding]) -> list[Place]:
        item = self._item(segment)
        below = [Place(item_of(item.children, benefit), segment, benefit) for benefit in benefits]
        return [Place(item, segment), *below]

    # --- What earlier units found --------------------------------------------------------------------

    @cached_property
    def _segments(self) -> list[Finding]:
        return [finding_from_dict(entry) for entry in self._found("segments")]

    @cached_property
    def _benefits(self) -> list[list[Finding]]:
        """The benefits of each segment, whose questions may have been several."""
        benefits: list[list[Finding]] = [[] for _ in self._segments]
        for (number, _), found in zip(self._questions, self._found("benefits"), strict=True):
            benefits[number] += [finding_from_dict(entry) for entry in found]
        return benefits

    def _found(self, stage: str) -> list[Any]:
        return [entry for output in self._run.outputs(stage) for entry in output["found"]]

    def _item(self, segment: Finding) -> Item:
        return item_of(self._source.taxonomy().segments, segment)

    @cached_property
    def _analysis(self) -> BatchAnalysis:
        return self._source.analysis()

    @cached_property
    def _sizes(self) -> Sizes:
        return self._source.sizes()


def item_of(items: Sequence[Item], finding: Finding) -> Item:
    """Return the taxonomy item that a finding names."""
    for item in items:
        if item.item_id == finding.item_id:
            return item
    raise PermanentError("taxonomy-changed", f"The taxonomy no longer has the item {finding.item_name!r}.")

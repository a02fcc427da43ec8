"""The three tiers of findings as stages of units: segments, their benefits, and the details of both.

A unit is one batch of the engine's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from functions.analyze.document.phases import READ
from functions.analyze.engines.batching import Batching
from functions.analyze.engines.port import Analysis, Place, Question
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
from shared.taxonomy.model import Item

SEGMENTS, BENEFITS, DETAILS = "segments", "benefits", "details"


class Tiers:
    """The tiers of one run; what one tier found is read from its units' outputs.

    ``batching`` and ``analysis`` are called when they are first needed: they depend on earlier stages.
    """

    def __init__(self, run: Run, batching: Callable[[], Batching], analysis: Callable[[], Analysis]) -> None:
        self._run = run
        self._make_batching = batching
        self._make_analysis = analysis

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the three stages."""
        return (
            Stage(SEGMENTS, 20, lambda: len(self._segment_units), self._find_segments, phase=READ),
            Stage(BENEFITS, 10, lambda: len(self._benefit_units), self._find_benefits, phase=READ),
            Stage(DETAILS, 10, lambda: len(self._detail_units), self._find_details, phase=READ),
        )

    def tree(self) -> ResultTree:
        """Put the three tiers together."""
        details = iter(details_from_dict(entry) for entry in self._results(DETAILS))
        segments = []
        for segment, benefits in zip(self._segments, self._benefits, strict=True):
            own = next(details)
            below = tuple(benefit.with_details(next(details)) for benefit in benefits)
            segments.append(replace(segment.with_details(own), benefits=below))
        return ResultTree(tuple(segments), next(details, Details()))

    def counts(self) -> Mapping[str, int]:
        """Return the sums of what the engine counted in the units."""
        total: Counter[str] = Counter()
        for stage in (SEGMENTS, BENEFITS, DETAILS):
            for output in self._run.outputs(stage):
                total.update(output["counts"])
        return dict(total)

    # --- Units ---------------------------------------------------------------------------------------

    def _find_segments(self, index: int) -> dict[str, Any]:
        segments = self._analysis.find_segments(self._segment_units[index])
        return self._output([finding_to_dict(segment) for segment in segments])

    def _find_benefits(self, index: int) -> dict[str, Any]:
        answers = self._analysis.find_benefits(self._benefit_units[index])
        return self._output([[finding_to_dict(benefit) for benefit in benefits] for benefits in answers])

    def _find_details(self, index: int) -> dict[str, Any]:
        answers = self._analysis.find_details(self._detail_units[index])
        return self._output([details_to_dict(details) for details in answers])

    def _output(self, results: list[Any]) -> dict[str, Any]:
        return {"results": results, "counts": dict(self._analysis.take_counts())}

    # --- What a unit is about ------------------------------------------------------------------------

    @cached_property
    def _segment_units(self) -> list[list[Item]]:
        return self._batching.segments()

    @cached_property
    def _questions(self) -> list[list[Question]]:
        return self._batching.questions(self._segments)

    @cached_property
    def _benefit_units(self) -> list[list[Question]]:
        return self._batching.benefits([question for questions in self._questions for question in questions])

    @cached_property
    def _detail_units(self) -> list[list[Place]]:
        return self._batching.places(self._segments, self._benefits)

    # --- What earlier units found --------------------------------------------------------------------

    @cached_property
    def _segments(self) -> list[Finding]:
        return [finding_from_dict(entry) for entry in self._results(SEGMENTS)]

    @cached_property
    def _benefits(self) -> list[list[Finding]]:
        """The benefits of each segment, whose questions may have been several."""
        answers = iter(self._results(BENEFITS))
        return [
            [finding_from_dict(entry) for _ in questions for entry in next(answers)]
            for questions in self._questions
        ]

    def _results(self, stage: str) -> list[Any]:
        return [entry for output in self._run.outputs(stage) for entry in output["results"]]

    @cached_property
    def _analysis(self) -> Analysis:
        return self._make_analysis()

    @cached_property
    def _batching(self) -> Batching:
        return self._make_batching()

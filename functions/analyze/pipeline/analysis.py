"""The stages that find what a document grants, and the check of what they found.

segments -> benefits -> details -> check
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from functions.analyze.document.phases import READ
from functions.analyze.engines.batching import Batching
from functions.analyze.engines.port import Analysis, EngineReport, Task
from functions.analyze.pipeline.previous_jobs import previous_jobs
from functions.analyze.pipeline.tiers import Tiers
from shared.findings.model import ResultTree, contradiction_from_dict, contradiction_to_dict
from shared.jobs.workflow import Run, Stage

if TYPE_CHECKING:
    from functions.analyze.pipeline.dependencies import AnalysisDependencies
    from functions.analyze.pipeline.reading import DocumentReading

CHECK = "check"
# Previous jobs that are searched for replies of the model that serve again.
MOST_PREVIOUS_JOBS = 5


class DocumentAnalysis:
    """The analysis of one run; it works on what ``reading`` has left."""

    def __init__(self, run: Run, dependencies: AnalysisDependencies, reading: DocumentReading) -> None:
        self._run = run
        self._dependencies = dependencies
        self._reading = reading
        self._tiers = Tiers(run, self._batching, self._open)

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the stages."""
        return (*self._tiers.stages, Stage(CHECK, 2, lambda: 1, self._check, phase=READ))

    def findings(self) -> ResultTree:
        """Return the tree of the three tiers, without contradictions."""
        return self._tiers.tree()

    def tree(self) -> ResultTree:
        """Return the tree with its contradictions, once it is checked."""
        (contradictions,) = self._run.outputs(CHECK)
        return replace(self.findings(), contradictions=tuple(map(contradiction_from_dict, contradictions)))

    def report(self) -> EngineReport:
        """Return what the result says of the engine."""
        return self._dependencies.choice.report(self._run, self._tiers.counts())

    def warnings(self, report: EngineReport) -> list[str]:
        """Return what the result warns of; ``report`` is that of the engine."""
        contradictions = (
            f"Contradiction in {entry.path}: {entry.message}" for entry in self.tree().contradictions
        )
        return [*self._reading.warnings, *contradictions, *report.warnings]

    def _batching(self) -> Batching:
        engine = self._dependencies.choice.engine(self._run)
        return Batching(self._reading.taxonomy, engine.sizes(self._reading.page_count))

    def _open(self) -> Analysis:
        reading = self._reading
        task = Task(self._run, reading.document, reading.taxonomy, reading.chunks, self._previous_jobs)
        return self._dependencies.choice.engine(self._run).open(task)

    def _previous_jobs(self) -> list[str]:
        """Return the owner's latest previous jobs about the same subject, newest first."""
        jobs = self._dependencies.jobs
        if jobs is None:
            return []
        return [job.job_id for job in islice(previous_jobs(jobs, self._run.job), MOST_PREVIOUS_JOBS)]

    def _check(self, _index: int) -> list[Any]:
        """Look for contradictions in the document."""
        checker = self._dependencies.checker
        if checker is None:
            return []
        document, taxonomy = self._reading.document, self._reading.taxonomy
        contradictions = checker.contradictions(document, taxonomy, self.findings())
        return [contradiction_to_dict(entry) for entry in contradictions]

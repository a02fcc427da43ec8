"""An analysis that has ended, taken up by an output job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.analyze.outputs.analysis import AnalysisView
from functions.analyze.outputs.reader import REQUESTED_BY, reader_outputs
from functions.analyze.pipeline.reading import ASSEMBLE
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.errors import PermanentError
from shared.jobs.checkpoints import finished_units
from shared.jobs.model import Job, Kind, Status
from shared.jobs.workflow import MakeWorkflow, Run, Workflow

if TYPE_CHECKING:
    from functions.analyze.pipeline.dependencies import AnalysisDependencies


def ended_analysis(run: Run, dependencies: AnalysisDependencies) -> AnalysisView:
    """Return the analysis that the job names as its source; it is looked up when a part of it is asked for.

    Every part raises PermanentError where the analysis is gone, has not completed, or was made by a release
    whose units this one does not read.
    """

    @cache
    def source() -> Job:
        return _completed(dependencies, str(run.params.get("source_job_id") or ""))

    @cache
    def view() -> AnalysisView:
        return _reopened(run, source(), dependencies)

    def artifact(name: str) -> Any:
        published = source().artifacts.get(name)
        return None if published is None else json.loads(run.files.get(published.key))

    return AnalysisView(
        document=lambda: view().document(),
        taxonomy=lambda: view().taxonomy(),
        tree=lambda: view().tree(),
        source=lambda: view().source(),
        origin=lambda: view().origin(),
        artifact=artifact,
    )


def _reopened(run: Run, source: Job, dependencies: AnalysisDependencies) -> AnalysisView:
    """Return the analysis as its units have left it."""
    before = Run(source, run.files)
    workflow = AnalysisWorkflow(before, dependencies)
    if dependencies.jobs is not None:
        for unit in finished_units(dependencies.jobs, source, workflow):
            before.finished.setdefault(unit.stage, {})[unit.index] = unit
    if not before.finished.get(ASSEMBLE):
        raise PermanentError(
            "source-outdated",
            f"The analysis {source.job_id} was made by another release. Analyse the document again.",
        )
    return workflow.view


def _completed(dependencies: AnalysisDependencies, source_id: str) -> Job:
    source = None if dependencies.jobs is None else dependencies.jobs.get(source_id)
    if source is None:
        raise PermanentError("source-gone", f"The analysis {source_id} no longer exists.")
    if source.kind is not Kind.ANALYSIS or source.status is not Status.COMPLETED:
        raise PermanentError("source-not-completed", f"The job {source_id} is no completed analysis.")
    return source


def reader_makers(dependencies: AnalysisDependencies) -> Mapping[str, MakeWorkflow]:
    """Return what makes the outputs for readers in a job of their own."""

    def maker(name: str) -> MakeWorkflow:
        def make(run: Run) -> Workflow:
            names = [str(output) for output in run.params["outputs"]]
            return reader_outputs(run, ended_analysis(run, dependencies), dependencies.readers, names)[name]

        return make

    return {name: maker(name) for name in REQUESTED_BY}

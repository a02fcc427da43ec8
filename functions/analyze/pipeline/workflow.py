"""The analysis of a document as a workflow: stages of units, composed of parts that own them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from functions.analyze.document.json_file import dump
from functions.analyze.outputs.analysis import AnalysisView, Origin
from functions.analyze.outputs.optional import OptionalOutputs
from functions.analyze.outputs.reader import reader_outputs, requested_outputs, require_translator
from functions.analyze.pipeline.analysis import DocumentAnalysis
from functions.analyze.pipeline.artifacts import publish, summary
from functions.analyze.pipeline.previous_jobs import remove_debug_files
from functions.analyze.pipeline.reading import DocumentReading
from functions.analyze.seeding.stage import Seeding

if TYPE_CHECKING:
    from functions.analyze.pipeline.dependencies import AnalysisDependencies
    from shared.jobs.workflow import Run, Stage


class AnalysisWorkflow:
    """One run over one document: it is read, analysed, seeded, and written up for readers."""

    revision = 6

    def __init__(self, run: Run, dependencies: AnalysisDependencies) -> None:
        self._run = run
        self._dependencies = dependencies
        self._reading = DocumentReading(run, dependencies, self.revision, self._require)
        self._analysis = DocumentAnalysis(run, dependencies, self._reading)
        self._seeding = Seeding(run, dependencies.seeding, self._analysis.findings)
        outputs = reader_outputs(run, self.view, dependencies.readers, requested_outputs(run))
        self._outputs = OptionalOutputs(run, outputs)

    @property
    def stages(self) -> Sequence[Stage]:
        """See Workflow."""
        return (
            *self._reading.stages,
            *self._analysis.stages,
            *self._seeding.stages,
            *self._outputs.stages,
        )

    def finish(self) -> Mapping[str, Any]:
        """Put the tree and the files that the parameters ask for; return the counts."""
        reading, jobs = self._reading, self._dependencies.jobs
        document, taxonomy, tree = reading.document, reading.taxonomy, self._analysis.tree()
        report = self._analysis.report()
        publish(self._run, document, tree, reading.source_file.file_name)
        if self._run.params.get("debug_clean") and jobs is not None:
            remove_debug_files(self._run, jobs)
        reading.request_follow_ups()
        seeding = self._seeding.result()
        if seeding.file is not None:
            self._run.put_artifact("seeding.json", dump(seeding.file), "application/json")
        outputs = self._outputs.finish()
        return {
            **summary(tree),
            "taxonomy": f"{taxonomy.name} {taxonomy.version}",
            "document_id": reading.document_id,
            "language": document.language,
            "pages": len(document.pages),
            "chunks": reading.chunk_count,
            "warnings": [*self._analysis.warnings(report), *seeding.warnings, *outputs.warnings],
            **seeding.fields,
            **outputs.fields,
            **outputs.with_usage(report.fields),
        }

    def undo(self) -> None:
        """Take back what was published of the document, and bring back the rows changed in Directus."""
        self._reading.undo()
        self._seeding.undo()

    @property
    def view(self) -> AnalysisView:
        """Return the analysis as outputs see it, once its findings are there."""
        return AnalysisView(
            document=lambda: self._reading.document,
            taxonomy=lambda: self._reading.taxonomy,
            tree=self._analysis.tree,
            source=lambda: self._reading.source,
            origin=self._origin,
        )

    def _origin(self) -> Origin:
        report = self._analysis.report()
        return Origin(
            self._run.job.job_id,
            self._reading.source_file.file_name,
            str(report.fields["engine"]),
            str(report.fields.get("model") or ""),
            tuple(self._analysis.warnings(report)),
        )

    def _require(self) -> None:
        """Raise PermanentError where an engine or a translator that the job needs is not there."""
        self._dependencies.choice.engine(self._run)
        require_translator(self._run, self._dependencies.readers.translators)

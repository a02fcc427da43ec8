"""The output ``report``: what was found as PDF and DOCX to read, and as XLSX and CSV to work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from functions.analyze.extract.source import Visible
from functions.analyze.outputs.analysis import AnalysisView, reader_language
from functions.analyze.outputs.report.content import About, Report, make_report
from functions.analyze.outputs.report.pdf import Clip
from functions.analyze.outputs.summary import workflow
from functions.analyze.outputs.summary.port import Sentence
from functions.analyze.outputs.translation import workflow as translation
from shared.errors import PermanentError
from shared.files import keys
from shared.jobs.model import Phase
from shared.jobs.workflow import Run, Stage
from shared.observability import logger

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Bitmap

REPORT = "report"
PDF = "report.pdf"


class ReportFiles:
    """See Workflow. Translation and summary are those of the same job, else those that the analysis has."""

    revision = 1

    def __init__(self, run: Run, view: AnalysisView) -> None:
        self._run = run
        self._view = view

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the one stage."""
        return (Stage(REPORT, 10, lambda: 1, self._write, phase=Phase("reporting")),)

    def finish(self) -> Mapping[str, Any]:
        """Publish the files."""
        made: dict[str, Any] = self._run.outputs(REPORT)[0]
        for name, (key, media_type) in made["files"].items():
            self._run.put_artifact(name, self._run.files.get(key), media_type)
        return {"language": made["language"], "files": sorted(made["files"]), "warnings": made["warnings"]}

    def undo(self) -> None:
        """Do nothing: all that was made are files of the job."""

    def _write(self, _index: int) -> dict[str, Any]:
        """Write each format and keep it under the job's keys; nothing is published before the end."""
        from functions.analyze.outputs.report import csv_file, pdf, word, xlsx

        report = self._report()
        made = {
            PDF: (pdf.write_pdf(report, self._clip()), pdf.MEDIA_TYPE),
            "report.docx": (word.write_docx(report), word.MEDIA_TYPE),
            "findings.xlsx": (xlsx.write_xlsx(report), xlsx.MEDIA_TYPE),
            "findings.csv": (csv_file.write_csv(report), csv_file.MEDIA_TYPE),
        }
        job, put = self._run.job, self._run.files.put
        files = {
            name: (put(keys.report_file(job.job_id, job.fence, name), data, media_type).key, media_type)
            for name, (data, media_type) in made.items()
        }
        return {"language": report.words.language, "files": files, "warnings": _blanks(report)}

    def _report(self) -> Report:
        from functions.analyze.outputs.report.words import labels

        view, params = self._view, self._run.params
        language = reader_language(params, view.document())
        origin, taxonomy = view.origin(), view.taxonomy()
        summary = self._part(workflow.SUMMARISE, workflow.FILE)
        pages = self._translation()
        about = About(
            file_name=origin.file_name,
            job_id=origin.job_id,
            engine=origin.engine,
            taxonomy=f"{taxonomy.name} {taxonomy.version}",
            # The job's own time: doing this unit again gives the same bytes.
            created_at=self._run.job.created_at,
            services=tuple(dict.fromkeys(filter(None, (origin.model, *sent_to(pages), *sent_to(summary))))),
            warnings=origin.warnings,
        )
        return make_report(
            view.tree(),
            view.document(),
            about,
            labels(taxonomy, language),
            language,
            summary=[] if summary is None else _summary(summary),
            summary_language="" if summary is None else summary["language"],
            translation=translation.translated_pages(pages),
            translation_language="" if pages is None else pages["target"],
        )

    def _translation(self) -> Mapping[str, Any] | None:
        """Return the translation of this job, else the one that the analysis has published."""
        pages = made_here(self._run, translation.TRANSLATE)
        if pages is not None:
            target = str(self._run.params["translate_to"])
            return {"pages": pages, "target": target, "sent_to": pages[0]["sent_to"] if pages else ""}
        published: Mapping[str, Any] | None = self._view.artifact(translation.FILE)
        return published

    def _part(self, stage: str, file: str) -> Mapping[str, Any] | None:
        """Return what a stage of this job made, else what the analysis has published."""
        made = made_here(self._run, stage)
        part: Mapping[str, Any] | None = self._view.artifact(file) if made is None else made[0]
        return part

    def _clip(self) -> Clip | None:
        from functions.analyze.extract.detect import WITH_A_LOOK
        from functions.analyze.outputs.report.clips import Clips

        if self._view.document().media_type not in WITH_A_LOOK:
            return None
        return Clips(self._page_image)

    def _page_image(self, number: int) -> Bitmap | None:
        """Return the picture of a page; one that cannot be shown is left out."""
        from functions.analyze.extract.bitmap import FOR_PEOPLE

        source = self._view.source()
        try:
            return source.bitmap(number, look=FOR_PEOPLE) if isinstance(source, Visible) else None
        except PermanentError as error:
            logger.warning("Page without a picture", page=number, problem=error.code)
            return None


def made_here(run: Run, stage: str) -> list[Any] | None:
    """Return what the units of a stage made in this job; or None where one of them failed."""
    outputs = run.outputs(stage)
    return None if not outputs or any("failed" in output for output in outputs) else outputs


def sent_to(made: Mapping[str, Any] | None) -> list[str]:
    """Return which service a part was made by, if any beyond the account's own machines."""
    return [] if made is None or not made.get("sent_to") else [str(made["sent_to"])]


def _blanks(report: Report) -> list[str]:
    """Say which scripts the PDF cannot show: no font here has them."""
    from functions.analyze.outputs.report.fonts import missing_scripts

    scripts = missing_scripts(report.texts())
    if not scripts:
        return []
    return [f"{PDF} has blanks for text in {', '.join(scripts).lower()} script: no font for it is installed."]


def _summary(body: Mapping[str, Any]) -> list[Sentence]:
    return [Sentence(sentence["text"], tuple(sentence["pages"])) for sentence in body["sentences"]]

"""The outputs for readers: translation, summary and report, as the parameters of a job request them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.analyze.outputs.analysis import AnalysisView
from functions.analyze.outputs.report.workflow import ReportFiles
from functions.analyze.outputs.summary.port import Summariser
from functions.analyze.outputs.summary.workflow import Summary
from functions.analyze.outputs.translation.port import Register, Translator, Wish, choose
from functions.analyze.outputs.translation.workflow import Translation
from shared.errors import PermanentError
from shared.jobs.workflow import Run, Workflow


@dataclass(frozen=True, slots=True)
class ReaderDependencies:
    """Who translates, in the order in which they are asked, and who writes summaries of their own.

    Without a summariser, a summary is made of the document's sentences.
    """

    translators: Sequence[Translator] = ()
    summariser: Summariser | None = None


# Outputs, in the order in which they are made, with the parameter of an analysis that requests each.
REQUESTED_BY = {"translation": "translate_to", "summary": "summary", "report": "report"}
_ANY = "auto"


def reader_outputs(
    run: Run, view: AnalysisView, dependencies: ReaderDependencies, names: Sequence[str]
) -> Mapping[str, Workflow]:
    """Return the workflows of the outputs ``names``, in the order in which they build on each other."""
    translation = Translation(run, view, dependencies.translators) if "translation" in names else None
    makers: dict[str, Workflow] = {}
    if translation is not None:
        makers["translation"] = translation
    if "summary" in names:
        makers["summary"] = Summary(run, view, translation, dependencies.summariser)
    if "report" in names:
        makers["report"] = ReportFiles(run, view)
    return makers


def requested_outputs(run: Run) -> list[str]:
    """Return the outputs that the parameters of an analysis request."""
    return [name for name, parameter in REQUESTED_BY.items() if run.params.get(parameter)]


def require_translator(run: Run, translators: Sequence[Translator]) -> None:
    """Refuse a translation that no translator offers before any work is done.

    The language of the document is known then only if the job names it; otherwise the target is looked at.
    Raises PermanentError.
    """
    target = run.params.get("translate_to")
    if not target:
        return
    register = Register(run.params.get("translate_register") or Register.FAITHFUL)
    source = str(run.params.get("language") or _ANY)
    if source != _ANY:
        choose(translators, Wish(source, str(target), register))
        return
    wishes = [Wish(language, str(target), register) for language in SOURCES if language != target]
    if not translators:
        choose(translators, wishes[0])
    if not any(translator.offers(wish) for translator in translators for wish in wishes):
        names = ", ".join(translator.name for translator in translators)
        raise PermanentError(
            "translation-not-offered",
            f"No configured translator ({names}) offers any language to {target} in the register "
            f"{register.value!r}. Ask for another language or register, or configure another translator.",
        )


# The languages of documents that are recognised.
SOURCES = ("de", "fr", "en", "it", "es", "pt", "ca", "nl", "ro")

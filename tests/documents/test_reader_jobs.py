"""Translation, summary and report: as part of an analysis, and later in a job of their own."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from typing import Any

import pytest
import typst

from functions.analyze.outputs.report import fonts
from functions.analyze.outputs.report.workflow import ReportFiles
from functions.analyze.outputs.translation.port import Translator
from functions.analyze.pipeline.workflow import AnalysisWorkflow
from shared.errors import PermanentError, TransientError
from shared.ids import uuid7
from shared.jobs.model import Kind, Status
from tests.support.builders.pdfs import pdf_text
from tests.support.fakes.translator import FakeTranslator
from tests.support.worlds.analysis import result
from tests.support.worlds.outputs import OutputsWorld

LATER = TransientError("model-unavailable", "Nobody answers.")
NEVER = PermanentError("model-rejected", "The key is wrong.")


def test_an_analysis_makes_what_it_is_asked_for() -> None:
    world = OutputsWorld()
    job = world.analysis(translate_to="de", summary=True, summary_sentences=1, report=True)
    assert job.status is Status.COMPLETED
    made = result(job)["outputs"]
    assert made["translation"] == {
        "source": "en",
        "target": "de",
        "register": "faithful",
        "provider": "fake",
        "pages": 1,
        "marked_pages": [],
    }
    assert made["summary"]["text"].startswith("[de] We pay")
    assert made["report"]["files"] == ["findings.csv", "findings.xlsx", "report.docx", "report.pdf"]
    (page,) = world.json(job, "translation.json")["pages"]
    assert page["translated"].splitlines()[0] == "[de] Your policy"
    (sentence,) = world.json(job, "summary.json")["sentences"]
    assert sentence["pages"] == [1]
    assert [part["heading"] for part in world.json(job, "summary.json")["sections"]] == [
        "Your policy",
        "What is not insured",
    ]
    table = world.files.get(job.artifacts["findings.csv"].key).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["item_name"] for row in rows} == {"fire", "glass", "amount", "war"}


def test_nothing_is_made_unasked() -> None:
    job = OutputsWorld([]).analysis()
    assert "outputs" not in result(job)
    assert "report.pdf" not in job.artifacts


def test_a_report_says_which_scripts_it_cannot_show(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a machine without fonts: the list and the renderer both have those alone that Typst brings.
    own = frozenset(typst.Fonts(include_system_fonts=False).families())
    monkeypatch.setattr(fonts, "installed", lambda: own)
    monkeypatch.setattr(typst, "compile", partial(typst.compile, ignore_system_fonts=True))
    translator = FakeTranslator([("en", "ta")])
    translator.says = "\u0b95\u0bbe\u0baa\u0bcd\u0baa\u0bc0\u0b9f\u0bc1"
    job = OutputsWorld([translator]).analysis(translate_to="ta", report=True)
    assert [warning for warning in result(job)["warnings"] if "tamil" in warning] == [
        "report.pdf has blanks for text in tamil script: no font for it is installed."
    ]


def test_a_page_whose_numbers_are_lost_is_marked() -> None:
    translator = FakeTranslator()
    translator.loses = "500"
    world = OutputsWorld([translator])
    job = world.analysis(translate_to="de")
    assert result(job)["outputs"]["translation"]["marked_pages"] == [1]
    (page,) = world.json(job, "translation.json")["pages"]
    assert page["remarks"] == ["Numbers differ: missing 500."]


@pytest.mark.parametrize(
    ("translators", "params", "code"),
    [
        ([], {}, "translation-not-configured"),
        ([], {"language": "auto"}, "translation-not-configured"),
        ([FakeTranslator([("en", "fr")])], {}, "translation-not-offered"),
        ([FakeTranslator([("en", "fr")])], {"language": "auto"}, "translation-not-offered"),
    ],
)
def test_a_pair_that_nobody_offers_fails_before_any_work(
    translators: list[Translator], params: dict[str, Any], code: str
) -> None:
    job = OutputsWorld(translators).analysis(translate_to="de", **params)
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["type"].endswith(code)
    assert job.units_done == 0


@pytest.mark.parametrize("error", [NEVER, LATER, RuntimeError("with document text")])
def test_an_optional_output_that_fails_is_a_warning(error: Exception) -> None:
    world = OutputsWorld([FakeTranslator(errors=[error])])
    job = world.analysis(translate_to="de", report=True)
    assert job.status is Status.COMPLETED
    said = result(job)
    assert "failed" in said["outputs"]["translation"]
    assert any("translation could not be made" in warning for warning in said["warnings"])
    assert "with document text" not in json.dumps(said)
    assert "translation.json" not in job.artifacts
    assert "report.pdf" in job.artifacts
    again = world.outputs(job, "translation", translate_to="de")
    assert again.status is Status.COMPLETED
    assert "translation.json" in again.artifacts


@pytest.mark.parametrize("error", [NEVER, LATER, RuntimeError("with document text")])
def test_an_output_that_cannot_be_published_is_a_warning(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object) -> None:
        raise error

    monkeypatch.setattr(ReportFiles, "finish", fail)
    job = OutputsWorld().analysis(report=True)
    assert job.status is Status.COMPLETED
    assert "failed" in result(job)["outputs"]["report"]
    assert "with document text" not in json.dumps(result(job))


@pytest.mark.parametrize("error", [LATER, RuntimeError("x")])
def test_what_may_pass_is_tried_again_first(error: Exception) -> None:
    job = OutputsWorld([FakeTranslator(errors=[error])]).analysis(attempts=2, translate_to="de")
    assert (job.status, job.attempt) == (Status.QUEUED, 2)


def test_a_report_of_an_ended_analysis_has_its_translation_and_summary() -> None:
    world = OutputsWorld()
    source = world.analysis(translate_to="de", summary=True)
    job = world.outputs(source, "report", report_language="fr")
    assert result(job)["report"]["language"] == "fr"
    assert set(job.artifacts) == {"report.pdf", "report.docx", "findings.xlsx", "findings.csv"}
    docx = world.files.get(job.artifacts["report.docx"].key)
    assert "[de] Your policy" in docx_text(docx)


@pytest.mark.parametrize(
    ("remote", "said"),
    [(True, "Parts of the document were sent to: fake"), (False, "No part of the document")],
)
@pytest.mark.parametrize("later", [True, False])
def test_a_report_says_who_was_sent_the_document(remote: bool, said: str, later: bool) -> None:
    translator = FakeTranslator()
    translator.remote = remote
    world = OutputsWorld([translator])
    job = world.analysis(translate_to="de", report=not later, report_language="en")
    if later:
        job = world.outputs(job, "report", report_language="en")
    assert said in pdf_text(world.files.get(job.artifacts["report.pdf"].key))


def test_outputs_of_one_job_use_each_other() -> None:
    world = OutputsWorld()
    source = world.analysis()
    job = world.outputs(source, "translation", "summary", "report", translate_to="de")
    assert list(result(job)) == ["translation", "summary", "report"]
    assert result(job)["summary"]["text"].startswith("[de]")
    assert "[de] Your policy" in docx_text(world.files.get(job.artifacts["report.docx"].key))


def test_a_failing_output_fails_its_own_job() -> None:
    world = OutputsWorld([FakeTranslator(errors=[NEVER])])
    job = world.outputs(world.analysis(), "translation", translate_to="de")
    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error["type"].endswith("model-rejected")


def test_a_source_has_to_be_there_and_completed() -> None:
    world = OutputsWorld([FakeTranslator()])
    gone = world.run(Kind.OUTPUT, {"outputs": ["summary"], "source_job_id": uuid7()})
    failed = world.analysis(translate_to="xx")
    of_failed = world.outputs(failed, "summary")
    assert [job.error and job.error["type"].rpartition(":")[2] for job in (gone, of_failed)] == [
        "source-gone",
        "source-not-completed",
    ]


def test_a_source_of_another_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = OutputsWorld()
    source = world.analysis()
    monkeypatch.setattr(AnalysisWorkflow, "revision", AnalysisWorkflow.revision + 1)
    job = world.outputs(source, "summary")
    assert job.error is not None
    assert job.error["type"].endswith("source-outdated")


def docx_text(data: bytes) -> str:
    import docx

    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])

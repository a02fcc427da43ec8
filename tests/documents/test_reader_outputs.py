"""Whole documents for readers: a Spanish scan by Apertium, a German policy by a model, with their reports."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import typst

from functions.analyze.document.amounts import AmountKind, parse_amounts
from functions.analyze.engines.llm.engine import ProviderEngine, RequestPolicy
from functions.analyze.engines.llm.openai import OpenAIProvider
from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.ocr.ppocr.engine import PaddleOcr
from functions.analyze.outputs.translation.apertium import Apertium
from functions.analyze.outputs.translation.by_model import ModelTranslator
from functions.analyze.outputs.translation.port import Translator, Wish
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from functions.api.schemas.job_views import processing_status
from infra.samples.catalogue import SAMPLES
from shared.jobs.model import Job, Status
from shared.taxonomy.reader import load_taxonomy
from tests.support.builders.pdfs import pdf_text
from tests.support.fakes.model_server import KEY, MODEL, ModelServer
from tests.support.worlds.analysis import result
from tests.support.worlds.outputs import OutputsWorld

SPANISH = """\
#set page(paper: "a6", margin: 1cm)
#set text(11pt, font: "Libertinus Serif", hyphenate: false)
= Seguro de viaje

El asegurador paga los gastos de la anulación del viaje hasta 2.500 EUR por persona.

En caso de pérdida del equipaje pagamos hasta 1.800 EUR.
#pagebreak()
La franquicia es de 150 EUR por siniestro.

La cobertura comienza el 12 de marzo de 2025 y termina después de 30 días.
"""
SUMS = {2500.0, 1800.0, 150.0}
# Quoted text, comma-separated, UTF-8, every sheet in a file of its own.
AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
AS_TEXT = "txt:Text (encoded):UTF8"


def world(translator: Translator) -> OutputsWorld:
    taxonomy = load_taxonomy("travel-insurance")
    return OutputsWorld(
        [translator], tools=AnalysisDependencies(taxonomy, {"rules": RulesEngine()}, ocr=PaddleOcr())
    )


def read(place: OutputsWorld, data: bytes, language: str) -> Job:
    job = place.analysis(
        data=data,
        file_name="policy.pdf",
        media_type="application/pdf",
        engine="rules",
        language=language,
        translate_to="en",
        summary=True,
        report=True,
    )
    assert job.status is Status.COMPLETED, job.error
    return job


def scanned(source: str) -> bytes:
    """Return the pages of a Typst text as pictures, without a text layer."""
    printed = pypdfium2.PdfDocument(typst.compile(source.encode(), format="pdf", ignore_system_fonts=True))
    pictures = [page.render(scale=200 / 72, grayscale=True).to_pil() for page in printed]
    printed.close()
    out = io.BytesIO()
    pictures[0].save(out, "PDF", resolution=200, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def phases(place: OutputsWorld, job: Job) -> list[str]:
    """Return the phases that readers were told, in the order of the events, each once in a row."""
    told = [
        processing_status(event.status, event.phase) for event in place.jobs.events(job.job_id, limit=1000)
    ]
    return [phase for number, phase in enumerate(told) if number == 0 or told[number - 1] != phase]


def sums(text: str) -> set[float]:
    """Return every sum of money in a text."""
    amounts = parse_amounts(re.sub(r"[\u00a0\u202f]", " ", text))
    return {one.value for one in amounts if one.kind is AmountKind.MONEY and one.value is not None}


def report_of(place: OutputsWorld, job: Job) -> str:
    return pdf_text(place.files.get(job.artifacts["report.pdf"].key))


def test_a_spanish_scan_comes_back_in_english() -> None:
    apertium = Apertium()
    if not apertium.offers(Wish("es", "en")):
        pytest.skip("Apertium with its Spanish-English pair is not installed")
    place = world(apertium)
    job = read(place, scanned(SPANISH), "es")
    pages = place.json(job, "translation.json")["pages"]
    assert "insurer pays" in pages[0]["translated"]
    assert [page["remarks"] for page in pages] == [[], []]
    assert sums(" ".join(page["translated"] for page in pages)) >= SUMS
    assert sums(report_of(place, job)) >= SUMS
    assert "insurer pays" in report_of(place, job)
    assert phases(place, job) == [
        "queued",
        "processing",
        "ocr_started",
        "ocr_completed",
        "translation_started",
        "translation_completed",
        "summarising",
        "reporting",
        "completed",
    ]


@pytest.fixture
def translator() -> Iterator[ModelTranslator]:
    with ModelServer() as server:
        provider = OpenAIProvider(f"{server.url}/v1", lambda: KEY, MODEL, timeout=30)
        yield ModelTranslator(ProviderEngine(provider, RequestPolicy(), RulesEngine()))
        provider.close()


def test_a_german_policy_comes_back_with_every_amount(translator: ModelTranslator, tmp_path: Path) -> None:
    place = world(translator)
    job = read(place, (SAMPLES / "helvora-de.pdf").read_bytes(), "de")
    assert result(job)["outputs"]["translation"]["marked_pages"] == []
    original = "\n".join(page["text"] for page in place.json(job, "pages.json"))
    assert sums(original) <= sums(report_of(place, job))
    office = usable_office(tmp_path)
    values = {
        limit["value"]
        for segment in place.json(job, "result.json")["segments"]
        for benefit in segment["benefits"]
        for limit in benefit["limits"]
        if limit["value"] is not None
    }
    for name, form in (("findings.xlsx", AS_CSV), ("report.docx", AS_TEXT)):
        (tmp_path / name).write_bytes(place.files.get(job.artifacts[name].key))
        assert values <= numbers(converted(office, tmp_path / name, form))


def usable_office(folder: Path) -> str:
    """Return LibreOffice's launcher; skips where it does not convert plain files of the two kinds.

    The launcher alone says nothing: it comes with a package that all parts share.
    """
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed; all but its reading of XLSX and DOCX was tested")
    for name, form in (("probe.csv", AS_CSV), ("probe.txt", AS_TEXT)):
        (folder / name).write_text("1200,7\n")
        try:
            text = converted(office, folder / name, form)
        except subprocess.CalledProcessError as error:
            text = str(error.stderr)
        if "1200" not in text:
            pytest.skip(f"LibreOffice here converts no {name}, its part for it is not installed: {text}")
    return office


def converted(office: str, path: Path, form: str) -> str:
    """Return what LibreOffice reads in a file."""
    out = path.parent / f"{path.stem}-read"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = [office, "--headless", profile, "--convert-to", form, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return "\n".join(file.read_text("utf-8") for file in sorted(out.glob("*")))


def numbers(text: str) -> set[float]:
    found = re.findall(r"\d[\d’,]*(?:\.\d+)?", text)
    return {float(re.sub("[’,]", "", number)) for number in found}

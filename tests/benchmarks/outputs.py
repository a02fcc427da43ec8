"""What readers get: pages a second of each output, sizes, and peak memory, of the German sample policy.

The peer of the translation is Apertium itself, fed the whole text at once, without paragraphs kept apart.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from functions.analyze.engines.rules.engine import RulesEngine
from functions.analyze.extract import open_source
from functions.analyze.extract.bitmap import FOR_PEOPLE
from functions.analyze.extract.pdf.source import PdfSource
from functions.analyze.outputs.report import csv_file, pdf, word, xlsx
from functions.analyze.outputs.report.clips import Clips
from functions.analyze.outputs.report.content import About, make_report
from functions.analyze.outputs.report.words import labels
from functions.analyze.outputs.summary.extractive import candidates, choose
from functions.analyze.outputs.translation.apertium import Apertium
from functions.analyze.outputs.translation.port import Wish
from functions.analyze.outputs.translation.workflow import paragraphs_of
from infra.samples.catalogue import SAMPLES
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.workflow import Run
from shared.memory.files import MemoryFiles
from shared.taxonomy.reader import load_taxonomy
from tests.benchmarks.figures import show
from tests.support.rules_analysis import analyse

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ROUNDS = 5

_T = TypeVar("_T")


def run() -> None:
    """Print one line a figure."""
    data = (SAMPLES / "helvora-de.pdf").read_bytes()
    source = PdfSource(data)
    document = source.assemble(source.pages(1, source.page_count))
    pages = len(document.pages)
    taxonomy = load_taxonomy("travel-insurance")
    tree = analyse(document, taxonomy)
    about = About("helvora-de.pdf", "job", RulesEngine.name, taxonomy.name, NOW)
    report = make_report(tree, document, about, labels(taxonomy, "de"), "de")
    clips = Clips(lambda number: source.bitmap(number, look=FOR_PEOPLE))
    for name, make in (
        ("report.pdf with pictures", lambda: pdf.write_pdf(report, clips)),
        ("report.pdf without", lambda: pdf.write_pdf(report)),
        ("report.docx", lambda: word.write_docx(report)),
        ("findings.xlsx", lambda: xlsx.write_xlsx(report)),
        ("findings.csv", lambda: csv_file.write_csv(report)),
    ):
        seconds, made = _timed(make)
        show(f"output {name}", f"{pages / seconds:7.1f} pages/s   {len(made) / 1000:7.1f} KB")
    seconds, _ = _timed(lambda: choose(candidates(document), 8))
    show("output summary (extractive)", f"{pages / seconds:7.1f} pages/s")
    _translation()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show("output peak memory of this process so far", f"{peak:7.1f} MB")


def _translation() -> None:
    """Spanish is what Apertium has: the English sample goes there, by page, and as one text by the peer."""
    apertium, wish = Apertium(), Wish("en", "es")
    if not apertium.offers(wish):
        show("output translation (Apertium)", "not installed")
        return
    source = open_source((SAMPLES / "helvora-en.pdf").read_bytes(), "helvora-en.pdf")
    pages = [paragraphs_of(page) for page in source.pages(1, source.page_count)]
    job = Run(Job("j", Kind.ANALYSIS, Owner("bench", "b"), {}, NOW, NOW, fence=1), MemoryFiles())
    seconds, _ = _timed(lambda: [apertium.translate(page, wish, job) for page in pages], rounds=1)
    text = "\n".join(paragraph for page in pages for paragraph in page)
    program = shutil.which("apertium") or "apertium"
    peer, _ = _timed(
        lambda: subprocess.run([program, "eng-spa"], input=text.encode(), capture_output=True, check=True),
        rounds=1,
    )
    show(
        "output translation (Apertium), by page and whole",
        f"{len(pages) / seconds:7.1f}, {len(pages) / peer:7.1f} pages/s   ratio {peer / seconds:5.2f}",
    )


def _timed(work: Callable[[], _T], rounds: int = ROUNDS) -> tuple[float, _T]:
    """Return the least seconds of some rounds, and what the last one made."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        made = work()
        best = min(best, time.perf_counter() - began)
    return best, made

"""Pages a second of the extraction, against the bare text of the same PDF library."""

from __future__ import annotations

import time
from pathlib import Path

import pypdfium2

from functions.analyze.extract import open_source
from tests.benchmarks.figures import show

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.pdf"))
ROUNDS = 5


def _extract(data: bytes) -> int:
    source = open_source(data, "sample.pdf", "application/pdf")
    source.assemble(source.pages(1, source.page_count))
    source.close()
    return source.page_count


def _bare_text(data: bytes) -> int:
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            page.get_textpage().get_text_bounded()
        return len(document)


def run() -> None:
    """Print pages a second with structure and words, and without."""
    files = [path.read_bytes() for path in SAMPLES]
    rates = {}
    for name, read in (("ours", _extract), ("bare", _bare_text)):
        read(files[0])
        began = time.perf_counter()
        pages = sum(read(data) for _ in range(ROUNDS) for data in files)
        rates[name] = pages / (time.perf_counter() - began)
    show("extraction with structure and word boxes", f"{rates['ours']:6.1f} pages/s")
    ratio = rates["ours"] / rates["bare"]
    show("bare text of the same library", f"{rates['bare']:6.1f} pages/s   ratio {ratio:.2f}")

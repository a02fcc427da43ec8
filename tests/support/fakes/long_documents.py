"""PDF documents of any length, made in a moment."""

from __future__ import annotations

import io

import pypdfium2
import pypdfium2.raw as pdfium

from tests.support.paths import SAMPLES

SAMPLE = SAMPLES / "helvora-de.pdf"


def plain_pdf(pages: int, *lines: str) -> bytes:
    """Return a document with the same few lines on each page, below the page's number."""
    return _saved(_plain(pages, lines))


def long_policy(pages: int, annex: int) -> bytes:
    """Return the German sample as often as it takes for so many pages, and as many pages of annex."""
    sample = pypdfium2.PdfDocument(SAMPLE)
    policy = pypdfium2.PdfDocument.new()
    policy.import_pages(sample, [number % len(sample) for number in range(pages)])
    policy.import_pages(_plain(annex, ("Anhang", "Dieses Blatt bleibt leer.")))
    return _saved(policy)


def _plain(pages: int, lines: tuple[str, ...]) -> pypdfium2.PdfDocument:
    document = pypdfium2.PdfDocument.new()
    font = pdfium.FPDFText_LoadStandardFont(document, b"Helvetica")
    for number in range(1, pages + 1):
        page = document.new_page(300, 200)
        for row, words in enumerate((f"Page {number} of {pages}.", *lines)):
            encoded = (words + "\0").encode("utf-16-le")
            buffer = (pdfium.FPDF_WCHAR * (len(encoded) // 2)).from_buffer_copy(encoded)
            text = pdfium.FPDFPageObj_CreateTextObj(document, font, 12.0)
            pdfium.FPDFText_SetText(text, buffer)
            pdfium.FPDFPageObj_Transform(text, 1, 0, 0, 1, 20, 150 - 20 * row)
            pdfium.FPDFPage_InsertObject(page, text)
        pdfium.FPDFPage_GenerateContent(page)
    return document


def _saved(document: pypdfium2.PdfDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()

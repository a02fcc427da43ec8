"""The PDF source: opens the file, reads pages, and says clearly what is wrong with a bad one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from functions.analyze.document.model import Box, Document, Page
from functions.analyze.extract.assemble import assemble
from functions.analyze.extract.bitmap import FOR_RECOGNITION, Bitmap, Look
from functions.analyze.extract.pdf.page import opened, printed, read_page
from functions.analyze.extract.pdf.render import render
from functions.analyze.extract.printed import Glyphs, Rules
from functions.analyze.extract.source import DEFAULT_LIMITS, ExtractionLimits
from shared.errors import PermanentError

MEDIA_TYPE = "application/pdf"
_TAIL = 64 * 1024
# PDFium keeps global state and is not safe to call from two threads.
_PDFIUM = threading.RLock()


class PdfSource:
    """A PDF file in memory. Raises PermanentError with a ``pdf-...`` code for a file that cannot be read."""

    media_type = MEDIA_TYPE

    def __init__(self, data: bytes, limits: ExtractionLimits = DEFAULT_LIMITS) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium: Any = pdfium
        self._most_pixels = limits.max_image_pixels
        self._data = data  # PDFium reads from this memory as long as the document is open
        with _PDFIUM:
            self._document = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
            if not self._document:
                raise _refusal(pdfium.FPDF_GetLastError(), data)
            self._count = pdfium.FPDF_GetPageCount(self._document)
        try:
            _check(data, self._count, limits)
        except PermanentError:
            self.close()
            raise

    @property
    def page_count(self) -> int:
        """Return the number of pages."""
        return int(self._count)

    def pages(self, first: int, last: int) -> list[Page]:
        """Return the pages ``first`` to ``last``, both included."""
        with _PDFIUM:
            return [read_page(self._pdfium, self._document, number) for number in range(first, last + 1)]

    def printed(self, number: int) -> tuple[list[Glyphs], Rules]:
        """Return the words and lines that page ``number`` has by itself."""
        with _PDFIUM, opened(self._pdfium, self._document, number) as (page, text_page):
            return printed(self._pdfium, page, text_page)

    def bitmap(self, number: int, box: Box | None = None, look: Look = FOR_RECOGNITION) -> Bitmap:
        """Return what page ``number``, or the part of it in ``box``, looks like."""
        with _PDFIUM, opened(self._pdfium, self._document, number) as (page, _):
            return render(self._pdfium, page, number, box, look, self._most_pixels)

    def assemble(self, pages: Sequence[Page]) -> Document:
        """Return the document of all ``pages``."""
        return assemble(pages, self.media_type)

    def close(self) -> None:
        """Release the file."""
        with _PDFIUM:
            if self._document:
                self._pdfium.FPDF_CloseDocument(self._document)
            self._document = None


def _check(data: bytes, count: int, limits: ExtractionLimits) -> None:
    """Refuse what opens, but would give an incomplete document."""
    tail = data[-_TAIL:]
    if tail.rfind(b"%%EOF") < tail.rfind(b"startxref") or b"%%EOF" not in tail:
        raise _truncated()
    if count <= 0:
        raise PermanentError("pdf-no-pages", "The PDF has no pages. Export it again and send the new file.")
    if count > limits.max_pages:
        detail = f"The PDF has {count} pages; the limit is {limits.max_pages}. Split it and send the parts."
        raise PermanentError("too-many-pages", detail)


def _truncated() -> PermanentError:
    detail = "The PDF ends before its end mark: it was cut off on the way. Send the complete file."
    return PermanentError("pdf-truncated", detail)


def _refusal(code: int, data: bytes) -> PermanentError:
    """Return the error for PDFium's error code (FPDF_ERR_...)."""
    password, security = 4, 5
    if code == password:
        detail = "The PDF is protected by a password. Remove the protection and send it again."
        return PermanentError("pdf-encrypted", detail)
    if code == security:
        detail = "The PDF is protected in a way that is not supported. Print it to a new PDF and send that."
        return PermanentError("pdf-encrypted", detail)
    if b"%%EOF" not in data[-_TAIL:]:
        return _truncated()
    detail = "The PDF is damaged and cannot be opened. Open it in a viewer, save it anew and send that file."
    return PermanentError("pdf-damaged", detail)

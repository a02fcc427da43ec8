"""What a PDF itself has printed at a place: PDFium's own look-up, which knows nothing of our word boxes."""

from __future__ import annotations

import ctypes
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from functions.analyze.document.model import Box

# A hundredth of a point: PDFium converts between whole units only.
_FINE = 100
# The part of a line's height above and below that neighbours reach into.
_RIM = 0.15
_SIDE = 0.3


class Printed:
    """The pages of a PDF; close it after use."""

    def __init__(self, data: bytes) -> None:
        self._document = pypdfium2.PdfDocument(data)

    def close(self) -> None:
        self._document.close()

    def inside(self, number: int, boxes: Iterable[Box]) -> str:
        """Return the text in boxes of page ``number`` (points from the top left of the page as shown)."""
        with self._page(number) as (page, text):
            return "".join(_bounded(text, *_on_paper(page, box)) for box in boxes)

    @contextmanager
    def _page(self, number: int) -> Iterator[tuple[Any, Any]]:
        page = self._document[number - 1]
        text = page.get_textpage()
        try:
            yield page, text.raw
        finally:
            text.close()
            page.close()


def letters(text: str) -> str:
    """Return the letters and digits of a text, without ligatures, hyphens and case."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()


def turned(data: bytes, degrees: int) -> bytes:
    """Return a PDF whose pages look the same, but lie at an angle that ``/Rotate`` makes good."""
    document = pypdfium2.PdfDocument(data)
    for page in document:
        width, height = page.get_size()
        matrix, size = {
            90: ((0, 1, -1, 0, height, 0), (height, width)),
            180: ((-1, 0, 0, -1, width, height), (width, height)),
            270: ((0, -1, 1, 0, 0, width), (height, width)),
        }[degrees]
        everything = pdfium.FS_RECTF(-1e4, 1e4, 1e4, -1e4)
        assert pdfium.FPDFPage_TransFormWithClip(page.raw, pdfium.FS_MATRIX(*matrix), everything)
        page.set_mediabox(0, 0, *size)
        page.set_cropbox(0, 0, *size)
        page.set_rotation(degrees)
    saved = io.BytesIO()
    document.save(saved)
    document.close()
    return saved.getvalue()


def _on_paper(page: Any, box: Box) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a box on the paper, before it is turned to be shown.

    The box is cut across the line of text, which runs along its longer side, and widened along it.
    """
    x0, top, x1, bottom = box
    across, down = (-_SIDE, (bottom - top) * _RIM)
    if bottom - top > x1 - x0:
        across, down = ((x1 - x0) * _RIM, -_SIDE)
    corners = [_point(page, x0 + across, top + down), _point(page, x1 - across, bottom - down)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), max(ys), max(xs), min(ys)


def _point(page: Any, x: float, y: float) -> tuple[float, float]:
    across, up = ctypes.c_double(), ctypes.c_double()
    size = (round(length * _FINE) for length in page.get_size())
    pdfium.FPDF_DeviceToPage(page.raw, 0, 0, *size, 0, round(x * _FINE), round(y * _FINE), across, up)
    return across.value, up.value


def _bounded(text: Any, left: float, top: float, right: float, bottom: float) -> str:
    count = pdfium.FPDFText_GetBoundedText(text, left, top, right, bottom, None, 0)
    buffer = (ctypes.c_ushort * (count + 1))()
    pdfium.FPDFText_GetBoundedText(text, left, top, right, bottom, buffer, count)
    units = bytes(buffer)[: 2 * count]
    return units.decode("utf-16-le", "replace").rstrip("\0")

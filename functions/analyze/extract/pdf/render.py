"""Shows a PDF page as pixels."""

from __future__ import annotations

import ctypes
from typing import Any

from functions.analyze.document.model import Box
from functions.analyze.extract.bitmap import POINTS, Bitmap, Look
from functions.analyze.extract.pdf.pictures import image_sizes
from shared.errors import PermanentError

_GREY, _COLOUR = 1, 2
_ANNOTATIONS, _RED_FIRST = 0x01, 0x10


def render(pdfium: Any, page: Any, number: int, box: Box | None, look: Look, most_pixels: int) -> Bitmap:
    """Return the page, or the part of it in ``box`` (points from the top left), with stamps and comments.

    Raises PermanentError (``image-too-large``) where an image of the page has more than ``most_pixels``: it
    would have to be unpacked as a whole.
    """
    import numpy as np

    for columns, rows in image_sizes(pdfium, page):
        if columns * rows > most_pixels:
            raise too_large(number, columns, rows, most_pixels)
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    x0, top, x1, bottom = box or (0.0, 0.0, width, height)
    zoom = look.resolution_for(x1 - x0, bottom - top) / POINTS
    columns, rows = max(1, round((x1 - x0) * zoom)), max(1, round((bottom - top) * zoom))
    form, shape = (_COLOUR, (rows, columns, 3)) if look.colour else (_GREY, (rows, columns))
    # In grey there is no order of colours: with that flag PDFium leaves grey images out.
    flags = _ANNOTATIONS | _RED_FIRST if look.colour else _ANNOTATIONS
    pixels = np.full(shape, 255, dtype=np.uint8)
    bitmap = pdfium.FPDFBitmap_CreateEx(
        columns, rows, form, pixels.ctypes.data_as(ctypes.c_void_p), pixels.strides[0]
    )
    try:
        place = (round(-x0 * zoom), round(-top * zoom), round(width * zoom), round(height * zoom))
        pdfium.FPDF_RenderPageBitmap(bitmap, page, *place, 0, flags)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return Bitmap(pixels, 1 / zoom, x0, top)


def too_large(number: int, columns: int, rows: int, most_pixels: int) -> PermanentError:
    """Return the error for an image with too many pixels."""
    detail = (
        f"The image on page {number} has {columns} x {rows} pixels; the limit is {most_pixels} pixels. "
        "Scan it at 300 dpi and send that."
    )
    return PermanentError("image-too-large", detail)

"""Draws the boxes of evidence on the picture of a page, as a viewer does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.analyze.extract.bitmap import Bitmap

if TYPE_CHECKING:
    from shared.findings.model import Box

# A marker's yellow: what is printed shows through, as darker of the two colours.
_MARKER = (255, 235, 90)


def pixels_of(box: Box, bitmap: Bitmap) -> tuple[slice, slice]:
    """Return the rows and columns of a bitmap that a box in points covers, at least one of each."""
    x0, top, x1, bottom = (
        round((value - origin) / bitmap.scale)
        for value, origin in zip(box, (bitmap.left, bitmap.top) * 2, strict=True)
    )
    rows, columns = bitmap.pixels.shape[:2]
    top, x0 = min(max(top, 0), rows - 1), min(max(x0, 0), columns - 1)
    return slice(top, max(bottom, top + 1)), slice(x0, max(x1, x0 + 1))


def highlight(bitmap: Bitmap, boxes: Iterable[Box]) -> Bitmap:
    """Return a picture in colour with the boxes (points from the top left of the page) marked."""
    import numpy as np

    pixels = bitmap.pixels.copy()
    marker = np.array(_MARKER, dtype=np.uint8)
    for box in boxes:
        where = pixels_of(box, bitmap)
        pixels[where] = np.minimum(pixels[where], marker)
    return replace(bitmap, pixels=pixels)

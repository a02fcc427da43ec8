"""Finds what the detection overlooks: single digits and letters that stand alone, as in a table's cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.ocr.ink import threshold
from functions.analyze.ocr.ppocr.detect import LineBox

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Grey

# In heights of the row: what is lower is dirt or a dash, what is wider would have been found.
_LOWEST, _WIDEST = 0.35, 2.5
_APART, _MARGIN = 0.4, 0.25
_LEAST_CONTRAST_SHARE = 0.02
_MOST = 80


def find_leftovers(pixels: Grey, lines: Sequence[LineBox]) -> list[LineBox]:
    """Return boxes of lone ink at the height of a line; each is worth a try, none is sure to be text."""
    ink = pixels < threshold(pixels)
    for line in lines:
        ink[line.top : line.bottom, line.x0 : line.x1] = False
    found: list[LineBox] = []
    for top, bottom in _rows(lines):
        band = ink[top:bottom]
        high = bottom - top
        for x0, x1 in _groups(np.nonzero(band.any(axis=0))[0], _APART * high):
            rows = np.nonzero(band[:, x0:x1].any(axis=1))[0]
            if x1 - x0 > _WIDEST * high or rows[-1] + 1 - rows[0] < _LOWEST * high:
                continue
            if band[:, x0:x1].mean() < _LEAST_CONTRAST_SHARE:
                continue
            margin = round(_MARGIN * high)
            found.append(LineBox(max(0, x0 - margin), top, min(pixels.shape[1], x1 + margin), bottom))
    return found[:_MOST]


def _rows(lines: Sequence[LineBox]) -> list[tuple[int, int]]:
    """Return top and bottom of each row of lines, from top to bottom."""
    rows: list[tuple[int, int]] = []
    for line in lines:
        if not rows or line.top - rows[-1][0] > (line.bottom - line.top) / 2:
            rows.append((line.top, line.bottom))
    return rows


def _groups(columns: np.ndarray[tuple[int], np.dtype[np.intp]], apart: float) -> list[tuple[int, int]]:
    """Return first and last + 1 of the columns that stand together."""
    if not len(columns):
        return []
    parts = np.split(columns, np.nonzero(np.diff(columns) > apart)[0] + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]

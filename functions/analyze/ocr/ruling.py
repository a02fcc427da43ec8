"""Finds the straight lines drawn on a page image, as tables and forms have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.extract.printed import Rules
from functions.analyze.ocr.areas import areas
from functions.analyze.ocr.ink import threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.analyze.extract.bitmap import Grey

    Mask = NDArray[np.bool_]

# Longer than any stroke of a letter, an underline of a word included; in points.
_SHORTEST = 36.0
_THICKEST = 3.0
_MOST_LINES = 400
_CONTRAST = 25
_SOLID = 0.95
# Lines shorter than this, in points, are dashes of letters that met by chance.
_SHORTEST_LINE = 60.0
_GAP = 2

Line = tuple[float, float, float]


def find_rules(pixels: Grey, scale: float) -> tuple[Rules, Grey]:
    """Return the lines of an upright image, in points from its corner, and the image without them.

    ``scale`` is the size of a pixel in points. A line may be lighter than the text.
    """
    paper = int(np.median(pixels))
    dark = pixels < max(threshold(pixels), paper - _CONTRAST)
    length, thick = max(8, round(_SHORTEST / scale)), max(2, round(_THICKEST / scale))
    (across, solid), (down, _) = _runs(dark, length, thick), _runs(dark.T, length, thick)
    down = down.T
    fills = _fills(solid, length, thick)
    horizontal, vertical = _lines(across, dark, thick), _lines(down.T, dark.T, thick)
    least = _SHORTEST_LINE / scale
    horizontal = [line for line in horizontal if line[2] - line[1] >= least]
    vertical = [line for line in vertical if line[2] - line[1] >= least / 2]
    for x0, y0, x1, y1 in fills:
        horizontal += [(y0, x0, x1), (y1, x0, x1)]
        vertical += [(x0, y0, y1), (x1, y0, y1)]
    if len(horizontal) + len(vertical) > _MOST_LINES:
        return Rules((), ()), pixels
    clean = pixels.copy()
    clean[
        (across & _near(horizontal, dark.shape, thick)) | (down & _near(vertical, down.T.shape, thick).T)
    ] = paper
    return (
        Rules(
            tuple(_scaled(line, scale) for line in horizontal),
            tuple(_scaled(line, scale) for line in vertical),
        ),
        clean,
    )


def _near(lines: Sequence[Line], shape: tuple[int, ...], thick: int) -> Mask:
    """Return the pixels about the lines: a run elsewhere is part of a letter, and stays."""
    near = np.zeros(shape, np.bool_)
    for y, x0, x1 in lines:
        near[max(0, round(y) - thick) : round(y) + thick + 1, round(x0) : round(x1)] = True
    return near


def _scaled(line: Line, scale: float) -> Line:
    at, start, end = line
    return at * scale, start * scale, end * scale


def _runs(dark: Mask, length: int, thick: int) -> tuple[Mask, Mask]:
    """Return the pixels of runs along rows that are dark for ``length`` at least: thin ones, thick ones."""
    if dark.shape[1] < length or dark.shape[0] <= 2 * thick:
        return np.zeros_like(dark), np.zeros_like(dark)
    # A line that rises by a pixel on its way is still one.
    wide = dark.copy()
    wide[1:] |= dark[:-1]
    wide[:-1] |= dark[1:]
    dark = wide
    total = np.zeros((dark.shape[0], dark.shape[1] + 1), np.int32)
    np.cumsum(dark, axis=1, out=total[:, 1:])
    begins = total[:, length:] - total[:, :-length] >= _SOLID * length
    marks = np.zeros((dark.shape[0], dark.shape[1] + 1), np.int32)
    marks[:, : begins.shape[1]] += begins
    marks[:, length : length + begins.shape[1]] -= begins
    runs = (np.cumsum(marks, axis=1)[:, :-1] > 0) & dark
    # A filled area is dark above and below as well.
    solid = np.zeros_like(runs)
    solid[thick:-thick] = runs[: -2 * thick] & runs[2 * thick :]
    filled = solid.copy()
    for shift in range(1, thick + 1):
        filled[shift:] |= solid[:-shift]
        filled[:-shift] |= solid[shift:]
    return np.asarray(runs & ~filled), np.asarray(runs & filled)


def _fills(solid: Mask, length: int, thick: int) -> list[tuple[float, float, float, float]]:
    """Return the boxes of filled areas such as a table's head; letters leave holes in them."""
    whole = solid.sum(axis=1) >= length
    steps = np.diff(np.concatenate(([0], whole.astype(np.int8), [0])))
    boxes = []
    for y0, y1 in zip(np.nonzero(steps == 1)[0], np.nonzero(steps == -1)[0], strict=True):
        columns = np.nonzero(solid[y0:y1].any(axis=0))[0]
        if y1 - y0 > 2 * thick:
            boxes.append((float(columns[0]), float(y0), float(columns[-1] + 1), float(y1)))
    return boxes


def _lines(runs: Mask, dark: Mask, thick: int) -> list[Line]:
    """Return (y, x0, x1) of each line: its runs joined, and followed to where the ink ends."""
    pieces = sorted(_followed(span, dark, thick) for span in _spans(runs))
    joined: list[Line] = []
    for y, x0, x1 in pieces:
        for number, (other, left, right) in enumerate(joined):
            if abs(y - other) <= thick and x0 <= right + _GAP * thick and left <= x1 + _GAP * thick:
                joined[number] = (other, min(x0, left), max(x1, right))
                break
        else:
            joined.append((y, x0, x1))
    return joined


def _followed(span: tuple[int, int, int, int], dark: Mask, thick: int) -> Line:
    """Return the line of a run with its ends, which may lie a pixel higher or lower than the run."""
    x0, y0, x1, y1 = span
    inked = dark[max(0, y0 - 1) : y1 + 1].any(axis=0)
    holes = np.nonzero(~inked)[0]
    # The end is where a hole is followed by another: one pixel may be missing anywhere.
    ends = holes[:-1][np.diff(holes) == 1]
    left, right = ends[ends < x0], ends[ends >= x1]
    begin = int(left[-1]) + 2 if len(left) else x0
    end = int(right[0]) if len(right) else x1
    return (y0 + y1) / 2, float(min(begin, x0)), float(max(end, x1))


def _spans(runs: Mask) -> list[tuple[int, int, int, int]]:
    """Return x0, y0, x1, y1 of each area of runs: those of neighbouring rows that overlap are one."""
    return [area.box for area in areas(runs, runs.astype(np.float32))]

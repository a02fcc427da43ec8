"""Finds the straight lines drawn on a page image, as tables and forms have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.extract.pdf.drawing import Rules
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


def find_rules(pixels: Grey, scale: float) -> tuple[Rules, Grey]:
    """Return the lines of an upright image, in points from its corner, and the image without them.

    ``scale`` is the size of a pixel in points. A line may be lighter than the text.
    """
    paper = int(np.median(pixels))
    dark = pixels < max(threshold(pixels), paper - _CONTRAST)
    length, thick = max(8, round(_SHORTEST / scale)), max(2, round(_THICKEST / scale))
    across, down = _runs(dark, length, thick), _runs(dark.T, length, thick).T
    horizontal = [((y0 + y1) / 2, x0, x1) for x0, y0, x1, y1 in _spans(across)]
    vertical = [((x0 + x1) / 2, y0, y1) for y0, x0, y1, x1 in _spans(down.T)]
    if len(horizontal) + len(vertical) > _MOST_LINES:
        return Rules((), ()), pixels
    clean = pixels.copy()
    clean[across | down] = paper
    return (
        Rules(
            tuple(_scaled(line, scale) for line in horizontal),
            tuple(_scaled(line, scale) for line in vertical),
        ),
        clean,
    )


def _scaled(line: tuple[float, float, float], scale: float) -> tuple[float, float, float]:
    at, start, end = line
    return at * scale, start * scale, end * scale


def _runs(dark: Mask, length: int, thick: int) -> Mask:
    """Return the pixels of runs along rows that are dark for ``length`` at least, and thin across."""
    if dark.shape[1] < length or dark.shape[0] <= 2 * thick:
        return np.zeros_like(dark)
    total = np.zeros((dark.shape[0], dark.shape[1] + 1), np.int32)
    np.cumsum(dark, axis=1, out=total[:, 1:])
    begins = total[:, length:] - total[:, :-length] >= _SOLID * length
    marks = np.zeros((dark.shape[0], dark.shape[1] + 1), np.int32)
    marks[:, : begins.shape[1]] += begins
    marks[:, length : length + begins.shape[1]] -= begins
    runs = (np.cumsum(marks, axis=1)[:, :-1] > 0) & dark
    # A filled area is dark above and below as well: no line.
    solid = np.zeros_like(runs)
    solid[thick:-thick] = runs[: -2 * thick] & runs[2 * thick :]
    filled = solid.copy()
    for shift in range(1, thick + 1):
        filled[shift:] |= solid[:-shift]
        filled[:-shift] |= solid[shift:]
    return np.asarray(runs & ~filled)


def _spans(runs: Mask) -> list[tuple[float, float, float, float]]:
    """Return x0, y0, x1, y1 of each line: the runs of neighbouring rows that overlap are one."""
    open_lines: list[list[float]] = []
    done: list[list[float]] = []
    for y in np.nonzero(runs.any(axis=1))[0]:
        edges = np.diff(np.concatenate(([0], runs[y].view(np.int8), [0])))
        still = [line for line in open_lines if line[3] >= y]
        done += [line for line in open_lines if line[3] < y]
        open_lines = still
        for x0, x1 in zip(np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0], strict=True):
            for line in open_lines:
                if x0 <= line[2] and line[0] <= x1:
                    line[0], line[2], line[3] = min(line[0], float(x0)), max(line[2], float(x1)), float(y + 1)
                    break
            else:
                open_lines.append([float(x0), float(y), float(x1), float(y + 1)])
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in (*done, *open_lines)]

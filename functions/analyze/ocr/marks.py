"""Mends what engines get wrong about dashes: one alone in its cell is overlooked, and its length misjudged.

"–" in a table says that nothing is paid, so that it must not be lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from functions.analyze.document.model import Box
from functions.analyze.ocr.areas import areas
from functions.analyze.ocr.ink import threshold
from functions.analyze.ocr.port import ReadWord
from functions.analyze.ocr.type import Type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.analyze.extract.bitmap import Grey

# In type sizes: a hyphen is 0.3 wide, an en dash 0.45 to 0.5, an em dash 1; none is thicker than 0.16.
_NARROWEST, _EN, _EM, _WIDEST = 0.2, 0.37, 0.75, 1.3
_THICKEST = 0.16
# A dash stands at a quarter of the size above the baseline.
_LOWEST, _HIGHEST = 0.1, 0.42
_FREE = 0.5
_FULL = 0.5
_SURE = 0.9
_DASHES = "-‐‑‒–—―−"
_LAST_DASH = re.compile(rf"[{_DASHES}](?=[.,]?$)")
_MOST_ROWS = 400

Typed = tuple[ReadWord, Type]


class _Row(NamedTuple):
    """A row of words: its baseline and type size in pixels."""

    base: float
    size: float


def mend_dashes(pixels: Grey, words: Sequence[Typed]) -> list[Typed]:
    """Return the words with their last dash as long as it is printed, and with the dashes not read."""
    alone = _alone(words)
    kept = [(_measured(pixels, word, kind), kind) for word, kind in words if word.line not in alone]
    return [*kept, *_overlooked(pixels, kept)]


def _alone(words: Sequence[Typed]) -> set[int]:
    """Return the lines of nothing but a dash: neither their size nor their height is known."""
    texts: dict[int, str] = {}
    for word, _ in words:
        texts[word.line] = texts.get(word.line, "") + word.text
    return {line for line, text in texts.items() if not text.strip(_DASHES)}


def _measured(pixels: Grey, word: ReadWord, kind: Type) -> ReadWord:
    """Return a word that ends in a dash, before a comma or full stop perhaps, with the dash printed there."""
    dash = _LAST_DASH.search(word.text)
    if dash is None:
        return word
    x0, x1 = round(word.box[0]), round(word.box[2])
    top, bottom = round(kind.base - _HIGHEST * kind.size), round(kind.base - _LOWEST * kind.size)
    crop = pixels[max(0, top) : bottom, max(0, x0) : x1]
    inked = np.nonzero((crop < threshold(crop)).any(axis=0))[0] if crop.size else np.zeros(0)
    if not len(inked):
        return word
    gaps = np.nonzero(np.diff(inked) > 1)[0]
    begin = inked[gaps[-1] + 1] if len(gaps) else inked[0]
    text = _dash((int(inked[-1]) + 1 - int(begin)) / kind.size)
    return replace(word, text=word.text[: dash.start()] + text + word.text[dash.end() :])


def _dash(width: float) -> str:
    """Return the dash that is so many type sizes wide."""
    return "-" if width < _EN else "–" if width < _EM else "—"


def _overlooked(pixels: Grey, words: Sequence[Typed]) -> list[Typed]:
    """Return the dashes that stand alone at the height of a row of words, with nothing near them."""
    ink = pixels < threshold(pixels)
    for word, _ in words:
        x0, top, x1, bottom = (round(value) for value in word.box)
        ink[max(0, top) : bottom, max(0, x0 - 1) : x1 + 1] = False
    line = max((word.line for word, _ in words), default=-1) + 1
    found: list[Typed] = []
    for row in _rows(words):
        for left, right in _dashes(ink, row):
            box = (left, row.base - 0.75 * row.size, right, row.base + 0.25 * row.size)
            if any(_near(box, _FREE * row.size, word.box) for word, _ in (*words, *found)):
                continue
            text = _dash((right - left) / row.size)
            found.append(
                (ReadWord(text, box, _SURE, line + len(found)), Type(row.base, row.size, bold=False))
            )
    return found


def _rows(words: Sequence[Typed]) -> list[_Row]:
    """Return the rows of words, from top to bottom."""
    rows: list[_Row] = []
    for base, size in sorted({(kind.base, kind.size) for _, kind in words}):
        if not rows or base - rows[-1].base > 0.4 * size:
            rows.append(_Row(base, size))
    return rows[:_MOST_ROWS]


def _dashes(ink: NDArray[np.bool_], row: _Row) -> list[tuple[float, float]]:
    """Return first column and last + 1 of what looks like a dash at the height of a row."""
    top, bottom = max(0, round(row.base - 0.8 * row.size)), round(row.base + 0.2 * row.size)
    band = ink[top:bottom]
    found = []
    for area in areas(band, band.astype(np.float32)):
        x0, y0, x1, y1 = area.box
        above = (row.base - top - (y0 + y1) / 2) / row.size
        flat = y1 - y0 <= max(3.0, _THICKEST * row.size) and area.pixels >= _FULL * (x1 - x0) * (y1 - y0)
        free = round(_FREE * row.size)
        if (
            flat
            and _NARROWEST <= (x1 - x0) / row.size <= _WIDEST
            and _LOWEST <= above <= _HIGHEST
            and int(band[:, max(0, x0 - free) : x1 + free].sum()) == area.pixels
        ):
            found.append((float(x0), float(x1)))
    return found


def _near(box: Box, free: float, other: Box) -> bool:
    """Tell whether another box lies in the same row, less than ``free`` away."""
    across = min(box[2] + free, other[2]) - max(box[0] - free, other[0])
    return across > 0 and min(box[3], other[3]) - max(box[1], other[1]) > 0.5 * (box[3] - box[1])

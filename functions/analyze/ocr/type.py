"""Measures the type of words that were read: size, baseline and weight, which no engine tells.

Which letters a word has says how high its ink should be in a type of one point; headings are then told from
the text by the same rules as in a file with a text layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.ocr.ink import darkness

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Grey
    from functions.analyze.ocr.port import ReadWord

# Parts of the type size above and below the baseline, averages of text typefaces.
_MARKED, _ASCENDER, _CAPITAL, _SMALL, _FLAT = 0.9, 0.71, 0.67, 0.49, 0.0
_DEEP, _SLIGHT = 0.22, 0.14
_LOW = frozenset("acemnorsuvwxz")
_ASCENDING = frozenset("bdfhklß()[]{}§/|")
_DOTS = frozenset(".,:;-–—…_„")
_BELOW = frozenset("gjpqyçÇ()[]{}§/|")
_COMMA = frozenset(",;„")
_LEAST_LETTERS = 2
# A row inked all along is the edge of a coloured ground, no part of a letter.
_SOLID = 0.95
_SAME_SIZE = 1.13
_BOLD = 1.25
_WEIGHED_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Type:
    """Type of a word, in pixels: ``base`` is the baseline's y, ``size`` the type size."""

    base: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class _Measure:
    base: float
    size: float
    weight: float
    letters: int


def measure(pixels: Grey, words: Sequence[ReadWord]) -> list[Type]:
    """Return the type of each word; words of a line share size and baseline."""
    measures = [_measure(pixels, word) for word in words]
    sizes, bases = _by_line(words, measures)
    usual = _usual_sizes(list(sizes.values()), [word.line for word in words], list(sizes))
    weights = [one.weight / usual[word.line] for one, word in zip(measures, words, strict=True)]
    heavy = _BOLD * _median_weight(measures, weights)
    bold = [
        weight > heavy if one.letters >= _WEIGHED_LETTERS else None
        for one, weight in zip(measures, weights, strict=True)
    ]
    return [
        Type(bases[word.line], usual[word.line], is_bold)
        for word, is_bold in zip(words, _filled(words, bold), strict=True)
    ]


def _measure(pixels: Grey, word: ReadWord) -> _Measure:
    """Measure one word; one that tells nothing has no letters."""
    x0, top, x1, bottom = (round(value) for value in word.box)
    dark = darkness(pixels[max(0, top) : bottom, max(0, x0) : x1])
    if dark.size and dark.mean() > 0.5:  # noqa: PLR2004 - light letters on a dark ground
        dark = 1 - dark
    up, down = _extent(word.text)
    letters = sum(character.isalnum() for character in word.text)
    inked = (dark > 0.5).mean(axis=1) if dark.size else np.zeros(0)  # noqa: PLR2004
    rows = np.nonzero((inked > 0) & (inked < _SOLID))[0]
    if not letters or len(rows) < 3:  # noqa: PLR2004
        return _Measure(bottom - 0.25 * (bottom - top), 0.8 * (bottom - top), 0.0, 0)
    high, low = _body_rows(rows)
    size = (low - high) / (up + down)
    sharp = np.clip((dark - 0.25) * 2, 0, 1)
    edges = float(np.abs(np.diff(sharp, axis=0)).sum() + np.abs(np.diff(sharp, axis=1)).sum())
    return _Measure(top + low - down * size, size, 2 * float(sharp.sum()) / max(edges, 1.0), letters)


def _body_rows(rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[float, float]:
    """Return first row and last + 1 of the ink, without what a neighbouring line leaves at the edge."""
    parts = np.split(rows, np.nonzero(np.diff(rows) > 1)[0] + 1)
    main = max(range(len(parts)), key=lambda number: len(parts[number]))
    first, last = main, main
    height = len(parts[main])
    # A dot or an accent stands apart from its letter by less than a third of the letter.
    while first > 0 and parts[first][0] - parts[first - 1][-1] <= 0.34 * height:
        first -= 1
    while last + 1 < len(parts) and parts[last + 1][0] - parts[last][-1] <= 0.2 * height:
        last += 1
    return float(parts[first][0]), float(parts[last][-1] + 1)


def _extent(text: str) -> tuple[float, float]:
    """Return how far the letters of a word reach above and below the baseline, in type sizes."""
    import unicodedata

    up, down = 0.0, 0.0
    for character in text:
        base = unicodedata.normalize("NFD", character)
        up = max(up, _height(character, marked=len(base) > 1 and base[0].isupper()))
        down = max(down, _DEEP if base[0] in _BELOW else _SLIGHT if character in _COMMA else 0.0)
    return up, down


def _height(character: str, *, marked: bool) -> float:
    if marked:
        return _MARKED
    if character in _LOW:
        return _SMALL
    if character in _DOTS:
        return _FLAT
    return _ASCENDER if character in _ASCENDING else _CAPITAL


def _by_line(
    words: Sequence[ReadWord], measures: Sequence[_Measure]
) -> tuple[dict[int, float], dict[int, float]]:
    """Return size and baseline of each line: those of its longer words, of any word without these."""
    lines: dict[int, list[_Measure]] = defaultdict(list)
    for word, one in zip(words, measures, strict=True):
        lines[word.line].append(one)
    sizes, bases = {}, {}
    for line, ones in lines.items():
        long = (
            [one for one in ones if one.letters >= _LEAST_LETTERS]
            or [one for one in ones if one.letters]
            or ones
        )
        sizes[line] = median(one.size for one in long for _ in range(max(1, one.letters)))
        bases[line] = median(one.base for one in long for _ in range(max(1, one.letters)))
    return sizes, bases


def _usual_sizes(values: list[float], word_lines: list[int], lines: list[int]) -> dict[int, float]:
    """Return each line's size, sizes that differ by error of measurement only made one.

    The size of most words draws in all that is near it; what is left is grouped from small to large.
    """
    size_of = dict(zip(lines, values, strict=True))
    result: dict[int, float] = {}
    if not lines:
        return result
    body = median(size_of[line] for line in word_lines)
    for line in lines:
        if body / _SAME_SIZE <= size_of[line] <= body * _SAME_SIZE:
            result[line] = body
    group: list[int] = []
    for line in [*sorted((line for line in lines if line not in result), key=size_of.__getitem__), -1]:
        if group and (line < 0 or size_of[line] > _SAME_SIZE * size_of[group[0]]):
            common = median(size_of[one] for one in group)
            result.update(dict.fromkeys(group, common))
            group = []
        group.append(line)
    return result


def _median_weight(measures: Sequence[_Measure], weights: Sequence[float]) -> float:
    known = [weight for one, weight in zip(measures, weights, strict=True) for _ in range(one.letters)]
    return median(known) if known else 0.0


def _filled(words: Sequence[ReadWord], bold: Sequence[bool | None]) -> list[bool]:
    """Give words too short to weigh the weight of their neighbours in the line: the next, else the last."""
    result = list(bold)
    for order in (range(len(words) - 2, -1, -1), range(1, len(words))):
        step = 1 if order.step < 0 else -1
        for number in order:
            other = number + step
            if result[number] is None and words[other].line == words[number].line:
                result[number] = result[other]
    return [bool(value) for value in result]

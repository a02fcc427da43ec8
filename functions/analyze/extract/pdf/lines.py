"""Groups words into lines and cells, in one column of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from statistics import median

from functions.analyze.extract.labels import CLAUSE, LIST_MARK
from functions.analyze.extract.printed import Glyphs

_BY_PLACE, _BY_X = attrgetter("base", "x0"), attrgetter("x0")
_DOTS = re.compile(r"[.·…_]+")
_DOT = frozenset(".·…_")
_LEADERS = 4
_STEP = 0.15
_OVERLAP = -0.3


class Line:
    """Words that share a baseline, from left to right.

    Lines are grouped many times over while a page is taken apart, and most are looked at for their place
    only: what costs more is found when it is asked for.
    """

    def __init__(self, words: list[Glyphs]) -> None:
        self.words = words
        self.x0 = words[0].x0
        largest = words[0]
        for word in words:
            if word.size > largest.size:
                largest = word
        self.base = largest.base

    @cached_property
    def x1(self) -> float:
        """Return the right edge."""
        return max([word.x1 for word in self.words])

    @cached_property
    def top(self) -> float:
        """Return the upper edge."""
        return min([word.top for word in self.words])

    @cached_property
    def bottom(self) -> float:
        """Return the lower edge."""
        return max([word.bottom for word in self.words])

    @cached_property
    def size(self) -> float:
        """Return the size of the type, in points: the median of the words."""
        return median([word.size for word in self.words])

    @cached_property
    def text(self) -> str:
        """Return the words with the spaces between them."""
        words = self.words
        return words[0].text + "".join([(" " if word.spaced else "") + word.text for word in words[1:]])

    @cached_property
    def bold(self) -> bool:
        """Tell whether the line is bold."""
        return is_bold(self.words)


def is_bold(words: Sequence[Glyphs]) -> bool:
    """Tell whether ``words`` are bold, whatever the number in front of them is set in."""
    if not words[-1].bold:
        return False
    start = " ".join(word.text for word in words[:3])
    match = CLAUSE.match(start) or LIST_MARK.match(start)
    label = len(match.group().split()) if match else 0
    return all(word.bold for word in (words[label:] or words))


def group_lines(words: Iterable[Glyphs]) -> list[Line]:
    """Return the lines of ``words``, top to bottom; a raised or lowered sign stays on its line."""
    rows: list[list[Glyphs]] = []
    base = 0.0
    for word in sorted(words, key=_BY_PLACE):
        if rows and word.base - base <= 0.4 * max(word.size, rows[-1][0].size):
            rows[-1].append(word)
        else:
            rows.append([word])
            base = word.base
    ordered = (_without_leaders(_in_order(row)) for row in rows)
    return [Line(row) for row in ordered if row]


def _in_order(words: list[Glyphs]) -> list[Glyphs]:
    """Sort a line by x and settle where spaces go: where the file has none, only a gap makes one."""
    words.sort(key=_BY_X)
    for before, after in pairwise(words):
        after.spaced = (after.x0 - before.x1) / after.size > (_OVERLAP if after.spaced else _STEP)
    return words


def _without_leaders(words: list[Glyphs]) -> list[Glyphs]:
    """Drop the dots that lead the eye to a page number: they are no text."""
    starts = [word.text[:1] in _DOT for word in words]
    if True not in starts:
        return words
    dots = [bool(_DOTS.fullmatch(word.text)) for word in words]
    if sum(len(word.text) for word, dotted in zip(words, dots, strict=True) if dotted) < _LEADERS:
        return words
    return [word for word, dotted in zip(words, dots, strict=True) if not dotted]


def cells(line: Line, gap: float) -> list[list[Glyphs]]:
    """Cut a line where the space between two words is wider than ``gap`` times the type size."""
    parts: list[list[Glyphs]] = [[line.words[0]]]
    for before, after in pairwise(line.words):
        if after.x0 - before.x1 > gap * max(before.size, after.size):
            parts.append([after])
        else:
            parts[-1].append(after)
    return parts


def leading(lines: Sequence[Line]) -> float:
    """Return the usual distance of two baselines, in points."""
    steps = [
        below.base - above.base
        for above, below in pairwise(lines)
        if 0 < below.base - above.base < 2.2 * above.size
    ]
    if not steps:
        return 1.25 * (lines[0].size if lines else 10.0)
    return median(sorted(steps)[: max(1, (len(steps) * 3 + 3) // 4)])

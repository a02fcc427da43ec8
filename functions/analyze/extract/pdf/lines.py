"""Groups words into lines and cells, in one column of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from functions.analyze.extract.labels import is_label
from functions.analyze.extract.pdf.glyphs import Glyphs


@dataclass(slots=True)
class Line:
    """Words that share a baseline, from left to right."""

    words: list[Glyphs]
    base: float

    @property
    def x0(self) -> float:
        """Return the left edge."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Return the right edge."""
        return max(word.x1 for word in self.words)

    @property
    def top(self) -> float:
        """Return the upper edge."""
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return max(word.bottom for word in self.words)

    @property
    def size(self) -> float:
        """Return the type size of most of the line."""
        return median(word.size for word in self.words)

    @property
    def bold(self) -> bool:
        """Tell whether every word is bold, but for a number in front."""
        words = self.words[1:] if len(self.words) > 1 and is_label(self.words[0].text) else self.words
        return all(word.bold for word in words)

    @property
    def text(self) -> str:
        """Return the words, joined by spaces where there are any."""
        return "".join(
            (" " if number and word.spaced else "") + word.text for number, word in enumerate(self.words)
        )


def group_lines(words: Iterable[Glyphs]) -> list[Line]:
    """Return the lines of ``words``, top to bottom; a raised or lowered sign stays on its line."""
    lines: list[Line] = []
    for word in sorted(words, key=lambda word: (word.base, word.x0)):
        line = lines[-1] if lines else None
        if line is not None and word.base - line.base <= 0.4 * max(word.size, line.words[0].size):
            line.words.append(word)
        else:
            lines.append(Line([word], word.base))
    for line in lines:
        _order(line)
    return lines


def _order(line: Line) -> None:
    """Sort a line by x and settle where spaces go; the file's own order decides only between neighbours."""
    follows = {id(after): before for before, after in pairwise(line.words)}
    line.words.sort(key=lambda word: word.x0)
    line.base = max(line.words, key=lambda word: word.size).base
    for before, after in pairwise(line.words):
        glued = not after.spaced and follows.get(id(after)) is before
        after.spaced = not glued and after.x0 - before.x1 > -0.3 * after.size
        if not after.spaced and after.x0 - before.x1 > 0.15 * after.size:
            after.spaced = True


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

"""Parts the lines at a page's upper and lower edge from its body: candidates for running heads and feet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from functions.analyze.extract.pdf.lines import Line, cells, group_lines
from functions.analyze.extract.printed import Glyphs

_HEAD_SHARE = 0.07
_FOOT_SHARE = 0.08
_SIZES_APART = 1.0


def split_margins(words: Sequence[Glyphs], height: float) -> tuple[list[Line], list[Glyphs], list[Line]]:
    """Return the head's lines, the body's words and the foot's lines.

    Only what stands apart from the body by a white stripe counts: a page filled to its edge has no margins.
    """
    lines = group_lines(words)
    head = _apart(lines, lambda line: line.bottom < _HEAD_SHARE * height)
    foot = _apart(lines[::-1], lambda line: line.top > (1 - _FOOT_SHARE) * height)
    if head + foot >= len(lines):
        return [], list(words), []
    end = len(lines) - foot
    return (
        _split(lines[:head]),
        [word for line in lines[head:end] for word in line.words],
        _split(lines[end:]),
    )


def _apart(lines: Sequence[Line], within: Callable[[Line], bool]) -> int:
    """Return how many lines from the edge on lie within the margin, up to its last white stripe."""
    count = 0
    for number, (outer, inner) in enumerate(pairwise(lines), 1):
        if not within(outer):
            break
        if max(inner.top - outer.bottom, outer.top - inner.bottom) >= _SIZES_APART * outer.size:
            count = number
    return count


def _split(lines: Sequence[Line]) -> list[Line]:
    """Part what stands left, centred and right: a page number must not hide a repeated name."""
    return [Line(part) for line in lines for part in cells(line, 2.0)]

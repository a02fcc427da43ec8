"""Parts the lines at a page's upper and lower edge from its body: candidates for running heads and feet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from functions.analyze.extract.pdf.glyphs import Glyphs
from functions.analyze.extract.pdf.lines import Line, cells, group_lines

_HEAD_SHARE = 0.07
_FOOT_SHARE = 0.08
_SIZES_APART = 1.0


def split_margins(words: Sequence[Glyphs], height: float) -> tuple[list[Line], list[Glyphs], list[Line]]:
    """Return the head's lines, the body's words and the foot's lines.

    Only what stands apart from the body by a white stripe counts: a page filled to its edge has no margins.
    """
    lines = group_lines(words)
    head = _run(lines, lambda line: line.bottom < _HEAD_SHARE * height)
    foot = _run(lines[::-1], lambda line: line.top > (1 - _FOOT_SHARE) * height)
    if len(head) + len(foot) >= len(lines):
        return [], list(words), []
    body = lines[len(head) : len(lines) - len(foot)]
    if head and body[0].top - head[-1].bottom < _SIZES_APART * head[-1].size:
        head = []
    if foot and foot[-1].top - body[-1].bottom < _SIZES_APART * foot[-1].size:
        foot = []
    inner = lines[len(head) : len(lines) - len(foot)]
    return _split(head), [word for line in inner for word in line.words], _split(foot[::-1])


def _run(lines: Sequence[Line], within: Callable[[Line], bool]) -> list[Line]:
    """Return the lines from the start that lie within the margin."""
    count = next((number for number, line in enumerate(lines) if not within(line)), len(lines))
    return list(lines[:count])


def _split(lines: Sequence[Line]) -> list[Line]:
    """Part what stands left, centred and right: a page number must not hide a repeated name."""
    return [Line(part) for line in lines for part in cells(line, 2.0)]

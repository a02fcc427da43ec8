"""Finds columns of prose, so that each is read down before the next begins.

Rows of a table and clause numbers in a margin also leave white stripes; those are read across. A stripe
parts columns only where both sides look like running text.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from functions.analyze.extract.pdf.lines import Line, cells, group_lines
from functions.analyze.extract.printed import Glyphs

_MIN_ROWS = 4
# Points; a page has at most 14,400. Words may be set anywhere, and the stripes are sought point by point.
_WIDEST = 20_000.0
_WORD_GAP = 0.8
_NARROWEST = 0.7
_MAX_CROSSING = 0.25
_MIN_WIDTH_SHARE = 0.15
_DEPTH = 4
_HEADING_SIZE = 1.25
_PAUSE = 1.5


@dataclass(frozen=True, slots=True)
class _Span:
    """Part of a row without a wide gap."""

    x0: float
    x1: float
    words: tuple[Glyphs, ...]


def reading_order(words: Sequence[Glyphs]) -> list[list[Glyphs]]:
    """Return the runs of words to read one after the other, each a single column."""
    return _ordered(group_lines(words), 0)


def _ordered(lines: Sequence[Line], depth: int) -> list[list[Glyphs]]:
    words = [word for line in lines for word in line.words]
    if len(lines) < _MIN_ROWS:
        return [words] if words else []
    rows = [_spans(line) for line in lines]
    gutters = _gutters(rows)
    if gutters:
        return _read_columns(words, rows, gutters)
    if depth >= _DEPTH or len(lines) < 2 * _MIN_ROWS:
        return [words]
    where = _cut(lines)
    parts = [*_ordered(lines[:where], depth + 1), *_ordered(lines[where:], depth + 1)]
    return parts if len(parts) > 2 else [words]  # noqa: PLR2004 - two parts are the two halves


def _spans(line: Line) -> list[_Span]:
    return [_Span(part[0].x0, max(word.x1 for word in part), tuple(part)) for part in cells(line, _WORD_GAP)]


def _cut(lines: Sequence[Line]) -> int:
    """Return where to cut: at the widest white stripe across, the first of several."""
    steps = [(below.top - above.bottom, number) for number, (above, below) in enumerate(pairwise(lines), 1)]
    _, where = max(steps, key=lambda step: (round(step[0], 1), -step[1]))
    return where


def _gutters(rows: Sequence[Sequence[_Span]]) -> list[float]:
    """Return the x of each stripe between two columns of prose."""
    candidates = _stripes(rows)
    bounds = _outer(rows)
    while candidates:
        columns = _columns(rows, candidates, bounds)
        narrow = _narrow(columns, bounds)
        if narrow is None:
            break
        candidates.remove(_stripe_of(columns, narrow, candidates))
    return candidates if candidates and _is_prose(_columns(rows, candidates, bounds)) else []


def _outer(rows: Sequence[Sequence[_Span]]) -> tuple[float, float]:
    return min(row[0].x0 for row in rows), max(row[-1].x1 for row in rows)


def _stripes(rows: Sequence[Sequence[_Span]]) -> list[float]:
    """Return the middle of every vertical stripe that few rows cross."""
    left, right = _outer(rows)
    if right - left > _WIDEST:
        return []
    width = int(right - left) + 2
    steps = [0] * (width + 1)
    for row in rows:
        for span in row:
            steps[max(0, int(span.x0 - left))] += 1
            steps[min(width, int(span.x1 - left) + 1)] -= 1
    size = median(word.size for row in rows for span in row for word in span.words)
    most = _MAX_CROSSING * len(rows)
    found: list[float] = []
    depth, begin, lowest = 0, None, 0
    coverage = []
    for step in steps:
        depth += step
        coverage.append(depth)
    for x, depth in enumerate([*coverage, len(rows) + 1]):
        if depth <= most:
            if begin is None:
                begin, lowest = x, depth
            lowest = min(lowest, depth)
        elif begin is not None:
            least = _NARROWEST * size
            inner = _first_run(coverage, (begin, x), lowest, least) or _first_run(
                coverage, (begin, x), lowest + 1, least
            )
            if inner and inner[0] > 0 and inner[1] < width - 1:
                found.append(left + (inner[0] + inner[1]) / 2)
            begin = None
    return found


def _first_run(
    coverage: Sequence[int], stripe: tuple[int, int], most: int, least: float
) -> tuple[int, int] | None:
    """Return the first run of places within ``stripe`` that at most ``most`` rows cover, ``least`` wide.

    The first, as what stands within a stripe now and then is a number in the margin of the column after it.
    """
    start = None
    for x in range(stripe[0], stripe[1] + 1):
        if x < stripe[1] and coverage[x] <= most:
            start = x if start is None else start
        elif start is not None:
            if x - start >= least:
                return start, x
            start = None
    return None


@dataclass(slots=True)
class _Column:
    """What lies between two stripes, row by row, without the rows that cross a stripe."""

    x0: float
    x1: float
    rows: list[list[_Span]]

    @property
    def words(self) -> float:
        """Return the mean number of words a row."""
        return fmean(sum(len(span.words) for span in row) for row in self.rows) if self.rows else 0.0

    @property
    def fill(self) -> float:
        """Return the mean share of the width that a row takes."""
        width = self.x1 - self.x0
        return (
            fmean((row[-1].x1 - row[0].x0) / width for row in self.rows) if self.rows and width > 0 else 0.0
        )

    @property
    def numeric(self) -> float:
        """Return the share of rows that hold a digit."""
        hits = (
            any(c.isdigit() for span in row for word in span.words for c in word.text) for row in self.rows
        )
        return fmean(hits) if self.rows else 0.0


def _columns(
    rows: Sequence[Sequence[_Span]], stripes: Sequence[float], bounds: tuple[float, float]
) -> list[_Column]:
    edges = [bounds[0] - 1, *stripes, bounds[1] + 1]
    columns = []
    for x0, x1 in pairwise(edges):
        inside = [[span for span in row if span.x0 >= x0 and span.x1 <= x1] for row in rows]
        filled = [row for row in inside if row]
        if filled:
            left, right = _outer(filled)
            columns.append(_Column(left, right, filled))
        else:
            columns.append(_Column(x0, x1, []))
    return columns


def _narrow(columns: Sequence[_Column], bounds: tuple[float, float]) -> int | None:
    """Return the first column that is no column of its own: labels, page numbers, or empty."""
    least = _MIN_WIDTH_SHARE * (bounds[1] - bounds[0])
    for number, column in enumerate(columns):
        if not column.rows or column.x1 - column.x0 < least:
            return number
    return None


def _stripe_of(columns: Sequence[_Column], number: int, stripes: Sequence[float]) -> float:
    """Return the stripe a narrow column gives up: labels join the right side, page numbers the left."""
    if number == 0:
        return stripes[0]
    if number == len(columns) - 1:
        return stripes[-1]
    column = columns[number]
    lefts = len({round(row[0].x0) for row in column.rows})
    rights = len({round(row[-1].x1) for row in column.rows})
    if lefts == rights:
        to_left = column.x0 - columns[number - 1].x1
        return stripes[number - 1] if to_left < columns[number + 1].x0 - column.x1 else stripes[number]
    return stripes[number] if lefts < rights else stripes[number - 1]


def _is_prose(columns: Sequence[_Column]) -> bool:
    """Tell columns of running text from those of a table."""
    if any(column.words < 2.5 or column.fill < 0.45 or len(column.rows) < 2 for column in columns):  # noqa: PLR2004
        return False
    if columns[0].numeric < 0.3 and max(column.numeric for column in columns) > 0.6:  # noqa: PLR2004
        return False
    widths = [column.x1 - column.x0 for column in columns]
    return max(widths) <= 1.8 * min(widths) or min(column.words for column in columns) >= 5  # noqa: PLR2004


def _read_columns(
    words: Sequence[Glyphs], rows: Sequence[Sequence[_Span]], gutters: Sequence[float]
) -> list[list[Glyphs]]:
    """Read band by band: what spans the gutters, then the columns below it."""
    across = _across(rows, gutters, median(word.size for word in words))
    inside = {id(word) for word in across}
    edges = [line.base for line in group_lines(across)]
    bands: list[list[list[Glyphs]]] = [[[] for _ in range(len(gutters) + 2)] for _ in range(len(edges) + 1)]
    for word in words:
        if id(word) in inside:
            number = min(range(len(edges)), key=lambda edge: abs(edges[edge] - word.base))
            bands[number][-1].append(word)
        else:
            number = sum(edge < word.base - 0.2 * word.size for edge in edges)
            bands[number][sum(gutter < (word.x0 + word.x1) / 2 for gutter in gutters)].append(word)
    return _joined([run for band in bands for run in band if run], inside)


def _joined(runs: Sequence[list[Glyphs]], across: set[int]) -> list[list[Glyphs]]:
    """Join runs across the gutters that follow each other."""
    out: list[list[Glyphs]] = []
    for run in runs:
        if out and id(run[0]) in across and id(out[-1][0]) in across:
            out[-1].extend(run)
        else:
            out.append(run)
    return out


def _across(rows: Sequence[Sequence[_Span]], gutters: Sequence[float], body: float) -> list[Glyphs]:
    """Return the words that span the gutters: wide lines, and large headings with nothing beside them."""
    found: list[Glyphs] = []
    for number, row in enumerate(rows):
        crossing = [span for span in row if any(span.x0 < gutter < span.x1 for gutter in gutters)]
        if crossing or _stands_alone(rows, number, gutters, body):
            found.extend(word for span in (crossing or row) for word in span.words)
    return found


def _stands_alone(
    rows: Sequence[Sequence[_Span]], number: int, gutters: Sequence[float], body: float
) -> bool:
    """Tell whether a row is a large heading in one column, and the other columns pause for it."""
    words = [word for span in rows[number] for word in span.words]
    column = {bisect(gutters, span.x0) for span in rows[number]}
    if len(column) > 1 or min(word.size for word in words) < _HEADING_SIZE * body:
        return False
    top, bottom = min(word.top for word in words), max(word.bottom for word in words)
    beside = [
        word for row in rows for span in row if bisect(gutters, span.x0) not in column for word in span.words
    ]
    above = max((word.bottom for word in beside if word.base <= top + body), default=None)
    below = min((word.top for word in beside if word.base > top + body), default=None)
    if above is None or below is None:
        return False
    return below - above >= bottom - top + _PAUSE * body and below >= bottom - 0.25 * body

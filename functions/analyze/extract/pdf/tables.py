"""Finds tables: by the lines drawn between their rows, or by cells that stand below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from functions.analyze.document.model import Box
from functions.analyze.extract.labels import CLAUSE
from functions.analyze.extract.pdf.grid import Row, cells_of, column_edges, is_labels
from functions.analyze.extract.pdf.lines import Line, cells, group_lines
from functions.analyze.extract.printed import Glyphs, Rules

_SAME = 4.0
_INDENT = 40.0
_TALLEST_ROW = 450.0
_LEAST_RULES = 3
_LONG_CELL = 7
_CELL_GAP = 0.8
_MOST_CROSSING = 0.3
_PROSE_WORDS = 10
_WIDE_GAP = 1.6
_MOST_BETWEEN = 2
_LEAST_ROWS = 3


@dataclass(slots=True)
class PageTable:
    """A table's place, its rows of cells, and the words it takes off the page."""

    box: Box
    rows: list[Row]

    @property
    def words(self) -> list[Glyphs]:
        """Return every word of the table."""
        return [word for row in self.rows for cell in row for word in cell]


def ruled_tables(words: Sequence[Glyphs], rules: Rules) -> list[PageTable]:
    """Return the tables whose rows are parted by drawn lines."""
    taken: set[int] = set()
    tables = []
    for group in _groups(rules.horizontal):
        free = [word for word in words if id(word) not in taken]
        table = _ruled(free, group, rules)
        if table is not None:
            tables.append(table)
            taken.update(id(word) for word in table.words)
    return tables


def _groups(lines: Sequence[tuple[float, float, float]]) -> list[list[tuple[float, float, float]]]:
    """Group lines of one table: one right edge, left edges no further apart than an indent."""
    groups: list[list[tuple[float, float, float]]] = []
    for line in sorted(lines):
        for group in groups:
            y, x0, x1 = group[-1]
            if abs(line[2] - x1) <= _SAME and abs(line[1] - x0) <= _INDENT and line[0] - y <= _TALLEST_ROW:
                group.append(line)
                break
        else:
            groups.append([line])
    return [group for group in groups if len(group) >= _LEAST_RULES]


def _ruled(
    words: Sequence[Glyphs], group: Sequence[tuple[float, float, float]], rules: Rules
) -> PageTable | None:
    x0, x1 = min(line[1] for line in group), max(line[2] for line in group)
    ys = [line[0] for line in group]
    inside = [word for word in words if x0 - _SAME <= (word.x0 + word.x1) / 2 <= x1 + _SAME]
    intervals = [[word for word in inside if above < _middle(word) <= below] for above, below in pairwise(ys)]
    held = [word for interval in intervals for word in interval]
    lines = group_lines(held)
    edges = _drawn_edges(rules, x0, x1, ys[0], ys[-1])
    if not edges:
        edges = column_edges([*lines, *_line_above(inside, ys[0])])
        crossing = sum(_crosses(line, edges) for line in lines)
        if not edges or crossing > _MOST_CROSSING * len(lines):
            return None
    rows = [row for interval in intervals for row in _rows(interval, edges)]
    rows = [*_beyond(inside, edges, ys[0], above=True), *rows, *_beyond(inside, edges, ys[-1], above=False)]
    table = PageTable((x0, ys[0], x1, ys[-1]), _trimmed(rows))
    return table if _plausible(table.rows, len(group)) else None


def _trimmed(rows: Sequence[Row]) -> list[Row]:
    """Leave out empty rows, and at both ends the text between a line of the page and the table."""
    filled = [row for row in rows if any(row)]
    while filled and sum(map(bool, filled[0])) == 1:
        filled = filled[1:]
    while filled and sum(map(bool, filled[-1])) == 1 and _height(max(filled[-1], key=len)) > 1:
        filled = filled[:-1]
    return filled


def _line_above(words: Sequence[Glyphs], y: float) -> list[Line]:
    """Return the line that stands right above ``y``: perhaps the names of the columns."""
    lines = group_lines(word for word in words if y - 3 * word.size < _middle(word) < y)
    return [line for line in lines[-1:] if y - line.bottom < 0.9 * line.size]


def _crosses(line: Line, edges: Sequence[float]) -> bool:
    """Tell whether running text of a line goes over an edge."""
    parts = cells(line, _CELL_GAP)
    return any(part[0].x0 < edge < max(word.x1 for word in part) for edge in edges for part in parts)


def _middle(word: Glyphs) -> float:
    return word.base - 0.3 * word.size


def _drawn_edges(rules: Rules, x0: float, x1: float, top: float, bottom: float) -> list[float]:
    """Return the x of vertical lines that part the columns over most of the table's height."""
    reach: dict[int, float] = {}
    for x, y0, y1 in rules.vertical:
        if x0 + _SAME < x < x1 - _SAME:
            place = next((key for key in reach if abs(key - x) <= _SAME), round(x))
            reach[place] = reach.get(place, 0.0) + max(0.0, min(y1, bottom) - max(y0, top))
    return sorted(float(x) for x, length in reach.items() if length >= 0.6 * (bottom - top))


def _rows(words: Sequence[Glyphs], edges: Sequence[float]) -> list[Row]:
    """Return the rows between two lines: one, or one a text line where each line is a row of its own."""
    lines = [cells_of(line.words, edges) for line in group_lines(words)]
    full = [row for row in lines if row[0] and any(row[1:])]
    valued = sum(any(c.isdigit() for cell in row[1:] for word in cell for c in word.text) for row in full)
    separate = len(full) >= 3 or 1 < len(full) == len(lines)  # noqa: PLR2004
    if separate and 2 * valued >= len(full) and all(len(row[-1]) <= 6 for row in full):  # noqa: PLR2004
        return lines
    return [cells_of(words, edges)]


def _beyond(words: Sequence[Glyphs], edges: Sequence[float], y: float, *, above: bool) -> list[Row]:
    """Return the rows just outside the first or last line: a header above it, rows without a line below."""
    lines = group_lines(word for word in words if (_middle(word) < y) == above)
    rows: list[Row] = []
    limit = y
    for line in lines[::-1] if above else lines:
        distance = limit - line.bottom if above else line.top - limit
        row = cells_of(line.words, edges)
        if distance > 0.9 * line.size or _crosses(line, edges) or sum(map(bool, row)) < 2:  # noqa: PLR2004
            break
        rows.append(row)
        limit = line.top if above else line.bottom
    return rows[::-1] if above else rows


def _plausible(rows: Sequence[Row], rules: int) -> bool:
    """Tell a table from prose between lines: several filled cells a row, and not column beside column."""
    several = [row for row in rows if sum(map(bool, row)) > 1]
    if len(several) < 2 or len(several) < 0.25 * len(rows) or is_labels(several):  # noqa: PLR2004
        return False
    if _is_numbered_prose(rows):
        return False
    tall = sum(min(_height(cell) for cell in row if cell) >= _LONG_CELL for row in several)
    return not (tall and (rules <= _LEAST_RULES + 1 or 2 * tall >= len(several)))


def _is_numbered_prose(rows: Sequence[Row]) -> bool:
    """Tell clauses with their numbers in the margin, lines drawn under their headings, from a table."""
    lengths = [sum(map(len, row[1:])) for row in rows if any(row[1:])]
    if sum(lengths) <= _PROSE_WORDS * len(lengths):
        return False
    first = [" ".join(word.text for word in row[0]) for row in rows if row[0]]
    numbered = sum(bool(CLAUSE.match(text)) for text in first)
    hanging = sum(not row[0] for row in rows)
    return 2 * numbered >= len(first) or hanging >= 0.3 * len(rows)


def _height(cell: Sequence[Glyphs]) -> int:
    return len(group_lines(cell))


def aligned_tables(lines: Sequence[Line]) -> list[tuple[int, int, list[Row]]]:
    """Return (first, last + 1, rows) of the tables without drawn lines among the lines of one column."""
    wide = [len(cells(line, _WIDE_GAP)) > 1 for line in lines]
    found = []
    start = 0
    while start < len(lines):
        if not wide[start]:
            start += 1
            continue
        end = _run_end(lines, wide, start)
        rows = _aligned_rows(lines[start:end])
        if rows:
            found.append((start, end, rows))
            start = end
        else:
            start += 1
    return found


def _run_end(lines: Sequence[Line], wide: Sequence[bool], start: int) -> int:
    """Return the end of a run of wide lines, with few others between them and no large hole."""
    end, between = start + 1, 0
    steps = [b.base - a.base for a, b in pairwise(lines[start : start + 6])]
    pitch = max(median(steps) if steps else 0.0, 1.2 * lines[start].size)
    for number in range(start + 1, len(lines)):
        if lines[number].base - lines[number - 1].base > 2.5 * pitch:
            break
        between = 0 if wide[number] else between + 1
        if between > _MOST_BETWEEN:
            break
        if wide[number]:
            end = number + 1
    while end < len(lines) and _wraps_value(lines[end - 1], lines[end]):
        end += 1
    return end


def _wraps_value(above: Line, line: Line) -> bool:
    """Tell whether a line goes on with the last cell of the line above."""
    last = cells(above, _WIDE_GAP)[-1][0]
    close = line.base - above.base < 1.5 * line.size
    return close and abs(line.x0 - last.x0) < 0.5 * line.size


def _aligned_rows(lines: Sequence[Line]) -> list[Row]:
    """Return the rows of a run of lines, none where it is no table."""
    edges = column_edges(lines, _WIDE_GAP)
    if not edges:
        return []
    rows: list[Row] = []
    for line in lines:
        row = cells_of(line.words, edges, _WIDE_GAP)
        wraps = not row[0] or (not any(row[1:]) and line.text[0].islower())
        if rows and wraps:
            rows[-1] = [[*cell, *more] for cell, more in zip(rows[-1], row, strict=True)]
        else:
            rows.append(row)
    several = [row for row in rows if sum(map(bool, row)) > 1]
    if len(several) < _LEAST_ROWS or 2 * len(several) < len(rows) or is_labels(several):
        return []
    prose = sum(len(cell) > 12 for row in several for cell in row)  # noqa: PLR2004
    return rows if 2 * prose < len(several) else []

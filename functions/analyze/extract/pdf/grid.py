"""Columns of a table: the white stripes that its rows leave, and the cells between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from functions.analyze.document.model import BlockKind
from functions.analyze.extract.build import Draft, Piece
from functions.analyze.extract.labels import CLAUSE, LIST_MARK
from functions.analyze.extract.pdf.lines import Line, cells, group_lines
from functions.analyze.extract.pdf.paragraphs import pieces_of
from functions.analyze.extract.printed import Glyphs

Row = list[list[Glyphs]]
_NARROWEST = 4.0
_CELL_GAP = 0.8


def column_edges(lines: Sequence[Line], gap: float = _CELL_GAP) -> list[float]:
    """Return the x of every stripe that no line of several cells crosses, from left to right."""
    spans = sorted(
        (part[0].x0, max(word.x1 for word in part))
        for parts in (cells(line, gap) for line in lines)
        if len(parts) > 1
        for part in parts
    )
    edges: list[float] = []
    reach = spans[0][1] if spans else 0.0
    for x0, x1 in spans:
        if x0 - reach >= _NARROWEST:
            edges.append((x0 + reach) / 2)
        reach = max(reach, x1)
    return edges


def cells_of(words: Sequence[Glyphs], edges: Sequence[float], gap: float = _CELL_GAP) -> Row:
    """Sort the words of a row into its columns; a run that crosses an edge stays where it begins."""
    row: Row = [[] for _ in range(len(edges) + 1)]
    for line in group_lines(words):
        for part in cells(line, gap):
            row[sum(edge < part[0].x0 + 0.5 for edge in edges)].extend(part)
    return row


def is_labels(rows: Sequence[Row]) -> bool:
    """Tell a numbered list from a table: two columns, the first of nothing but numbers or marks."""
    filled = [row for row in rows if row[0]]
    if not rows or len(rows[0]) > 2 or not filled:  # noqa: PLR2004
        return False
    labels = 0
    for row in filled:
        text = " ".join(word.text for word in row[0])
        match = LIST_MARK.match(text) or CLAUSE.match(text)
        labels += match is not None and match.end() >= len(text)
    return 2 * labels > len(filled)


def row_drafts(rows: Sequence[Row], table: int) -> list[Draft]:
    """Return the blocks of a table: its rows, and as headings the bold rows of a single cell."""
    headers = _header_rows(rows)
    return [_draft(row, table, header=number < headers) for number, row in enumerate(rows) if any(row)]


def _header_rows(rows: Sequence[Row]) -> int:
    """Return how many rows at the top name the columns."""
    filled = [row for row in rows if any(row)]
    count = 0
    for row in filled[:3]:
        if sum(map(bool, row)) < 2 or not all(word.bold for cell in row for word in cell):  # noqa: PLR2004
            break
        count += 1
    if count == len(filled):
        return 0
    if count or len(filled) < 3:  # noqa: PLR2004
        return count
    others = [row for row in filled[1:] if sum(map(bool, row)) > 1]
    valued = sum(map(_has_value, others))
    return int(sum(map(bool, filled[0])) > 1 and not _has_value(filled[0]) and 2 * valued > len(others))


def _has_value(row: Row) -> bool:
    return any(c.isdigit() or c in "●○✓✔–-" for cell in row[1:] for word in cell for c in word.text)


def _draft(row: Row, table: int, *, header: bool) -> Draft:
    pieces: list[Piece] = []
    words = [word for cell in row for word in cell]
    pending = ""
    for number, cell in enumerate(row):
        pending += "\t" if number else ""
        if not cell:
            continue
        if pending and not pieces:
            pieces.append(Piece(""))
        parts = pieces_of(cell, line_starts(cell))
        parts[0].joiner = pending
        pieces.extend(parts)
        pending = ""
    bold = all(word.bold for word in words)
    title = bold and not header and sum(map(bool, row)) == 1 and bool(row[0])
    sizes = sorted(word.size for word in words)
    kind = BlockKind.HEADING if title else BlockKind.TABLE_ROW
    return Draft(kind, pieces, table=table, header=header, size=sizes[len(sizes) // 2], bold=bold)


def line_starts(words: Sequence[Glyphs]) -> set[int]:
    """Return the identities of the words that begin a line within ``words``."""
    return {id(after) for before, after in pairwise(words) if after.base - before.base > 0.5 * after.size}

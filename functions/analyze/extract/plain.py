"""Plain text: paragraphs, simple headings and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from functions.analyze.document.model import BlockKind
from functions.analyze.extract.build import Draft, Piece
from functions.analyze.extract.labels import CLAUSE, LIST_MARK

PAGE_BREAK = "\f"
_LONGEST_HEADING = 100
_COLUMNS = re.compile(r"\t| {2,}")


def read_plain(text: str) -> Iterator[Draft | None]:
    """Yield the blocks of a text file; None stands for a page break."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    for number, page in enumerate(text.split(PAGE_BREAK)):
        if number:
            yield None
        for block in re.split(r"\n[ \t]*\n+", page):
            yield from _blocks(block)


def _blocks(block: str) -> Iterator[Draft]:
    """Yield a paragraph's rows, list items and clauses one by one, wrapped lines joined."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    if len(lines) > 1 and all(_COLUMNS.search(line) for line in lines):
        lines = [_COLUMNS.sub("\t", line) for line in lines]
    group: list[str] = []
    for line in lines:
        if group and (LIST_MARK.match(line) or "\t" in line or "\t" in group[-1]):
            yield _draft(group)
            group = []
        group.append(line)
    if group:
        yield _draft(group)


def _draft(lines: list[str]) -> Draft:
    text = " ".join(lines)
    if "\t" in text:
        return Draft(BlockKind.TABLE_ROW, [Piece(text)], table=0)
    if LIST_MARK.match(text):
        return Draft(BlockKind.LIST_ITEM, [Piece(text)])
    label = CLAUSE.match(text)
    short = len(lines) == 1 and len(text) <= _LONGEST_HEADING and not re.search(r"[.,;:]$", text)
    if short and ((label and label.end() < len(text)) or (text.isupper() and len(text) > 3)):  # noqa: PLR2004
        return Draft(BlockKind.HEADING, [Piece(text)])
    return Draft(BlockKind.PARAGRAPH, [Piece(text)])

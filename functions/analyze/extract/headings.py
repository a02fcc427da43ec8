"""Decides which blocks are headings, and how high each ranks, by the type of the whole document."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

from functions.analyze.document import Block, BlockKind, Page
from functions.analyze.extract.labels import CLAUSE, depth

_LONGEST = 160
_MOST_LEVELS = 6
_LARGER = 1.12
_SENTENCE = re.compile(r"[,;]$|[a-zà-ÿ]{3,}\.$")


def rank_headings(pages: Sequence[Page]) -> list[Page]:
    """Return the pages with headings marked and levels given; explicit levels of the format stay."""
    body, mostly_bold = _body(pages)
    styles = {
        _style(block, page)
        for page in pages
        for block in page.blocks
        if _is_heading(page, block, body, mostly_bold)
    }
    spare = max(0, len(styles) - _MOST_LEVELS)  # the largest types are titles, and share the first level
    levels = {style: max(1, rank - spare) for rank, style in enumerate(sorted(styles), 1)}
    return [
        dataclasses.replace(
            page, blocks=tuple(_ranked(page, block, levels, body, mostly_bold) for block in page.blocks)
        )
        for page in pages
    ]


def _body(pages: Sequence[Page]) -> tuple[float, bool]:
    """Return the size of most of the text, and whether most of it is bold."""
    sizes: Counter[tuple[float, bool]] = Counter()
    for page in pages:
        for block in page.blocks:
            sizes[(round(block.size * 2) / 2, block.bold)] += block.end - block.start
    (size, bold), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    return size, bold


def _is_heading(page: Page, block: Block, body: float, mostly_bold: bool) -> bool:
    if block.kind is BlockKind.HEADING:
        return True
    if block.kind is not BlockKind.PARAGRAPH or block.end - block.start > _LONGEST or not block.size:
        return False
    text = page.text[block.start : block.end]
    if not any(character.isalpha() for character in text) or _SENTENCE.search(text):
        return False
    return block.size >= _LARGER * body or (block.bold and not mostly_bold)


def _style(block: Block, page: Page) -> tuple[float, int, int]:
    """Return a key that sorts higher headings first: larger, then bold, then fewer numbers."""
    if block.level:
        return (-1000.0 + block.level, 0, 0)
    label = CLAUSE.match(page.text[block.start : block.end])
    return (-round(block.size * 2) / 2, 0 if block.bold else 1, depth(label.group()) if label else 0)


def _ranked(
    page: Page, block: Block, levels: dict[tuple[float, int, int], int], body: float, mostly_bold: bool
) -> Block:
    if block.level or not _is_heading(page, block, body, mostly_bold):
        return block
    return dataclasses.replace(block, kind=BlockKind.HEADING, level=levels[_style(block, page)])

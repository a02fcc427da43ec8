"""Decides which blocks are headings, and how high each ranks, by the type of the whole document."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Sequence

from functions.analyze.document.model import Block, BlockKind, Page
from functions.analyze.extract.labels import number_rank

_LONGEST = 160
_MOST_LEVELS = 6
_LARGER = 1.12
_STEPS = 8  # sizes less than an eighth apart on a natural logarithm's scale are one type
# "B 2.3.1 Krankheit, Unfall": a number of several parts and a short title, set like the text around it.
_TITLED = re.compile(r"(?:[A-Z]\s?)?\d+(?:\.\d+)+\s+[«\"(]?[A-ZÀ-Þ][^.;:]{2,90}$")
_SENTENCE = re.compile(r"[,;]$|[a-zà-ÿ]{3,}\.$")


def rank_headings(pages: Sequence[Page]) -> list[Page]:
    """Return the pages with headings marked and levels given; explicit levels of the format stay."""
    body, mostly_bold = _body(pages)
    styles = {
        _style(block, page, body)
        for page in pages
        for block in page.blocks
        if _is_heading(page, block, body, mostly_bold)
    }
    levels = {style: min(_MOST_LEVELS, rank) for rank, style in enumerate(sorted(styles), 1)}
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
    return block.size >= _LARGER * body or (block.bold and not mostly_bold) or bool(_TITLED.match(text))


def _style(block: Block, page: Page, body: float) -> tuple[float, int, int]:
    """Return a key that sorts higher headings first.

    Larger types rank by size alone. In the body's own size the number decides: ``Art. 3`` or ``IV`` before
    ``A 2.1`` before ``2.1`` before no number at all, and within a kind the shorter number first.
    """
    if block.level:
        return (-1000.0 + block.level, 0, 0)
    if body and block.size >= _LARGER * body:
        return (-round(_STEPS * math.log(block.size / body)), 0, 0)
    return (1.0, *number_rank(page.text[block.start : block.end]))


def _ranked(
    page: Page, block: Block, levels: dict[tuple[float, int, int], int], body: float, mostly_bold: bool
) -> Block:
    if block.level or not _is_heading(page, block, body, mostly_bold):
        return block
    return dataclasses.replace(block, kind=BlockKind.HEADING, level=levels[_style(block, page, body)])

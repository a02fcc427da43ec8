"""Takes running heads and feet out of the pages: lines at the edge that come back on other pages."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from functions.analyze.document.model import Block, Page, Word

_SHARE = 0.3
_LEAST = 2
_EDGE_HEAD = 0.1
_EDGE_FOOT = 0.9
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:seite|page|pagina|p\.)\s*)?(\d{1,4})(?:\s*(?:/|von|of|de|sur|-)\s*\d{1,4})?\W*$",
    re.IGNORECASE,
)


def drop_margins(pages: Sequence[Page]) -> list[Page]:
    """Return the pages without repeated margins; those stand in ``headers`` and ``footers``."""
    counts: Counter[tuple[bool, str]] = Counter()
    edges = [list(_edges(page)) for page in pages]
    for page, found in zip(pages, edges, strict=True):
        counts.update({(upper, _shape(page, block)) for block, upper in found})
    least = max(_LEAST, round(_SHARE * len(pages)))
    repeated = {key for key, count in counts.items() if count >= least}
    return [_without(page, found, repeated) for page, found in zip(pages, edges, strict=True)]


def _edges(page: Page) -> Iterable[tuple[Block, bool]]:
    """Yield the blocks at the edges with True for the upper one; pages without geometry have none."""
    tops = _extents(page)
    height = page.width if _turn(page) % 180 else page.height
    for block in page.blocks:
        top, bottom = tops.get(block.start, (0.0, 0.0))
        if not height or not bottom:
            continue
        if bottom < _EDGE_HEAD * height:
            yield block, True
        elif top > _EDGE_FOOT * height:
            yield block, False


def _turn(page: Page) -> int:
    """Return by how many degrees clockwise the page has to be turned to be read."""
    return 0 if page.ocr is None else page.ocr.turn


def _vertical(page: Page, word: Word) -> tuple[float, float]:
    """Return top and bottom of a word on the page as it is read."""
    x0, top, x1, bottom = word.box
    return {
        0: (top, bottom),
        90: (x0, x1),
        180: (page.height - bottom, page.height - top),
        270: (page.width - x1, page.width - x0),
    }[_turn(page)]


def _extents(page: Page) -> dict[int, tuple[float, float]]:
    """Return top and bottom of each block, by its start."""
    extents: dict[int, tuple[float, float]] = {}
    words = iter(page.words)
    word = next(words, None)
    for block in page.blocks:
        while word is not None and word.end <= block.end:
            upper, lower = _vertical(page, word)
            top, bottom = extents.get(block.start, (upper, lower))
            extents[block.start] = (min(top, upper), max(bottom, lower))
            word = next(words, None)
    return extents


def _shape(page: Page, block: Block) -> str:
    """Return a margin's text with its numbers blanked, as they count the pages."""
    return re.sub(r"\d+", "#", page.text[block.start : block.end]).casefold()


def _without(page: Page, edges: Iterable[tuple[Block, bool]], repeated: set[tuple[bool, str]]) -> Page:
    headers: list[str] = []
    footers: list[str] = []
    gone: set[int] = set()
    label = page.label
    for block, upper in edges:
        text = page.text[block.start : block.end]
        number = _PAGE_NUMBER.match(text)
        if (upper, _shape(page, block)) in repeated or number:
            (headers if upper else footers).append(text)
            gone.add(block.start)
            label = number.group(1) if number else label
    if not gone:
        return page
    kept = cut_blocks(page, gone)
    return dataclasses.replace(kept, label=label, headers=tuple(headers), footers=tuple(footers))


def cut_blocks(page: Page, gone: set[int]) -> Page:
    """Return ``page`` without the blocks that start at ``gone``; all spans move along."""
    parts: list[str] = []
    blocks: list[Block] = []
    words: list[Word] = []
    length = 0
    source = iter(page.words)
    word = next(source, None)
    for block in page.blocks:
        inside = []
        while word is not None and word.end <= block.end:
            inside.append(word)
            word = next(source, None)
        if block.start in gone:
            continue
        length += 1 if blocks else 0
        shift = length - block.start
        parts.append(page.text[block.start : block.end])
        blocks.append(dataclasses.replace(block, start=length, end=block.end + shift))
        words.extend(Word(item.start + shift, item.end + shift, item.box) for item in inside)
        length = block.end + shift
    return dataclasses.replace(page, text="\n".join(parts), blocks=tuple(blocks), words=tuple(words))

"""Marks tables of contents: their lines name every cover of a policy and grant none."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from itertools import pairwise

from functions.analyze.document.model import Block, BlockKind, Page

_REFERENCE = re.compile(r"(?:\s|(?<!\d)[.…·_])(\d{1,3})$")
_SUM = re.compile(r"(?:\b(?:CHF|EUR|USD|GBP|Fr\.)|[€£$])\s?\d|\d\s?(?:CHF|EUR|USD|GBP|[€£%])")
_LETTER = re.compile(r"[^\W\d]")
_LEAST = 5
_MOST_BETWEEN = 2
_PAGES_BEYOND = 5


def mark_contents(pages: Sequence[Page]) -> list[Page]:
    """Return the pages with the lines of tables of contents marked as such."""
    return [_marked(page, len(pages)) for page in pages]


def _marked(page: Page, pages: int) -> Page:
    numbers = [_page_number(page, block, pages) for block in page.blocks]
    inside = [False] * len(numbers)
    for first, last in _runs(numbers):
        inside[first:last] = [True] * (last - first)
    if not any(inside):
        return page
    blocks = (
        dataclasses.replace(block, kind=BlockKind.TOC_ENTRY, level=0, table=None, header=False)
        if within
        else block
        for block, within in zip(page.blocks, inside, strict=True)
    )
    return dataclasses.replace(page, blocks=tuple(blocks))


def _page_number(page: Page, block: Block, pages: int) -> int | None:
    """Return the page a block refers to; None for no entry, such as a row of sums."""
    text = page.text[block.start : block.end]
    match = _REFERENCE.search(text)
    if match is None or _SUM.search(text) or not text[: match.start()].strip() or not _LETTER.search(text):
        return None
    number = int(match.group(1))
    return number if number <= pages + _PAGES_BEYOND else None


def _runs(numbers: Sequence[int | None]) -> list[tuple[int, int]]:
    """Return the stretches of entries whose page numbers rise; wrapped lines and titles may stand between."""
    runs: list[tuple[int, int]] = []
    entries: list[int] = []
    for index, number in enumerate([*numbers, None]):
        if entries and (index == len(numbers) or index - entries[-1] > _MOST_BETWEEN + 1):
            if _rises([numbers[entry] or 0 for entry in entries]):
                runs.append((entries[0], entries[-1] + 1))
            entries = []
        if number is not None:
            entries.append(index)
    return runs


def _rises(numbers: Sequence[int]) -> bool:
    falls = sum(after < before for before, after in pairwise(numbers))
    return len(numbers) >= _LEAST and len(set(numbers)) > 1 and falls <= 0.1 * len(numbers)

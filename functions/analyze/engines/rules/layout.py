"""How blocks of a page show what they are: titles, list marks, parts of a sentence."""

from __future__ import annotations

import re
from itertools import pairwise

from functions.analyze.document.model import Block, BlockKind, Page
from functions.analyze.engines.rules.text import trim

BULLET = re.compile(
    r"\s*(?:[–—•·▪■●◦‣*-]\s|[a-z]{1,2}\)\s|[a-z]\.\s(?![A-Za-z]\.)|\d{1,2}[.)]\s|\([a-z\d]{1,2}\)\s)"
)
QUESTION = re.compile(r"[^:;\n]{3,140}\?")
_MAX_HEADING = 140
_TITLE_WORDS = 10
SHORT_TITLE_WORDS = 5


def title(text: str) -> str:
    """Return a heading as one line without line-break hyphens, cut to a bearable length."""
    return " ".join(re.sub("[\u00ad\ufffe\u0002]\\s*", "", text).split())[:_MAX_HEADING]


def looks_like_title(first: str, rest: str) -> bool:
    """Say whether this is a title: short, without an end stop, and shorter than the line below."""
    words = first.split()
    if not words or len(words) > _TITLE_WORDS or re.search(r"[.;,:]\s*$", first):
        return False
    following = rest.partition("\n")[0]
    return not rest or len(first) < 0.75 * len(following) or len(words) <= SHORT_TITLE_WORDS


def parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Split a sentence at its semicolons; each part goes on with what the one before it does."""
    cuts = [start, *(start + match.end() for match in re.finditer(r";(?=\s)", text[start:end])), end]
    return [trimmed for a, b in pairwise(cuts) if (trimmed := trim(text, a, b))[0] < trimmed[1]]


def mark(text: str, start: int, end: int) -> str:
    """Return what kind of mark begins a list item: ``(1)``, ``1.``, ``a)`` and dashes differ."""
    match = BULLET.match(text, start, end)
    if match is None:
        return "*"
    return re.sub(r"[^\W\d]+", "a", re.sub(r"\d+", "1", match.group().strip()))


def has_contents(page: Page) -> bool:
    """Return whether the extractor marked a table of contents on the page."""
    return any(block.kind is BlockKind.TOC_ENTRY for block in page.blocks)


def paragraphs(page: Page) -> list[Block]:
    """Make blocks of a page that came without any, one a paragraph."""
    return [
        Block(BlockKind.PARAGRAPH, match.start(), match.end())
        for match in re.finditer(r"(?:[^\n]|\n(?!\s*\n))+", page.text)
    ]

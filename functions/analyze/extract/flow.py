"""Formats without pages: blocks in a row, cut into pages at page breaks, or else by length."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.analyze.document.model import BlockKind, Document, Page
from functions.analyze.extract.assemble import assemble
from functions.analyze.extract.build import Draft, page_text
from functions.analyze.extract.source import ExtractionLimits
from shared.errors import PermanentError

PAGE_LENGTH = 3000
_MOST_CARRIED = 6
_PRINTERS = re.compile("[\u00ad\u200b\u2060\ufeff\ufffe\ufb00-\ufb06]")
_LIGATURES = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
# Paragraphs of a page, on the average of a whole document.
_MOST_BLOCKS = 200


@dataclass(frozen=True, slots=True)
class Flow:
    """A text without pages: its blocks (None: a page break), and what stands on the margins of each page."""

    blocks: Iterable[Draft | None]
    headers: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()


class FlowSource:
    """A document whose blocks are read at once."""

    def __init__(self, media_type: str, flow: Flow, limits: ExtractionLimits) -> None:
        self.media_type = media_type
        parts = paginate(_bounded(flow.blocks, limits))
        self._pages = [_page(number, part, flow) for number, part in enumerate(parts, 1)]
        if not self._pages:
            raise PermanentError("no-text", "The file holds no text. Check that it is the right one.")
        if len(self._pages) > limits.max_pages:
            detail = f"The file makes {len(self._pages)} pages; the limit is {limits.max_pages}. Split it."
            raise PermanentError("too-many-pages", detail)

    @property
    def page_count(self) -> int:
        """Return the number of pages."""
        return len(self._pages)

    def pages(self, first: int, last: int) -> list[Page]:
        """Return the pages ``first`` to ``last``, both included."""
        return self._pages[first - 1 : last]

    def assemble(self, pages: Sequence[Page]) -> Document:
        """Return the document of all ``pages``."""
        return assemble(pages, self.media_type)

    def close(self) -> None:
        """Release the text."""
        self._pages = []


def _bounded(drafts: Iterable[Draft | None], limits: ExtractionLimits) -> Iterator[Draft | None]:
    """Yield the blocks; refuse a file of so many that it cannot come to few enough pages."""
    for number, draft in enumerate(drafts):
        if number > limits.max_pages * _MOST_BLOCKS:
            detail = (
                f"The file has over {number} paragraphs, too many for {limits.max_pages} pages. Split it."
            )
            raise PermanentError("too-many-pages", detail)
        yield draft


def _clean(draft: Draft) -> Draft:
    """Take out what is no text: places to break a word, marks of byte order, ligatures made for print."""
    for piece in draft.pieces:
        if _PRINTERS.search(piece.text):
            piece.text = _PRINTERS.sub(lambda match: _LIGATURES.get(match.group(), ""), piece.text)
    return draft


def _page(number: int, drafts: Sequence[Draft], flow: Flow) -> Page:
    text = page_text(map(_clean, drafts))
    return Page(number, text.text, tuple(text.blocks), headers=flow.headers, footers=flow.footers)


def paginate(drafts: Iterable[Draft | None]) -> list[list[Draft]]:
    """Cut at page breaks, or else at block borders every PAGE_LENGTH characters; no heading ends a page."""
    blocks = list(drafts)
    explicit = any(block is None for block in blocks)
    pages: list[list[Draft]] = [[]]
    length = 0
    for block in blocks:
        if block is None:
            pages.append([])
            continue
        size = len(block.text)
        if not explicit and length and length + size > PAGE_LENGTH:
            pages.append(_carry(pages[-1]))
            length = sum(len(draft.text) for draft in pages[-1])
        pages[-1].append(block)
        length += size
    return [page for page in pages if page]


def _carry(page: list[Draft]) -> list[Draft]:
    """Take the headings off the end of a page: they belong to what follows.

    At most one for each level: longer runs are lists, and carrying them on would never end.
    """
    carried: list[Draft] = []
    while len(page) > 1 and page[-1].kind is BlockKind.HEADING and len(carried) < _MOST_CARRIED:
        carried.insert(0, page.pop())
    return carried

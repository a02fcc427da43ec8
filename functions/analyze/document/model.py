"""The document as the pipeline sees it: pages of running text with structure and geometry.

Every offset in this module counts characters of ``Page.text``, so a quote is always
``page.text[start:end]``. Geometry is in points (1/72 inch), origin at the top left of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Box = tuple[float, float, float, float]
# Points below which a box has no extent: what is kept of boxes is tenths.
_FLAT = 0.1


class BlockKind(StrEnum):
    """What a block of a page is; headers and footers are kept, but not part of ``Page.text``.

    A contents entry (``toc_entry``) names a section of another page: it is no evidence of anything.
    """

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    TOC_ENTRY = "toc_entry"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a page: its span in ``Page.text`` and its box (x0, y0, x1, y1) in points."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text that belongs together, in reading order.

    ``level`` is 1 (highest) to 6 for headings and 0 otherwise. A table row holds its cells joined
    by a tab in ``Page.text``; ``table`` numbers the table on its page (from 0) and ``header`` marks
    the rows that name the columns. ``size`` (points, 0 where unknown) and ``bold`` are the block's type.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    table: int | None = None
    header: bool = False
    size: float = 0.0
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Ocr:
    """How text was recognised: the engine's name, its confidence (0 to 1, mean over the characters).

    ``turn`` is by how many degrees clockwise (0, 90, 180, 270) the page has to be turned to be read; boxes
    are those of the page as it is.
    """

    engine: str
    confidence: float
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``number`` counts from 1; ``label`` is the printed page number where there is one.

    ``scanned`` marks a page that shows something but has no usable text layer, ``pictures`` are the boxes of
    images on a page with text that may carry text of their own. ``ocr`` says how either was recognised,
    None where nothing was (yet). ``language`` is an ISO 639-1 code, empty before the document is assembled.
    """

    number: int
    text: str
    blocks: tuple[Block, ...] = ()
    words: tuple[Word, ...] = ()
    width: float = 0.0
    height: float = 0.0
    label: str = ""
    headers: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()
    scanned: bool = False
    pictures: tuple[Box, ...] = ()
    ocr: Ocr | None = None
    language: str = ""

    def boxes(self, start: int, end: int) -> list[Box]:
        """Return one box a line for the span ``start:end`` of this page's text."""
        lines: list[Box] = []
        for word in self.words:
            if word.end <= start or word.start >= end or _is_flat(word.box):
                continue
            lines = _join_line(lines, word.box)
        return lines


def _is_flat(box: Box) -> bool:
    """Say whether there is nothing to see of a box, as of some marks that fonts give no height."""
    return box[3] - box[1] < _FLAT or box[2] - box[0] < _FLAT


def _join_line(lines: list[Box], box: Box) -> list[Box]:
    """Widen the last line's box by ``box``, or begin a new line where it lies below."""
    if lines:
        x0, y0, x1, y1 = lines[-1]
        if min(y1, box[3]) - max(y0, box[1]) > 0.5 * min(y1 - y0, box[3] - box[1]) and box[0] >= x0:
            joined = (x0, min(y0, box[1]), max(x1, box[2]), max(y1, box[3]))
            return [*lines[:-1], joined]
    return [*lines, box]


@dataclass(frozen=True, slots=True)
class Document:
    """An extracted document. ``language`` is an ISO 639-1 code (``de``, ``fr``, ``en``, ...)."""

    pages: tuple[Page, ...]
    language: str
    media_type: str
    title: str = ""
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage for retrieval: ``spans`` are (page, start, end), ``headings`` the path above it."""

    chunk_id: str
    text: str
    spans: tuple[tuple[int, int, int], ...]
    headings: tuple[str, ...]
    tokens: int

"""Builds a page: appends pieces of text and keeps spans of blocks and words right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.analyze.document.model import Block, BlockKind, Box, Word


@dataclass(slots=True)
class Piece:
    """A run of characters with its place on the page (None in formats without geometry).

    ``joiner`` is what stands between the piece and the one before it in the same block.
    """

    text: str
    box: Box | None = None
    joiner: str = " "


@dataclass(slots=True)
class Draft:
    """A block before its page exists: its pieces and what is known of its kind and style."""

    kind: BlockKind
    pieces: list[Piece]
    level: int = 0
    table: int | None = None
    header: bool = False
    size: float = 0.0
    bold: bool = False

    @property
    def text(self) -> str:
        """Return the block's text as it will stand on the page."""
        return "".join(
            (piece.joiner if number else "") + piece.text for number, piece in enumerate(self.pieces)
        )


@dataclass(slots=True)
class PageText:
    """Text, blocks and words of a page in the making; blocks are parted by a line break."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    length: int = 0

    def add(self, draft: Draft) -> None:
        """Append a block; one without visible text leaves no trace."""
        if not any(piece.text.strip() for piece in draft.pieces):
            return
        if self.blocks:
            self._append("\n")
        start = self.length
        for number, piece in enumerate(draft.pieces):
            if number:
                self._append(piece.joiner)
            begin = self.length
            self._append(piece.text)
            if piece.box is not None:
                self.words.append(Word(begin, self.length, piece.box))
        self.blocks.append(
            Block(
                draft.kind,
                start,
                self.length,
                level=draft.level,
                table=draft.table,
                header=draft.header,
                size=draft.size,
                bold=draft.bold,
            )
        )

    def _append(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    @property
    def text(self) -> str:
        """Return the text so far."""
        return "".join(self.parts)


def page_text(drafts: Iterable[Draft]) -> PageText:
    """Return the text of a page that consists of ``drafts``."""
    text = PageText()
    for draft in drafts:
        text.add(draft)
    return text

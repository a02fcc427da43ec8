"""Passages: what a search finds. They are chunks like those of the analysis, but of a size of their own.

An engine reads chunks of 800 tokens at a time; as an answer, or as one vector, that is too much: the model
reads 512 tokens, and a page that speaks of six benefits is near to none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.analyze.document.chunking import chunk
from functions.analyze.document.model import Chunk, Document

PASSAGE_TOKENS = 200
PASSAGE_OVERLAP = 20


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage: ``spans`` are (page, start, end) in the text of the document's pages."""

    passage_id: str
    text: str
    spans: tuple[tuple[int, int, int], ...]
    headings: tuple[str, ...]

    @property
    def page(self) -> int:
        """Return the page on which it begins."""
        return self.spans[0][0]

    def within(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """Return the part of the text that lies between two positions (page, offset)."""
        parts: list[str] = []
        offset = 0
        for page, first, last in self.spans:
            text, offset = self.text[offset : offset + last - first], offset + last - first + 1
            left = start[1] - first if start[0] == page else (0 if start[0] < page else len(text))
            right = end[1] - first if end[0] == page else (len(text) if end[0] > page else 0)
            parts.append(text[max(left, 0) : max(right, 0)])
        return "\n".join(part for part in parts if part)

    @property
    def in_context(self) -> str:
        """Return the text below its headings: a clause says little without the section that it stands in."""
        return "\n".join([" > ".join(self.headings), self.text]) if self.headings else self.text


def passages_of(document: Document) -> list[Passage]:
    """Return the passages of a document, in reading order."""
    return [_passage(piece) for piece in chunk(document, PASSAGE_TOKENS, PASSAGE_OVERLAP)]


def passages_to_json(passages: Sequence[Passage]) -> list[Any]:
    """Return passages as JSON values."""
    return [
        [passage.passage_id, passage.text, [list(span) for span in passage.spans], list(passage.headings)]
        for passage in passages
    ]


def passages_from_json(data: Sequence[Any]) -> list[Passage]:
    """Return the passages of ``passages_to_json``."""
    return [
        Passage(identity, text, tuple((page, start, end) for page, start, end in spans), tuple(headings))
        for identity, text, spans, headings in data
    ]


def _passage(piece: Chunk) -> Passage:
    return Passage(piece.chunk_id, piece.text, piece.spans, piece.headings)

"""Pages and documents as compact JSON: what lies in storage between two invocations.

Rows are lists in the order of the fields, and boxes are in tenths of a point, as a page of 500 words would
otherwise take five times the space.
"""

from __future__ import annotations

from typing import Any

from functions.analyze.document.model import Block, BlockKind, Box, Chunk, Document, Ocr, Page, Word

_SCALE = 10


def page_to_dict(page: Page) -> dict[str, Any]:
    """Return ``page`` as JSON values."""
    return {
        "number": page.number,
        "text": page.text,
        "size": [round(page.width, 2), round(page.height, 2)],
        "label": page.label,
        "headers": list(page.headers),
        "footers": list(page.footers),
        "scanned": page.scanned,
        "pictures": [_tenths(box) for box in page.pictures],
        "ocr": None if page.ocr is None else [page.ocr.engine, page.ocr.confidence, page.ocr.turn],
        "language": page.language,
        "blocks": [
            [
                block.kind.value,
                block.start,
                block.end,
                block.level,
                block.table,
                block.header,
                block.size,
                block.bold,
            ]
            for block in page.blocks
        ],
        "words": [[word.start, word.end, *_tenths(word.box)] for word in page.words],
    }


def page_from_dict(data: dict[str, Any]) -> Page:
    """Return the page of ``page_to_dict``."""
    width, height = data["size"]
    return Page(
        number=data["number"],
        text=data["text"],
        blocks=tuple(Block(BlockKind(kind), *rest) for kind, *rest in data["blocks"]),
        words=tuple(Word(start, end, _points(box)) for start, end, *box in data["words"]),
        width=width,
        height=height,
        label=data["label"],
        headers=tuple(data["headers"]),
        footers=tuple(data["footers"]),
        scanned=data["scanned"],
        pictures=tuple(_points(box) for box in data["pictures"]),
        ocr=None if data["ocr"] is None else Ocr(*data["ocr"]),
        language=data["language"],
    )


def document_to_dict(document: Document) -> dict[str, Any]:
    """Return ``document`` as JSON values."""
    return {
        "language": document.language,
        "media_type": document.media_type,
        "title": document.title,
        "warnings": list(document.warnings),
        "pages": [page_to_dict(page) for page in document.pages],
    }


def document_from_dict(data: dict[str, Any]) -> Document:
    """Return the document of ``document_to_dict``."""
    return Document(
        pages=tuple(page_from_dict(page) for page in data["pages"]),
        language=data["language"],
        media_type=data["media_type"],
        title=data["title"],
        warnings=tuple(data["warnings"]),
    )


def chunk_to_dict(chunk: Chunk) -> dict[str, Any]:
    """Return ``chunk`` as JSON values."""
    return {
        "chunk_id": chunk.chunk_id,
        "text": chunk.text,
        "spans": [list(span) for span in chunk.spans],
        "headings": list(chunk.headings),
        "tokens": chunk.tokens,
    }


def chunk_from_dict(data: dict[str, Any]) -> Chunk:
    """Read what ``chunk_to_dict`` wrote."""
    spans = tuple((page, start, end) for page, start, end in data["spans"])
    return Chunk(data["chunk_id"], data["text"], spans, tuple(data["headings"]), data["tokens"])


def _tenths(box: Box) -> list[int]:
    return [round(value * _SCALE) for value in box]


def _points(box: list[int]) -> Box:
    x0, y0, x1, y1 = (value / _SCALE for value in box)
    return x0, y0, x1, y1

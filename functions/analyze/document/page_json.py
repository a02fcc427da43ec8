"""A page as the API answers it: text with structure and geometry, in plain JSON."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from functions.analyze.document.model import Block, BlockKind, Document, Page

_CELLS = "\t"


def page_view(document: Document, page: Page) -> dict[str, Any]:
    """Return a page of a document.

    Spans count characters of ``text``. Sizes and boxes (x0, y0, x1, y1) are in points (1/72 inch) from the
    top left of the page as it is shown; they are null where the format has no geometry.
    """
    known = page.width > 0 and page.height > 0
    return {
        "number": page.number,
        "label": page.label,
        "language": page.language or document.language,
        "width": page.width if known else None,
        "height": page.height if known else None,
        "scanned": page.scanned,
        "ocr": None if (ocr := page.ocr) is None else {"engine": ocr.engine, "confidence": ocr.confidence},
        "text": page.text,
        "headings": [
            {"level": block.level, "text": page.text[block.start : block.end], **_span(block)}
            for block in page.blocks
            if block.kind is BlockKind.HEADING
        ],
        "blocks": [{"kind": block.kind.value, "level": block.level, **_span(block)} for block in page.blocks],
        "tables": _tables(page),
        "words": [
            {
                "text": page.text[word.start : word.end],
                "start": word.start,
                "end": word.end,
                "box": [round(value, 1) for value in word.box],
            }
            for word in page.words
        ],
        "headers": list(page.headers),
        "footers": list(page.footers),
    }


def _tables(page: Page) -> list[dict[str, Any]]:
    """Return the tables in reading order; the rows of one table follow each other."""
    rows = (block for block in page.blocks if block.kind is BlockKind.TABLE_ROW)
    return [{"rows": _rows(page, table)} for _, table in groupby(rows, key=lambda block: block.table)]


def _rows(page: Page, blocks: Iterable[Block]) -> list[dict[str, Any]]:
    return [
        {
            "cells": page.text[block.start : block.end].split(_CELLS),
            "header": block.header,
            **_span(block),
        }
        for block in blocks
    ]


def _span(block: Block) -> dict[str, int]:
    return {"start": block.start, "end": block.end}

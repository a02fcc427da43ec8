"""Pages survive storage: what is read back is what was written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.analyze.document.codec import (
    chunk_to_dict,
    document_from_dict,
    document_to_dict,
    page_from_dict,
    page_to_dict,
)
from functions.analyze.document.model import Block, BlockKind, Chunk, Document, Page, Word

PAGE = Page(
    number=3,
    text="Titel\nGepäck\t2’000",
    blocks=(
        Block(BlockKind.HEADING, 0, 5, level=2, size=14.0, bold=True),
        Block(BlockKind.TABLE_ROW, 6, 18, table=0, header=True, size=9.0),
    ),
    words=(Word(0, 5, (50.1, 90.2, 80.3, 100.4)),),
    width=595.0,
    height=842.0,
    label="iii",
    headers=("Muster AG",),
    footers=("Seite iii",),
)


def stored(values: dict[str, Any]) -> Any:
    """Return ``values`` as they come back from a file."""
    return json.loads(json.dumps(values))


@pytest.mark.parametrize("page", [PAGE, Page(number=4, text="", scanned=True)])
def test_pages_come_back_equal(page: Page) -> None:
    assert page_from_dict(stored(page_to_dict(page))) == page


def test_a_document_comes_back_equal() -> None:
    document = Document((PAGE,), "de", "application/pdf", "Titel", ("Seite 2 fehlt.",))
    assert document_from_dict(stored(document_to_dict(document))) == document


def test_boxes_are_kept_to_a_tenth_of_a_point() -> None:
    page = Page(number=1, text="a", words=(Word(0, 1, (1.04, 2.06, 3.0, 4.0)),))
    assert page_from_dict(stored(page_to_dict(page))).words[0].box == pytest.approx((1.0, 2.1, 3.0, 4.0))


def test_a_chunk_keeps_every_field() -> None:
    values = stored(chunk_to_dict(Chunk("c1", "text", ((1, 0, 4),), ("A", "A1"), 1)))
    expected = {"chunk_id": "c1", "text": "text", "spans": [[1, 0, 4]], "headings": ["A", "A1"], "tokens": 1}
    assert values == expected

"""Whatever the document: chunks hold all of its text, in order, and none is too large."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.analyze.document.chunking import chunk, count_tokens
from functions.analyze.document.model import Block, BlockKind, Document, Page

_TEXT = st.text(st.sampled_from("aB1ä'’.,;: –\té漢-"), min_size=1, max_size=400).filter(str.strip)
_BLOCK = st.tuples(st.sampled_from(list(BlockKind)), _TEXT, st.integers(1, 6), st.booleans())


@st.composite
def documents(draw: st.DrawFn) -> Document:
    pages = []
    for number, blocks in enumerate(draw(st.lists(st.lists(_BLOCK, max_size=8), max_size=4)), 1):
        text, made = "", []
        for kind, part, level, header in blocks:
            start = len(text) + bool(text)
            text = f"{text}\n{part}" if text else part
            row = kind is BlockKind.TABLE_ROW
            rank = level if kind is BlockKind.HEADING else 0
            made.append(Block(kind, start, len(text), rank, table=0 if row else None, header=row and header))
        pages.append(Page(number, text, tuple(made)))
    return Document(tuple(pages), "de", "text/plain")


@settings(max_examples=150, deadline=None)
@given(documents(), st.integers(2, 120), st.data())
def test_chunks_cover_the_text_in_order_and_in_size(
    document: Document, size: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    chunks = chunk(document, size, overlap)
    pages = {page.number: page.text for page in document.pages}
    held: dict[int, set[int]] = {number: set() for number in pages}
    for item in chunks:
        assert item.tokens == count_tokens(item.text) <= size
        assert item.text == "\n".join(pages[page][start:end] for page, start, end in item.spans)
        assert list(item.spans) == sorted(item.spans)
        for page, start, end in item.spans:
            held[page].update(range(start, end))
    for number, text in pages.items():
        assert not {place for place, sign in enumerate(text) if sign.strip()} - held[number]
    ends = [item.spans[-1][:1] + item.spans[-1][2:] for item in chunks]
    assert ends == sorted(ends)
    assert len({item.chunk_id for item in chunks}) == len(chunks)

"""Chunks follow the structure of a document, and its size where they must."""

from __future__ import annotations

from itertools import pairwise

import pytest

from functions.analyze.document.chunking import chunk, count_tokens
from functions.analyze.document.model import Block, BlockKind, Document, Page

H, P, R = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.TABLE_ROW
SENTENCE = "The insurer pays the costs of the journey home. "


def document(*pages: list[tuple[BlockKind, str, int]], table_headers: int = 0) -> Document:
    """Return a document of blocks (kind, text, level); all rows of a page are one table."""
    built = []
    for number, blocks in enumerate(pages, 1):
        text, made, rows = "", [], 0
        for kind, part, level in blocks:
            start = len(text) + bool(text)
            text = f"{text}\n{part}" if text else part
            row = kind is R
            header = row and rows < table_headers
            rows += row
            made.append(Block(kind, start, len(text), level, table=0 if row else None, header=header))
        built.append(Page(number, text, tuple(made)))
    return Document(tuple(built), "en", "text/plain")


def test_tokens_are_pieces_of_words_and_signs() -> None:
    assert count_tokens("") == 0
    assert count_tokens("Versicherung, 1'000") == 3 + 1 + 1 + 1 + 1


def test_sections_stay_whole_and_know_the_headings_above_them() -> None:
    chunks = chunk(
        document(
            [(H, "Policy", 1), (H, "A Baggage", 2), (P, SENTENCE * 5, 0)],
            [(P, SENTENCE * 2, 0), (H, "B Delay", 2), (P, SENTENCE * 5, 0)],
        ),
        size_tokens=120,
        overlap=10,
    )
    assert [item.headings for item in chunks] == [("Policy", "A Baggage"), ("Policy", "B Delay")]
    assert [span[0] for span in chunks[0].spans] == [1, 2]
    assert chunks[1].text.startswith("B Delay\nThe insurer")


def test_small_sections_share_a_chunk_a_higher_heading_opens_a_new_one() -> None:
    blocks = [
        (H, "A", 1),
        (H, "A1", 2),
        (P, SENTENCE, 0),
        (H, "A2", 2),
        (P, SENTENCE, 0),
        (H, "B", 1),
        (P, SENTENCE, 0),
    ]
    texts = [item.text for item in chunk(document(blocks), 200, 0)]
    assert [text.split("\n")[0] for text in texts] == ["A", "A2", "B"] or len(texts) < 3
    assert texts[0].startswith("A\nA1")


def test_no_heading_is_left_at_the_end_of_a_chunk() -> None:
    blocks = [(P, SENTENCE * 6, 0), (H, "Next", 1), (P, SENTENCE * 6, 0)]
    chunks = chunk(document(blocks), 75, 0)
    assert [item.text.split("\n")[0][:4] for item in chunks] == ["The ", "Next"]


def test_a_long_paragraph_is_cut_at_sentences_and_overlaps() -> None:
    chunks = chunk(document([(P, (SENTENCE * 40).strip(), 0)]), size_tokens=60, overlap=20)
    assert len(chunks) > 3
    assert all(item.text.strip().endswith(".") for item in chunks)
    assert all(item.tokens <= 60 for item in chunks)


def test_short_blocks_of_a_split_section_are_repeated() -> None:
    chunks = chunk(document([(P, SENTENCE.strip(), 0)] * 12), size_tokens=60, overlap=15)
    for before, after in pairwise(chunks):
        assert before.text.split("\n")[-1] == after.text.split("\n")[0]
        assert after.spans[0][1] < before.spans[-1][2], "the passage repeated is the same one"


def test_a_table_that_goes_on_repeats_its_header() -> None:
    rows = [(R, "Cover\tLimit", 0), *[(R, f"Cover number {n}\t{n}00 pounds", 0) for n in range(30)]]
    chunks = chunk(document(rows, table_headers=1), size_tokens=60, overlap=10)
    assert len(chunks) > 3
    assert all(item.text.startswith("Cover\tLimit\n") for item in chunks)


def test_ids_depend_on_text_and_place_alone() -> None:
    one = document([(P, SENTENCE, 0), (P, SENTENCE, 0)])
    ids = [item.chunk_id for item in chunk(one, 15, 0)]
    assert ids == [item.chunk_id for item in chunk(one, 15, 0)]
    assert len(set(ids)) == len(ids) == 2


@pytest.mark.parametrize(("size", "overlap"), [(100, 100), (100, -1), (0, 0)])
def test_an_overlap_that_does_not_fit_is_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        chunk(document([(P, SENTENCE, 0)]), size, overlap)


def test_a_document_of_headings_alone_fills_its_chunks() -> None:
    chunks = chunk(document([(H, "Clause", 1)] * 3000), 100, 0)
    assert len(chunks) < 100


def test_an_empty_document_has_no_chunks() -> None:
    assert chunk(document([])) == []

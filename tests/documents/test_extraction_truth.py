"""Extraction of the samples against their sources: words in order, headings, every amount in its place."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from contextlib import closing
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from functions.analyze.document.model import BlockKind, Document
from functions.analyze.extract import open_source
from tests.documents.truth import squeezed, truth_of
from tests.support.extraction_shares import shares, whole, words
from tests.support.paths import SAMPLES

NAMES = ("helvora-de", "helvora-fr", "helvora-en", "helvora-household-en")
TITLE_LEVEL_SHARE = 0.95


@cache
def extracted(path: Path) -> Document:
    with closing(open_source(path.read_bytes(), path.name)) as source:
        return source.assemble(source.pages(1, source.page_count))


def sample(name: str) -> Document:
    return extracted(SAMPLES / f"{name}.pdf")


def of_kind(document: Document, kind: BlockKind) -> list[tuple[int, str]]:
    """Return level and text of every block of a kind."""
    return [
        (block.level, page.text[block.start : block.end])
        for page in document.pages
        for block in page.blocks
        if block.kind is kind
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_paragraph_is_whole_and_in_its_order(name: str) -> None:
    text = squeezed("".join(page.text for page in sample(name).pages))
    at = 0
    for paragraph in truth_of(name).paragraphs:
        found = text.find(squeezed(paragraph), at)
        assert found >= 0, paragraph
        at = found + 1


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_lands_in_its_row_and_column(name: str) -> None:
    found = [text.split("\t") for _, text in of_kind(sample(name), BlockKind.TABLE_ROW)]
    expected = truth_of(name).rows
    assert expected
    missing = [
        row for row in expected if [*map(squeezed, row)] not in [[*map(squeezed, row)] for row in found]
    ]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_headings_are_found_with_their_rank_and_little_else_is(name: str) -> None:
    found = [(level, squeezed(text)) for level, text in of_kind(sample(name), BlockKind.HEADING)]
    expected = truth_of(name).headings
    levels: dict[int, Counter[int]] = {}
    for level, title in expected:
        hits = [rank for rank, text in found if text.endswith(squeezed(title))]
        assert hits, title
        levels.setdefault(level, Counter()).update(hits[-1:])
    usual = {level: counts.most_common(1)[0] for level, counts in levels.items()}
    ranks = [usual[level][0] for level in sorted(usual)]
    assert all(above < below for above, below in pairwise(ranks))
    assert all(hits >= TITLE_LEVEL_SHARE * levels[level].total() for level, (_, hits) in usual.items())
    titles = [squeezed(title) for _, title in expected]
    clauses = [text for level, text in found if level in ranks and not text.endswith(tuple(titles))]
    assert len(clauses) <= 0.1 * len(found), clauses


@pytest.mark.parametrize("name", NAMES)
def test_margins_are_beside_the_text_and_number_the_pages(name: str) -> None:
    pages = sample(name).pages
    assert [page.label for page in pages[1:]] == [str(page.number) for page in pages[1:]]
    assert all(page.headers and page.footers for page in pages[1:])
    for page in pages:
        assert not {*page.headers, *page.footers} & set(page.text.splitlines())


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
@pytest.mark.skipif("EVALUATION_DIR" not in os.environ, reason="EVALUATION_DIR names no folder of documents")
def test_the_words_of_real_documents_are_those_that_poppler_reads() -> None:
    paths = sorted((Path(os.environ["EVALUATION_DIR"]) / "documents").glob("*.pdf"))
    assert paths
    for path in paths:
        done = subprocess.run(
            ["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True, text=True, check=True
        )
        recall, order = shares(words(whole(extracted(path))), words(done.stdout))
        assert recall > 0.99, path.name
        assert order > 0.94, path.name

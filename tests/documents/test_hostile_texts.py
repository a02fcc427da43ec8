"""Texts made to keep a reader busy: each takes moments here, and hours where a reader goes over it twice."""

from __future__ import annotations

import pytest

from functions.analyze.document.model import BlockKind
from tests.support.extraction import blocks, extract

LENGTH = 300_000


@pytest.mark.parametrize(
    "piece",
    ["[", "[](", "![a](", "**a ", "__a ", "*a ", "_a ", "*a*a ", ".*a", "`a ", "# ", "| ", "\\", "<!-- "],
)
@pytest.mark.parametrize("ahead", ["", "# ", "a|b\n|"])
def test_marks_of_markdown_that_never_close(piece: str, ahead: str) -> None:
    text = ahead + piece * (LENGTH // len(piece)) + "end"
    assert "end" in extract(text.encode(), "policy.md").pages[0].text


@pytest.mark.parametrize("name", ["policy.md", "policy.txt"])
@pytest.mark.parametrize("filler", [".", ". ", " ", "_", "·"])
def test_a_line_of_leaders_that_leads_nowhere(name: str, filler: str) -> None:
    text = "Clause" + filler * (LENGTH // len(filler)) + "end"
    document = extract(text.encode(), name)
    assert [kind for kind, _ in blocks(document.pages[0])] == [BlockKind.PARAGRAPH]


def test_a_text_of_headings_alone_is_cut_into_pages() -> None:
    document = extract(b"# Clause\n" * (LENGTH // 9), "policy.md")
    assert sum(len(page.blocks) for page in document.pages) == LENGTH // 9
    assert max(len(page.text) for page in document.pages) < 4_000


def test_tables_within_tables_give_each_text_once() -> None:
    depth = 5_000
    data = "<table><tr><td>out</td><td>" * depth + "<p>in</p>" + "</td></tr></table>" * depth
    document = extract(data.encode(), "policy.html")
    found = [text for page in document.pages for _, text in blocks(page)]
    assert found == ["out"] * (depth - 1) + ["out\tin"]

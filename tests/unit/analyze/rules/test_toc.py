"""Tables of contents are told by their lines; a line that is too long for an entry is none."""

from __future__ import annotations

import pytest

from functions.analyze.document.model import Page
from functions.analyze.engines.rules.toc import is_contents, is_contents_line


def test_an_entry_ends_in_a_page_number_behind_leaders() -> None:
    assert is_contents_line("2.1 Baggage ........ 4", pages=5)
    assert not is_contents_line("2.1 Baggage ........ 40", pages=5)


@pytest.mark.parametrize("piece", [".", ". ", " ", "1", "1'000'000", "_"])
def test_a_line_that_never_ends_is_no_entry(piece: str) -> None:
    line = f"1{piece * 50_000}x"
    assert not is_contents(Page(1, line, ()), pages=5)
    assert not is_contents_line(line, pages=5)

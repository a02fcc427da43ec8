"""The guarded source gives what the plain one gives, and ends well where reading does not."""

from __future__ import annotations

import dataclasses
import os
import signal

import pytest

from functions.analyze.document.codec import page_from_dict, page_to_dict
from functions.analyze.document.model import Page
from functions.analyze.extract import ExtractionLimits, guarded, open_source
from functions.analyze.extract.guarded import GuardedSource
from functions.analyze.extract.source import Source, Visible
from shared.errors import PermanentError
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.extraction import PROSE

PDF = write_pdf(*(Sheet().lines(50, 100, f"Seite {n}", *PROSE) for n in range(5)))


def plain(data: bytes, name: str) -> list[Page]:
    """Return the pages of ``open_source`` with boxes in tenths of a point."""
    source = open_source(data, name)
    pages = source.pages(1, source.page_count)
    source.close()
    return [page_from_dict(page_to_dict(page)) for page in pages]


@pytest.mark.parametrize(("data", "name"), [(PDF, "policy.pdf"), (b"# One\n\f\n# Two\n", "policy.md")])
def test_the_same_pages_whatever_the_batches(data: bytes, name: str) -> None:
    expected = plain(data, name)
    source = GuardedSource(data, name, None, ExtractionLimits())
    count = source.page_count
    assert source.pages(1, count) == expected
    assert [page for n in range(1, count + 1) for page in source.pages(n, n)] == expected
    assert source.pages(2, 2) == expected[1:2], "a batch out of turn"
    assert source.pages(1, 1) == expected[:1], "a step back"
    assert source.assemble(expected).media_type == source.media_type
    source.close()
    source.close()


def test_a_file_that_is_refused() -> None:
    with pytest.raises(PermanentError) as caught:
        GuardedSource(PDF, "policy.pdf", None, ExtractionLimits(max_pages=2))
    assert caught.value.code == "too-many-pages"


class Fragile:
    """A source that crashes, as a fault in a library would, on its third page."""

    def __init__(self, source: Source) -> None:
        assert isinstance(source, Visible)
        self._source = source
        self.media_type, self.page_count = source.media_type, source.page_count
        self.close, self.assemble = source.close, source.assemble
        self.printed, self.bitmap = source.printed, source.bitmap

    def pages(self, first: int, last: int) -> list[Page]:
        if first <= 3 <= last:
            os.kill(os.getpid(), signal.SIGSEGV)
        return self._source.pages(first, last)


def test_a_crash_names_the_page_and_the_pages_before_it_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "open_source", lambda *file: Fragile(open_source(*file)))
    source = GuardedSource(PDF, "policy.pdf", None, ExtractionLimits())
    assert source.pages(1, 2) == plain(PDF, "policy.pdf")[:2]
    for _ in range(2):
        with pytest.raises(PermanentError, match=r"^Page 3: The file makes the reader") as caught:
            source.pages(3, 4)
        assert caught.value.code == "file-crashes-reader"
    assert source.pages(4, 4) == plain(PDF, "policy.pdf")[3:4]
    source.close()


def test_what_recognition_needs_is_read_apart_too() -> None:
    source, plain_source = (
        GuardedSource(PDF, "policy.pdf", None, ExtractionLimits()),
        open_source(PDF, "policy.pdf"),
    )
    assert isinstance(source, Visible)
    assert isinstance(plain_source, Visible)
    assert source.printed(2) == plain_source.printed(2)
    seen, expected = source.bitmap(2, (0, 0, 300, 200)), plain_source.bitmap(2, (0, 0, 300, 200))
    assert seen.scale == expected.scale
    assert (seen.pixels == expected.pixels).all()
    source.close()
    plain_source.close()


def test_a_damaged_page_is_refused_as_without_the_guard() -> None:
    data = PDF.replace(b"/Type /Page /Parent 2 0 R", b"/Type /Pagf /Parent 2 0 R", 1)
    data = data.replace(b"5 0 R 7 0 R", b"1 0 R 7 0 R")
    assert data != PDF
    source = GuardedSource(
        data, "policy.pdf", None, dataclasses.replace(ExtractionLimits(), seconds_a_step=5)
    )
    with pytest.raises(PermanentError) as caught:
        source.pages(1, source.page_count)
    assert caught.value.code == "pdf-page-damaged"
    source.close()

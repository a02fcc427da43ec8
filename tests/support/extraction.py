"""Short cuts of these tests: extract, and look at what came out."""

from __future__ import annotations

from functions.analyze.document.model import BlockKind, Document, Page
from functions.analyze.extract import ExtractionLimits, open_source
from shared.errors import PermanentError
from tests.support.builders.docx_files import write_docx
from tests.support.builders.pdfs import Sheet, write_pdf

PROSE = (
    "Die Versicherung gilt weltweit auf Reisen und",
    "beginnt mit dem Tag, an dem die versicherte Per-",
    "son ihren Wohnort verlässt. Sie endet spätestens",
    "nach der Rückkehr oder nach Ablauf der Police,",
    "sofern nichts anderes schriftlich vereinbart ist.",
)
"""A paragraph of five full lines, hyphenated once."""


def extract(data: bytes, file_name: str = "policy.pdf", media_type: str | None = None) -> Document:
    source = open_source(data, file_name, media_type)
    try:
        return source.assemble(source.pages(1, source.page_count))
    finally:
        source.close()


def refusal(
    data: bytes, file_name: str = "policy.pdf", limits: ExtractionLimits | None = None
) -> PermanentError:
    """Return the error that ``data`` is refused with, at opening or at the end."""
    try:
        source = open_source(data, file_name, None, limits or ExtractionLimits())
        try:
            source.assemble(source.pages(1, source.page_count))
        finally:
            source.close()
    except PermanentError as error:
        return error
    raise AssertionError("the file was accepted")


def blocks(page: Page) -> list[tuple[BlockKind, str]]:
    return [(block.kind, page.text[block.start : block.end]) for block in page.blocks]


def texts(page: Page) -> list[str]:
    return [text for _, text in blocks(page)]


_TABLE = Sheet().grid([100, 120, 140, 160], 50, 540).circle(300, 130, 4, filled=True)


SMALL_FILES = {
    "policy.pdf": write_pdf(Sheet().lines(50, 100, *PROSE).lines(310, 100, *PROSE), _TABLE, Sheet().image()),
    "policy.docx": write_docx([("Titel", "Title"), "Text"], [("a", "b"), ("c", "1")]),
    "policy.html": b"<html><body><h1>Titel</h1><table><tr><td>a<td>b</table><ul><li>c</ul></body></html>",
    "policy.md": b"# Titel\n\n| a | b |\n|---|---|\n| c | 1 |\n\n- d\n",
    "policy.txt": "Titel\n\na  1\nb  2\n\n– d\n\f\nEnde".encode(),
}


def check(document: Document | None) -> None:
    for page in document.pages if document else ():
        ends = 0
        for block in page.blocks:
            assert ends <= block.start < block.end <= len(page.text)
            ends = block.end
        assert all(0 <= word.start < word.end <= len(page.text) for word in page.words)

"""Short cuts of these tests: extract, and look at what came out."""

from __future__ import annotations

from functions.analyze.document.model import BlockKind, Document, Page
from functions.analyze.extract import ExtractionLimits, open_source
from shared.errors import PermanentError

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

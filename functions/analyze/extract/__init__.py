"""Extraction: from a file's bytes to pages of text with structure and geometry.

source = open_source(data, file_name, media_type)
pages = source.pages(1, source.page_count)     # in batches of any size, one after the other
document = source.assemble(pages)
source.close()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.analyze.extract import detect
from functions.analyze.extract.source import DEFAULT_LIMITS, ExtractionLimits, Source, Visible

if TYPE_CHECKING:
    from functions.analyze.extract.flow import Flow

__all__ = ["DEFAULT_LIMITS", "ExtractionLimits", "Source", "Visible", "open_source"]


def open_source(
    data: bytes, file_name: str, media_type: str | None = None, limits: ExtractionLimits = DEFAULT_LIMITS
) -> Source:
    """Open a file by what its content is; name and declared type only tell kinds of text apart.

    Raises PermanentError for everything that is no document we can read; its ``code`` names the case, its
    ``detail`` says what to do.
    """
    kind = detect.detect(data, file_name, media_type)
    if kind == detect.PDF:
        from functions.analyze.extract.pdf.source import PdfSource

        return PdfSource(data, limits)
    if kind in detect.IMAGES:
        from functions.analyze.extract.image import ImageSource

        return ImageSource(kind, data, limits)
    from functions.analyze.extract.flow import FlowSource

    return FlowSource(kind, _read(kind, data, limits), limits)


def _read(kind: str, data: bytes, limits: ExtractionLimits) -> Flow:
    """Return the text of a format without pages; only the reader that is needed is loaded."""
    from functions.analyze.extract.encoding import decode
    from functions.analyze.extract.flow import Flow

    if kind == detect.DOCX:
        from functions.analyze.extract.docx import read_docx

        return read_docx(data, limits)
    if kind == detect.HTML:
        from functions.analyze.extract.html import read_html

        return Flow(read_html(decode(data, declared=True)))
    if kind == detect.MARKDOWN:
        from functions.analyze.extract.markdown import read_markdown

        return Flow(read_markdown(decode(data)))
    from functions.analyze.extract.plain import read_plain

    return Flow(read_plain(decode(data)))

"""Extracts one page of a PDF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from functions.analyze.document import Page
from functions.analyze.extract.build import Draft, page_text
from functions.analyze.extract.pdf.columns import reading_order
from functions.analyze.extract.pdf.glyphs import Glyphs, read_glyphs
from functions.analyze.extract.pdf.lines import group_lines
from functions.analyze.extract.pdf.margins import split_margins
from functions.analyze.extract.pdf.paragraphs import make_blocks
from functions.analyze.extract.pdf.transform import page_transform
from shared.errors import PermanentError

_IMAGE = 3
_FORM = 5


def read_page(pdfium: Any, document: Any, number: int) -> Page:
    """Return page ``number`` (from 1); every handle opened here is closed here."""
    page = pdfium.FPDF_LoadPage(document, number - 1)
    if not page:
        raise _damaged(number)
    try:
        text_page = pdfium.FPDFText_LoadPage(page)
        if not text_page:
            raise _damaged(number)
        try:
            return _extract(pdfium, page, text_page, number)
        finally:
            pdfium.FPDFText_ClosePage(text_page)
    finally:
        pdfium.FPDF_ClosePage(page)


def _damaged(number: int) -> PermanentError:
    detail = f"Page {number} of the PDF is damaged. Open it in a viewer, save it anew and send that file."
    return PermanentError("pdf-page-damaged", detail)


def _extract(pdfium: Any, page: Any, text_page: Any, number: int) -> Page:
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    words = read_glyphs(pdfium, text_page, page_transform(pdfium, page, width, height))
    if not _readable(words):
        return Page(number, "", width=width, height=height, scanned=_shows_something(pdfium, page, words))
    _mark_color(words)
    head, body, foot = split_margins([word for word in words if word.upright], height)
    drafts = [*make_blocks(head)]
    for run in reading_order(body):
        drafts.extend(make_blocks(group_lines(run)))
    drafts.extend(make_blocks(foot))
    drafts.extend(_turned(words))
    text = page_text(drafts)
    return Page(number, text.text, tuple(text.blocks), tuple(text.words), width=width, height=height)


def _turned(words: Sequence[Glyphs]) -> list[Draft]:
    """Return what is printed at an angle as a block of its own, in the file's order."""
    from functions.analyze.extract.pdf.paragraphs import draft_of

    turned = [word for word in words if not word.upright]
    return [draft_of(turned, set())] if turned else []


def _readable(words: Sequence[Glyphs]) -> bool:
    """Tell text from glyphs without a meaning (fonts that map to nothing or to private characters)."""
    characters = [character for word in words for character in word.text]
    strange = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in characters)
    return len(characters) > 2 * strange


def _shows_something(pdfium: Any, page: Any, words: Sequence[Glyphs]) -> bool:
    """Tell whether a page without text shows an image (or text that has no meaning)."""
    if words:
        return True
    kinds = (
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index))
        for index in range(pdfium.FPDFPage_CountObjects(page))
    )
    return any(kind in (_IMAGE, _FORM) for kind in kinds)


def _mark_color(words: Sequence[Glyphs]) -> None:
    """Count words in another colour than most as bold: both set a heading off."""
    colors = Counter(word.color for word in words if not word.bold)
    if colors:
        usual = colors.most_common(1)[0][0]
        for word in words:
            word.bold = word.bold or word.color not in (usual, 0)

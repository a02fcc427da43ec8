"""Typeset a sample policy as PDF, and read a PDF's text back."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import typst

# 1 January 2025: the edition's date, so that every rendering has the same bytes.
TIMESTAMP = 1_735_689_600


def render(source: Path) -> bytes:
    """Return the PDF of a Typst file, set in the fonts that the typst package brings.

    Raises ``typst.TypstError`` where the markup is wrong.
    """
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    return typst.compile(
        source,
        root=source.parent,
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        timestamp=TIMESTAMP,
    )


def page_texts(content: bytes) -> list[str]:
    """Return the text of each page of a PDF, words that were hyphenated at a line's end made whole."""
    document = pypdfium2.PdfDocument(content)
    try:
        texts = []
        for page in document:
            textpage = page.get_textpage()
            texts.append(textpage.get_text_range().replace("\ufffe", "").replace("\x02", ""))
            textpage.close()
            page.close()
        return texts
    finally:
        document.close()

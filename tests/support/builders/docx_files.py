"""Writes DOCX files with a real writer, so that the reader meets what Word produces."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx


def write_docx(paragraphs: Sequence[str | tuple[str, str]], table: Sequence[Sequence[str]] = ()) -> bytes:
    """Return a document of paragraphs, each a text or (text, style), and a table at its end."""
    document = docx.Document()
    for paragraph in paragraphs:
        text, style = (paragraph, None) if isinstance(paragraph, str) else paragraph
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()

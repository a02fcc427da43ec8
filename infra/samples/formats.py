"""Write the blocks of the short sample as HTML, plain text and DOCX."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from html import escape

import docx

from infra.samples.markup import Block, Bullets, Heading, Paragraph, SampleTable

EDITION = datetime(2025, 1, 1, tzinfo=UTC)


def title_of(blocks: list[Block]) -> str:
    """Return the text of the first heading."""
    return next(block.text for block in blocks if isinstance(block, Heading))


def to_html(blocks: list[Block]) -> str:
    """Return a complete HTML page."""
    body = "\n".join(_html(block) for block in blocks)
    head = f'<meta charset="utf-8">\n<title>{escape(title_of(blocks))}</title>'
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _html(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text, quote=False)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text, quote=False)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{escape(item, quote=False)}</li>" for item in items) + "</ul>"
        case SampleTable(rows):
            head, *rest = [[escape(cell, quote=False) for cell in row] for row in rows]
            lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
            lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rest]
            return "<table>\n" + "\n".join(lines) + "\n</table>"


def to_text(blocks: list[Block]) -> str:
    """Return plain text: headings on lines of their own, table cells apart by spaces."""
    return "\n\n".join(_text(block) for block in blocks) + "\n"


def _text(block: Block) -> str:
    match block:
        case Heading(_, text) | Paragraph(text):
            return text
        case Bullets(items):
            return "\n".join(f"- {item}" for item in items)
        case SampleTable(rows):
            width = max(len(row[0]) for row in rows) + 2
            return "\n".join(row[0].ljust(width) + "  ".join(row[1:]) for row in rows)


def to_docx(blocks: list[Block]) -> bytes:
    """Return a Word file; the same blocks give the same members with the same dates."""
    document = docx.Document()
    for block in blocks:
        match block:
            case Heading(level, text):
                document.add_heading(text, level=level - 1)
            case Paragraph(text):
                document.add_paragraph(text)
            case Bullets(items):
                for item in items:
                    document.add_paragraph(item, style="List Bullet")
            case SampleTable(rows):
                table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
                for row in rows:
                    for cell, value in zip(table.add_row().cells, row, strict=True):
                        cell.text = value
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title_of(blocks), "Helvora", ""
    properties.created = properties.modified = EDITION
    buffer = io.BytesIO()
    document.save(buffer)
    return _with_fixed_dates(buffer.getvalue())


def _with_fixed_dates(archive: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, EDITION.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, old.read(name))
    return target.getvalue()

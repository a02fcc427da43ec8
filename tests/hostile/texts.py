"""Hostile DOCX, HTML and text files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MB = 1024 * 1024


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def word(body: str, doctype: str = "", **more: bytes) -> bytes:
    """Return a Word document of a body's XML; ``more`` are other parts by name (without ending)."""
    xml = f"{doctype}<w:document {_W}><w:body>{body}</w:body></w:document>"
    parts = {f"word/{name}.xml": content for name, content in more.items()}
    return archive({"word/document.xml": xml.encode(), **parts})


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx_bomb() -> bytes:
    return archive({"word/document.xml": b" " * (600 * _MB)})


def docx_many_parts() -> bytes:
    return archive({f"word/media/{number}": b"x" for number in range(6_000)} | {"word/document.xml": b"<a/>"})


def docx_in_docx() -> bytes:
    """Return a document with another archive within, of a gigabyte: nobody asked for it."""
    inner = archive({"a": b"\0" * (200 * _MB)})
    xml = f"<w:document {_W}><w:body>{paragraph('Text')}</w:body></w:document>"
    return archive({"word/document.xml": xml.encode(), "word/embeddings/a.zip": inner})


def docx_external_entity() -> bytes:
    return word(paragraph("&leak;"), '<!DOCTYPE d [<!ENTITY leak SYSTEM "file:///etc/hostname">]>')


def docx_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return word(paragraph("&l9;"), f'<!DOCTYPE d [<!ENTITY l0 "lol">{levels}]>')


def docx_deep() -> bytes:
    return word("<w:sdt><w:sdtContent>" * 100_000)


def docx_tables_in_tables() -> bytes:
    depth = 80
    opened, closed = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    return word(opened * depth + paragraph("within") + closed * depth)


def docx_wide_row() -> bytes:
    cells = f"<w:tc><w:tcPr><w:gridSpan w:val='2000000000'/></w:tcPr>{paragraph('a')}</w:tc>"
    return word(f"<w:tbl><w:tr>{cells * 3}</w:tr></w:tbl>" + paragraph("Text"))


def docx_many_paragraphs() -> bytes:
    return word(paragraph("a") * 400_000)


def html_deep() -> bytes:
    return b"<html><body>" + b"<div>" * 40_000 + b"deep inside"


def html_deep_formats() -> bytes:
    """Return bold and italics closed in the wrong order: the parser's most costly case."""
    return b"<html><body>" + b"<b><i><p>" * 20_000 + b"</b></i>" * 20_000 + b"deep inside"


def html_deep_tables() -> bytes:
    return b"<html><body>" + b"<table><tr><td>" * 40_000 + b"deep inside"


def html_attributes() -> bytes:
    return b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(300_000)) + b">Text of a policy</p>"


def html_entities() -> bytes:
    return b"<html><body><p>" + b"&CounterClockwiseContourIntegral;" * 300_000


def text_of_lines() -> bytes:
    return b"a\n\n" * 3_000_000


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    made.__name__.replace("_", "-"): (f"policy.{made.__name__.split('_')[0].replace('text', 'txt')}", made)
    for made in (
        docx_bomb,
        docx_many_parts,
        docx_in_docx,
        docx_external_entity,
        docx_laughs,
        docx_deep,
        docx_tables_in_tables,
        docx_wide_row,
        docx_many_paragraphs,
        html_deep,
        html_deep_formats,
        html_deep_tables,
        html_attributes,
        html_entities,
        text_of_lines,
    )
}

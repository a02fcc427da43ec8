"""The report as a Word document (DOCX): headings, an overview table, findings with their quotes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from functions.analyze.outputs.report.content import (
    KINDS,
    Entry,
    Group,
    Report,
    by_proof,
    limits_text,
    titles,
)

if TYPE_CHECKING:
    from docx.document import Document

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What XML 1.0 cannot hold; extraction may leave such characters in a text.
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The first moment that a ZIP archive can name: the same report gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_docx(report: Report) -> bytes:
    """Return the DOCX; the same report gives the same bytes."""
    import docx

    document = docx.Document()
    core = document.core_properties
    core.title, core.author = _text(report.about.file_name), "Clauseworks"
    core.created = core.modified = report.about.created_at.replace(tzinfo=None)
    words = report.words
    document.add_heading(_text(report.about.file_name), 0)
    for warning in report.about.warnings:
        document.add_paragraph(_text(warning), style="List Bullet")
    if report.summary:
        document.add_heading(words["summary"], 1)
        for sentence in report.summary:
            pages = ", ".join(map(str, sentence.pages))
            document.add_paragraph(_text(f"{sentence.text} ({words['page']} {pages})"))
    document.add_heading(words["overview"], 1)
    _overview(document, report)
    document.add_heading(words["findings"], 1)
    if not report.product.empty:
        document.add_heading(words["product"], 2)
        _details(document, report, report.product)
    for segment in report.segments:
        _group(document, report, segment, 2)
        for benefit in segment.benefits:
            _group(document, report, benefit, 3)
    _translation(document, report)
    document.add_heading(words["method"], 1)
    document.add_paragraph(words["method_text"])
    document.add_paragraph(words["confidence_text"])
    out = io.BytesIO()
    document.save(out)
    return _dateless(out.getvalue())


def _overview(document: Document, report: Report) -> None:
    words = report.words
    if not report.segments:
        document.add_paragraph(words["nothing"])
        return
    table = document.add_table(1, 3, style="Light Grid Accent 1")
    for cell, title in zip(table.rows[0].cells, ("benefit", "limits", "page"), strict=True):
        cell.text = words[title]
    for segment in report.segments:
        for group in (segment, *segment.benefits):
            if group.entry is not None:
                cells = table.add_row().cells
                cells[0].text = "" if group is segment else _text(group.entry.label)
                if group is segment:
                    cells[0].paragraphs[0].add_run(_text(group.entry.label)).bold = True
                cells[1].text = _text(limits_text(group))
                cells[2].text = str(group.entry.proof.page)


def _group(document: Document, report: Report, group: Group, level: int) -> None:
    if group.entry is None:
        return
    amount = f": {group.entry.amount}" if group.entry.amount else ""
    document.add_heading(_text(group.entry.label + amount), level)
    _proof(document, report, group.entry)
    _details(document, report, group)


def _details(document: Document, report: Report, group: Group) -> None:
    for kind in KINDS:
        for same in by_proof(getattr(group, kind)):
            paragraph = document.add_paragraph(f"{report.words[kind.removesuffix('s')]}: ")
            for number, (label, amounts) in enumerate(titles(same)):
                paragraph.add_run(_text(("; " if number else "") + label)).bold = True
                paragraph.add_run(_text(f": {amounts}" if amounts else ""))
            _proof(document, report, same[0])


def _proof(document: Document, report: Report, entry: Entry) -> None:
    proof, words = entry.proof, report.words
    printed = f" ({proof.page_label})" if proof.page_label else ""
    section = f" · {proof.section}" if proof.section else ""
    quote = document.add_paragraph(style="Quote")
    quote.add_run(_text(proof.quote))
    place = f"{words['page']} {proof.page}{printed}{section} · {words['confidence']} {entry.confidence:.0%}"
    quote.add_run(_text(f"\n{place}")).italic = False


def _translation(document: Document, report: Report) -> None:
    if not report.translation:
        return
    words = report.words
    document.add_heading(words["translation"], 1)
    for page in report.translation:
        document.add_heading(f"{words['page']} {page.page}", 2)
        for remark in page.remarks:
            document.add_paragraph(_text(remark), style="List Bullet")
        table: Any = document.add_table(1, 2)
        table.rows[0].cells[0].text, table.rows[0].cells[1].text = words["original"], words["translation"]
        cells = table.add_row().cells
        cells[0].text, cells[1].text = _text(page.original), _text(page.translated)


def _text(text: str) -> str:
    return _NOT_XML.sub("", text)


def _dateless(data: bytes) -> bytes:
    """Write the archive anew with one date for all parts; python-docx takes the time of writing."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return out.getvalue()

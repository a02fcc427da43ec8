"""The findings as a workbook: an overview, and a sheet with a row for each finding."""

from __future__ import annotations

import io
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from functions.analyze.outputs.report.content import Report, limits_text
from functions.analyze.outputs.report.table import COLUMNS, rows

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = {"segment": 28, "benefit": 28, "item": 28, "item_name": 24, "section": 24, "quote": 80}
# The most that a cell holds; the quote is whole in the JSON.
MAX_CELL = 32_767


def write_xlsx(report: Report) -> bytes:
    """Return the workbook; the same report gives the same bytes. Texts are never formulas or links."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": report.about.file_name, "created": report.about.created_at})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        strong = book.add_format({"bold": True, "valign": "top"})
        percent = book.add_format({"num_format": "0%", "valign": "top"})
        _overview(book.add_worksheet(_sheet_name(report.words["segments"])), report, head, text, strong)
        _findings(book.add_worksheet(_sheet_name(report.words["findings"])), report, head, text, percent)
    return out.getvalue()


def _overview(sheet: Worksheet, report: Report, head: Any, text: Any, strong: Any) -> None:
    """Write what the document grants: segments, their benefits, and the limits of each in one cell."""
    words = report.words
    columns = (words["segment"], words["benefit"], words["limits"], words["page"])
    sheet.write_row(0, 0, columns, head)
    sheet.freeze_panes(1, 0)
    for column, width in enumerate((32, 36, 90, 8)):
        sheet.set_column(column, column, width)
    line = 1
    for segment in report.segments:
        for group, first, style in [
            (segment, True, strong),
            *((benefit, False, text) for benefit in segment.benefits),
        ]:
            if group.entry is None:
                continue
            sheet.write_string(line, 0 if first else 1, group.entry.label, style)
            sheet.write_string(line, 2, limits_text(group)[:MAX_CELL], text)
            sheet.write_number(line, 3, group.entry.proof.page, text)
            line += 1


def _findings(sheet: Worksheet, report: Report, head: Any, text: Any, percent: Any) -> None:
    sheet.write_row(0, 0, COLUMNS, head)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(COLUMNS):
        sheet.set_column(column, column, _WIDTHS.get(name, 12))
    count = 0
    for count, row in enumerate(rows(report), start=1):
        for column, value in enumerate(astuple(row)):
            if isinstance(value, str):
                sheet.write_string(count, column, value[:MAX_CELL], text)
            elif value is not None:
                sheet.write_number(count, column, value, percent if COLUMNS[column] == "confidence" else text)
    sheet.autofilter(0, 0, max(count, 1), len(COLUMNS) - 1)


def _sheet_name(title: str) -> str:
    """Return a name that a sheet may have: 31 characters, none of those that formulas use."""
    return "".join(letter for letter in title if letter not in r"[]:*?/\'")[:31]

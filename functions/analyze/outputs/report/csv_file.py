"""The findings as CSV (RFC 4180, UTF-8 with a mark, so that spreadsheets read it right)."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple

from functions.analyze.outputs.report.content import Report
from functions.analyze.outputs.report.table import COLUMNS, rows

MEDIA_TYPE = "text/csv"
# A spreadsheet takes a cell that begins so for a formula, whatever the document meant (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(report: Report) -> bytes:
    """Return the table of findings; what a spreadsheet would run as a formula has a ``'`` before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows(report):
        writer.writerow([_cell(value) for value in astuple(row)])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    if isinstance(value, float) and value == int(value):
        return int(value)
    return value

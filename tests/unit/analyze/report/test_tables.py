"""The flat tables: CSV and XLSX carry every finding with the figures of the result."""

from __future__ import annotations

import csv
import io
import zipfile

from functions.analyze.outputs.report.csv_file import write_csv
from functions.analyze.outputs.report.table import rows
from functions.analyze.outputs.report.xlsx import write_xlsx
from shared.findings.model import ResultTree
from tests.support.builders.report_findings import finding, report, tree


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_row_for_each_finding_in_the_order_of_the_report() -> None:
    assert [(row.segment, row.benefit, row.kind, row.item_name) for row in rows(report())] == [
        ("", "", "limit", "waiting_period"),
        ("Luggage", "", "segment", "luggage"),
        ("Luggage", "", "exclusion", "formula_like"),
        ("Luggage", "Loss of luggage", "benefit", "loss"),
        ("Luggage", "Loss of luggage", "limit", "maximum"),
        ("Luggage", "Loss of luggage", "limit", "maximum"),
        ("Luggage", "Loss of luggage", "limit", "deductible"),
    ]


def test_csv_keeps_numbers_and_runs_no_formula() -> None:
    found = read_csv(write_csv(report()))
    assert [row["value"] for row in found if row["kind"] == "limit"] == ["7", "2000", "", "12.5"]
    assert [row["quote"] for row in found if row["kind"] == "exclusion"] == ["'=1+1 is excluded."]


def test_xlsx_is_the_same_each_time_and_holds_no_formula() -> None:
    data = write_xlsx(report())
    assert data == write_xlsx(report())
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/")]
        strings = book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == 2
    formulas = [sheet for sheet in sheets if b"<f>" in sheet]
    assert formulas == []
    assert "=1+1 is excluded." in strings
    assert b"<v>2000</v>" in sheets[1]


def test_a_long_quote_is_cut_to_what_a_cell_holds() -> None:
    long = finding("luggage", "Baggage", description="x")
    object.__setattr__(long.evidence[0], "quote", "x" * 40_000)
    assert write_xlsx(report(result=ResultTree((long,), tree().product)))

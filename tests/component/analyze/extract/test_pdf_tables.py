"""Tables of a PDF: ruled, drawn as a grid, of dots, without any line; and what only looks like one."""

from __future__ import annotations

from functions.analyze.document.model import BlockKind
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.extraction import PROSE, blocks, extract, texts

ROWS = [
    ("Einzelversicherung", "50'000 pro Ereignis"),
    ("Familienversicherung", "100'000 pro Ereignis"),
    ("Such- und Bergungskosten", "30'000 pro Person"),
    ("Heilungskosten im Ausland", "250'000 pro Person"),
]
JOINED = [f"{name}\t{value}" for name, value in ROWS]


def ruled(sheet: Sheet, top: float = 200) -> Sheet:
    for number, (name, value) in enumerate(ROWS):
        sheet.text(55, top + 14 * number, name).text(420, top + 14 * number, value)
        sheet.rule(top + 4 + 14 * number, 50, 540)
    return sheet.rule(top - 10, 50, 540)


def test_rules_between_rows_make_a_table_in_its_place() -> None:
    sheet = ruled(Sheet().lines(50, 100, *PROSE)).lines(50, 300, *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page)[1:-1] == JOINED
    assert {block.kind for block in page.blocks[1:-1]} == {BlockKind.TABLE_ROW}
    assert {block.table for block in page.blocks} == {None, 0}


def test_the_names_of_columns_above_the_first_rule_are_the_header() -> None:
    sheet = ruled(Sheet()).text(55, 187, "Leistung", bold=True).text(300, 187, "Dauer", bold=True)
    sheet.text(420, 187, "Summe in CHF", bold=True)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == ["Leistung\tDauer\tSumme in CHF", *(row.replace("\t", "\t\t") for row in JOINED)]
    assert [block.header for block in page.blocks] == [True, False, False, False, False]


def test_a_bold_row_of_one_cell_is_a_heading_within_the_table() -> None:
    sheet = ruled(Sheet()).text(55, 256, "Gepäck", bold=True).rule(260, 50, 540)
    sheet.text(55, 270, "Verlust").text(420, 270, "2'000 pro Person").rule(274, 50, 540)
    page = extract(write_pdf(sheet)).pages[0]
    assert blocks(page)[4:] == [
        (BlockKind.HEADING, "Gepäck"),
        (BlockKind.TABLE_ROW, "Verlust\t2'000 pro Person"),
    ]


def test_a_cell_of_several_lines_is_one_cell() -> None:
    sheet = Sheet().grid([100, 140, 180, 220], 50, 540)
    for number, term in enumerate(("Reise", "Familie", "Unfall")):
        sheet.text(55, 112 + 40 * number, term, bold=True)
        sheet.lines(
            160, 112 + 40 * number, "Jeder Aufenthalt ausserhalb des Wohnor-", "tes von mehr als einem Tag."
        )
    expected = "Jeder Aufenthalt ausserhalb des Wohnortes von mehr als einem Tag."
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == [f"{term}\t{expected}" for term in ("Reise", "Familie", "Unfall")]


def test_drawn_dots_are_read_as_marks_and_empty_cells_keep_the_columns() -> None:
    sheet = Sheet().grid([100, 120, 140, 160], 50, 540)
    for x in (50, 200, 300, 400, 540):
        sheet.upright(x, 100, 160)
    for x, name in ((205, "Basis"), (305, "Komfort"), (405, "Premium")):
        sheet.text(x, 113, name, bold=True)
    sheet.text(55, 113, "Deckung", bold=True).text(55, 133, "Pannenhilfe").text(55, 153, "Rechtsschutz")
    sheet.circle(350, 130, 4, filled=True).circle(450, 130, 4, filled=True).circle(450, 150, 4, filled=False)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == ["Deckung\tBasis\tKomfort\tPremium", "Pannenhilfe\t\t●\t●", "Rechtsschutz\t\t\t○"]
    assert page.blocks[0].header


def test_rows_without_lines_are_a_table_when_their_cells_align() -> None:
    sheet = Sheet().lines(50, 100, *PROSE)
    for number, (name, value) in enumerate(ROWS):
        sheet.text(50, 180 + 13 * number, name).text(300, 180 + 13 * number, value)
    sheet.lines(50, 260, *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page)[1:-1] == JOINED


def test_a_wrapped_value_joins_its_row() -> None:
    sheet = Sheet()
    for number, (name, value) in enumerate(ROWS):
        sheet.text(50, 180 + 24 * number, name).text(300, 180 + 24 * number, value)
        sheet.text(300, 191 + 24 * number, "und Jahr")
    assert texts(extract(write_pdf(sheet)).pages[0]) == [f"{row} und Jahr" for row in JOINED]


def test_several_rows_between_two_rules_stay_apart() -> None:
    sheet = Sheet().rule(100, 50, 540).rule(120, 50, 540).rule(190, 50, 540)
    sheet.text(55, 113, "Leistung", bold=True).text(420, 113, "Summe", bold=True)
    for number, (name, value) in enumerate(ROWS):
        sheet.text(55, 134 + 14 * number, name).text(420, 134 + 14 * number, value)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == ["Leistung\tSumme", *JOINED]


def test_two_tables_side_by_side_lose_nothing() -> None:
    sheet = Sheet()
    for x in (50, 310):
        for number, (name, value) in enumerate(ROWS):
            sheet.text(x, 200 + 14 * number, name).text(x + 130, 200 + 14 * number, value)
            sheet.rule(204 + 14 * number, x, x + 230)
        sheet.rule(190, x, x + 230)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == [*JOINED, *JOINED]
    assert {block.table for block in page.blocks} == {0, 1}


def test_underlined_headings_in_prose_are_no_table() -> None:
    sheet = Sheet()
    for number in range(4):
        top = 100 + 90 * number
        sheet.text(50, top, f"B {number + 1}").text(80, top, "Versicherte Kosten", bold=True)
        sheet.rule(top + 4, 50, 285)
        sheet.lines(80, top + 16, *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert {block.kind for block in page.blocks} == {BlockKind.HEADING, BlockKind.PARAGRAPH}


def test_two_columns_of_prose_between_rules_are_no_table() -> None:
    sheet = Sheet().rule(60, 50, 540).rule(400, 50, 540).rule(780, 50, 540)
    for x in (50, 300):
        sheet.lines(x, 100, *PROSE * 5)
    page = extract(write_pdf(sheet)).pages[0]
    assert BlockKind.TABLE_ROW not in {block.kind for block in page.blocks}


def test_a_numbered_list_is_no_table() -> None:
    sheet = Sheet()
    for number in range(1, 6):
        sheet.text(50, 100 + 13 * number, f"{number}.").text(90, 100 + 13 * number, "Kosten der Bergung")
    page = extract(write_pdf(sheet)).pages[0]
    assert BlockKind.TABLE_ROW not in {block.kind for block in page.blocks}

"""What only the whole document tells: margins, headings, contents pages, warnings."""

from __future__ import annotations

from functions.analyze.document.model import BlockKind, Document
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.extraction import PROSE, blocks, extract, refusal, texts


def body(number: int) -> Sheet:
    return Sheet().lines(50, 100, f"Absatz {number} beginnt hier mit einem ganzen Satz,", *PROSE)


def headings(document: Document) -> list[tuple[int, str]]:
    return [
        (block.level, page.text[block.start : block.end])
        for page in document.pages
        for block in page.blocks
        if block.kind is BlockKind.HEADING
    ]


def test_repeated_margins_and_page_numbers_leave_the_text() -> None:
    sheets = [
        body(n)
        .text(50, 40, "Muster Versicherung AG")
        .text(50, 815, "Ausgabe 2024")
        .text(500, 815, f"Seite {n} von 3")
        for n in (1, 2, 3)
    ]
    document = extract(write_pdf(*sheets))
    for number, page in enumerate(document.pages, 1):
        assert page.headers == ("Muster Versicherung AG",)
        assert page.footers == ("Ausgabe 2024", f"Seite {number} von 3")
        assert page.label == str(number)
        assert page.text.startswith(f"Absatz {number}")
        assert "".join(page.text[word.start : word.end] for word in page.words) == "".join(page.text.split())


def test_a_line_at_the_edge_that_does_not_repeat_stays() -> None:
    sheets = [body(1).text(50, 815, "Rechtsträger: Muster AG, Bern"), body(2), body(3)]
    document = extract(write_pdf(*sheets))
    assert document.pages[0].text.endswith("Rechtsträger: Muster AG, Bern")
    assert document.pages[0].footers == ()


def test_headings_rank_by_size_then_by_number() -> None:
    sheet = (
        Sheet().text(50, 60, "Reiseversicherung", size=22).text(50, 90, "A Gemeinsame Bestimmungen", size=13)
    )
    for number, (label, title) in enumerate(
        [
            ("Art. 1", "Versicherte Personen"),
            ("1.1", "Einzelperson"),
            ("1.2", "Familie"),
            ("Art. 2", "Beginn"),
        ]
    ):
        top = 120 + 80 * number
        sheet.text(50, top, label, bold=True).text(90, top, title, bold=True).lines(90, top + 11, *PROSE)
    document = extract(write_pdf(sheet))
    assert headings(document) == [
        (1, "Reiseversicherung"),
        (2, "A Gemeinsame Bestimmungen"),
        (3, "Art. 1 Versicherte Personen"),
        (4, "1.1 Einzelperson"),
        (4, "1.2 Familie"),
        (3, "Art. 2 Beginn"),
    ]
    assert document.title == "Reiseversicherung"


def test_a_numbered_title_without_bold_is_a_heading_a_numbered_sentence_is_not() -> None:
    sheet = Sheet().lines(50, 100, "2.3.1 Krankheit und Unfall").lines(50, 130, *PROSE)
    sheet.lines(50, 210, "2.3.2 Die Kosten sind versichert.").lines(50, 240, *PROSE)
    assert headings(extract(write_pdf(sheet))) == [(1, "2.3.1 Krankheit und Unfall")]


def test_a_bold_numbered_heading_that_runs_on_is_parted_from_its_paragraph() -> None:
    sheet = Sheet().text(50, 100, "Art. 3 Beginn", bold=True).text(115, 100, "Der Schutz beginnt mit der")
    sheet.lines(50, 111, *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert blocks(page)[0] == (BlockKind.HEADING, "Art. 3 Beginn")
    assert texts(page)[1].startswith("Der Schutz beginnt mit der Die Versicherung")


def test_a_number_on_a_line_of_its_own_joins_its_title() -> None:
    sheet = Sheet().lines(50, 100, "Art. 7", "Verrechnung", bold=True).lines(50, 130, *PROSE)
    assert headings(extract(write_pdf(sheet))) == [(1, "Art. 7 Verrechnung")]


def test_a_large_heading_of_two_lines_is_one_heading() -> None:
    sheet = Sheet().lines(50, 100, "Gemeinsame", "Bestimmungen", size=20, step=24).lines(50, 160, *PROSE)
    assert headings(extract(write_pdf(sheet))) == [(1, "Gemeinsame Bestimmungen")]


def test_a_page_number_close_below_a_full_page_is_still_a_foot() -> None:
    sheets = [Sheet().lines(50, 60, *PROSE * 13, step=11.3).text(290, 815, f"| {n} |") for n in (1, 2)]
    document = extract(write_pdf(*sheets))
    assert [page.footers for page in document.pages] == [("| 1 |",), ("| 2 |",)]


def test_a_page_filled_to_its_edge_keeps_every_line() -> None:
    sheet = Sheet().lines(50, 20, *PROSE * 14, step=11.5)
    page = extract(write_pdf(sheet, body(2))).pages[0]
    assert page.headers == page.footers == ()
    assert page.text.count("Die Versicherung gilt") == 14


def test_a_heading_set_off_by_colour_is_a_heading() -> None:
    sheet = Sheet().color(0, 0.2, 0.8).text(50, 100, "Mitwirkungspflichten").color(0, 0, 0)
    sheet.lines(50, 111, *PROSE)
    assert headings(extract(write_pdf(sheet))) == [(1, "Mitwirkungspflichten")]


def test_a_table_of_contents_is_no_evidence() -> None:
    sheet = Sheet().text(50, 60, "Inhaltsverzeichnis", size=16)
    for number in range(6):
        sheet.text(50, 100 + 13 * number, f"{number + 1} Abschnitt der Bedingungen")
        sheet.text(200, 100 + 13 * number, "." * 60).text(500, 100 + 13 * number, str(1 + number // 3))
    document = extract(write_pdf(sheet, body(2)))
    entries = [text for kind, text in blocks(document.pages[0]) if kind is BlockKind.TOC_ENTRY]
    assert entries == [f"{n + 1} Abschnitt der Bedingungen\t{1 + n // 3}" for n in range(6)]


def test_a_table_of_amounts_is_no_table_of_contents() -> None:
    sheet = Sheet()
    for number in range(6):
        sheet.text(50, 100 + 13 * number, "Kosten der Bergung").text(
            300, 100 + 13 * number, str(500 + number)
        )
    kinds = {kind for kind, _ in blocks(extract(write_pdf(sheet)).pages[0])}
    assert kinds == {BlockKind.TABLE_ROW}


def test_a_table_whose_rows_end_in_section_numbers_is_none_either() -> None:
    sheet = Sheet()
    for number in range(6):
        sheet.text(50, 100 + 13 * number, "Kosten der Bergung").text(250, 100 + 13 * number, "CHF 500")
        sheet.text(400, 100 + 13 * number, f"3.{number + 1}" if number % 2 else str(number + 1))
    kinds = {kind for kind, _ in blocks(extract(write_pdf(sheet)).pages[0])}
    assert kinds == {BlockKind.TABLE_ROW}


def test_pages_without_a_text_layer_are_named_blank_ones_are_not() -> None:
    document = extract(write_pdf(body(1), Sheet().image(), Sheet(), body(4)))
    assert document.warnings == ("Without a text layer, and therefore not read: page 2.",)
    assert [page.scanned for page in document.pages] == [False, True, False, False]


def test_a_file_of_scans_that_were_not_recognised_is_no_document() -> None:
    error = refusal(write_pdf(Sheet().image(), Sheet().image()))
    assert error.code == "no-text-layer"
    assert "not recognised" in error.detail


def test_a_file_of_blank_pages_has_no_text() -> None:
    assert refusal(write_pdf(Sheet(), Sheet())).code == "no-text"

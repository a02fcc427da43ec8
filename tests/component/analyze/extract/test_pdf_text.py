"""Reading a PDF page: order, lines, hyphens, geometry."""

from __future__ import annotations

import pytest

from functions.analyze.document.model import BlockKind
from functions.analyze.extract import open_source
from tests.support.builders.pdfs import HEIGHT, WIDTH, Sheet, write_pdf
from tests.support.extraction import PROSE, blocks, extract, texts

JOINED = (
    "Die Versicherung gilt weltweit auf Reisen und beginnt mit dem Tag, an dem die versicherte Person ihren "
    "Wohnort verlässt. Sie endet spätestens nach der Rückkehr oder nach Ablauf der Police, sofern nichts "
    "anderes schriftlich vereinbart ist."
)


def test_lines_become_one_paragraph_without_the_hyphen() -> None:
    document = extract(write_pdf(Sheet().lines(50, 100, *PROSE)))
    assert document.pages[0].text == JOINED
    assert document.language == "de"
    assert document.media_type == "application/pdf"


def test_every_word_maps_to_its_place() -> None:
    page = extract(write_pdf(Sheet().lines(50, 100, *PROSE))).pages[0]
    start = page.text.index("versicherte Person")
    boxes = page.boxes(start, start + len("versicherte Person"))
    assert len(boxes) == 2, "the hyphenated word lies on two lines"
    assert boxes[0][3] < boxes[1][3]
    assert boxes[1][0] == pytest.approx(50, abs=1)
    assert all(0 <= box[0] < box[2] <= WIDTH and 0 <= box[1] < box[3] <= HEIGHT for box in boxes)
    assert "".join(page.text[word.start : word.end] for word in page.words) == page.text.replace(" ", "")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Der Schutz gilt für die Haus-", "und Reisegepäckversicherung des Kunden", "Haus- und Reisegepäck"),
        ("Der Schutz gilt für die CSS-", "Gruppe und alle ihre Töchter im Land", "die CSS-Gruppe und"),
        ("Der Schutz gilt für die Dauer von 24-", "stündigen Reisen und nicht für mehr", "24-stündigen"),
        ("Der Schutz gilt auch für ein eigenes E-", "bike und dessen ganzes Zubehör dazu", "E-bike"),
        ("Der Schutz gilt nur für die Versiche-", "rung der Reise und sonst für nichts", "Versicherung der"),
    ],
)
def test_hyphens_at_line_ends(first: str, second: str, expected: str) -> None:
    page = extract(write_pdf(Sheet().lines(50, 100, first, second))).pages[0]
    assert expected in page.text


def test_two_columns_are_read_one_after_the_other() -> None:
    sheet = Sheet()
    for number, start in enumerate(("Links", "Mitte")):
        sheet.text(50 + 260 * number, 89, f"{start} beginnt ein Absatz mit vielen Wörtern im")
        sheet.lines(50 + 260 * number, 100, *PROSE * 3)
    page = extract(write_pdf(sheet)).pages[0]
    assert page.text.index("Links beginnt") < page.text.rindex(
        "anderes schriftlich", 0, page.text.index("Mitte")
    )
    assert page.text.count(JOINED) == 6


def test_a_full_width_heading_parts_the_columns_above_from_those_below() -> None:
    sheet = Sheet()
    for top, mark in ((100, "oben"), (300, "unten")):
        for x, side in ((50, "links"), (310, "rechts")):
            sheet.text(x, top, f"Text {side} {mark} mit einer vollen ersten Zeile,")
            sheet.lines(x, top + 11, *PROSE * 2)
    sheet.text(50, 270, "Allgemeine Versicherungsbedingungen für Reisen", size=20)
    text = extract(write_pdf(sheet)).pages[0].text
    order = [
        "Text links oben",
        "Text rechts oben",
        "Allgemeine Versich",
        "Text links unten",
        "Text rechts unten",
    ]
    assert sorted(order, key=text.index) == order


def test_a_short_large_heading_between_two_pairs_of_columns_stands_between_them() -> None:
    sheet = Sheet()
    for top, mark in ((100, "oben"), (300, "unten")):
        for x, side in ((50, "links"), (310, "rechts")):
            sheet.text(x, top, f"Text {side} {mark} mit einer vollen ersten Zeile,")
            sheet.lines(x, top + 11, *PROSE * 2)
    sheet.text(50, 270, "Reiseschutz", size=18)
    text = extract(write_pdf(sheet)).pages[0].text
    order = ["Text links oben", "Text rechts oben", "Reiseschutz", "Text links unten", "Text rechts unten"]
    assert sorted(order, key=text.index) == order


def test_a_sentence_that_runs_on_in_the_next_column_is_one_block() -> None:
    sheet = Sheet().lines(50, 100, *PROSE, "Versichert sind auch Personen, die mit der versi-")
    sheet.lines(310, 100, "cherten Person im gleichen Haushalt wohnen.", *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert "Personen, die mit der versicherten Person im gleichen Haushalt wohnen." in page.text


def test_clause_numbers_in_the_margin_are_read_with_their_text() -> None:
    sheet = Sheet()
    for number in range(1, 4):
        sheet.text(50, 60 + 80 * number, f"1.{number}")
        sheet.lines(85, 60 + 80 * number, *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == [f"1.{number} {JOINED}" for number in range(1, 4)]


def test_numbers_in_the_margin_of_two_columns_stay_with_their_column() -> None:
    sheet = Sheet()
    for x in (40, 310):
        for number in range(5):
            sheet.text(x, 60 + 80 * number, f"{1 + x // 300}.{number}")
            sheet.lines(x + 28, 60 + 80 * number, *PROSE)
    page = extract(write_pdf(sheet)).pages[0]
    assert texts(page) == [f"{part}.{number} {JOINED}" for part in (1, 2) for number in range(5)]


def test_a_single_number_in_the_margin_does_not_widen_the_gutter() -> None:
    sheet = (
        Sheet()
        .lines(68, 60, *PROSE * 8)
        .text(310, 280, "Art. 4", bold=True)
        .text(338, 280, "Ende", bold=True)
    )
    sheet.lines(338, 60, *PROSE * 4).lines(338, 291, *PROSE * 4)
    page = extract(write_pdf(sheet)).pages[0]
    assert page.text.index("Art. 4 Ende") > len(page.text) / 2


def test_list_items_are_blocks_of_their_own() -> None:
    sheet = Sheet().text(50, 100, "Versichert sind:")
    sheet.lines(50, 111, "a) Diebstahl und Raub,", "b) Beschädigung durch Dritte,")
    sheet.text(50, 133, "–").text(60, 133, "auch wenn sie grob fahrlässig handeln")
    kinds = blocks(extract(write_pdf(sheet)).pages[0])
    assert kinds == [
        (BlockKind.PARAGRAPH, "Versichert sind:"),
        (BlockKind.LIST_ITEM, "a) Diebstahl und Raub,"),
        (BlockKind.LIST_ITEM, "b) Beschädigung durch Dritte,"),
        (BlockKind.LIST_ITEM, "– auch wenn sie grob fahrlässig handeln"),
    ]


def test_a_new_paragraph_begins_after_a_gap_a_short_line_or_an_indent() -> None:
    sheet = Sheet().lines(50, 100, *PROSE).lines(50, 170, *PROSE)
    sheet.text(50, 240, "Ein kurzer Satz.").lines(50, 251, *PROSE)
    sheet.lines(65, 306, *PROSE)
    assert texts(extract(write_pdf(sheet)).pages[0]) == [JOINED, JOINED, "Ein kurzer Satz.", JOINED, JOINED]


def test_the_size_counts_the_text_matrix() -> None:
    sheet = Sheet().scaled(50, 80, "Titel", 20).lines(50, 120, *PROSE)
    block = extract(write_pdf(sheet)).pages[0].blocks[0]
    assert block.kind is BlockKind.HEADING
    assert block.size == pytest.approx(20)


def test_turned_text_is_kept_at_the_end() -> None:
    sheet = Sheet().turned(580, 500, "Form. 4711").lines(50, 100, *PROSE)
    assert texts(extract(write_pdf(sheet)).pages[0]) == [JOINED, "Form. 4711"]


def test_a_rotated_page_is_read_as_it_is_shown() -> None:
    page = extract(write_pdf(Sheet().turned(100, 500, "Quer gesetzt"), rotate=90)).pages[0]
    assert (page.width, page.height) == (HEIGHT, WIDTH)
    assert page.text == "Quer gesetzt"
    (box,) = page.boxes(0, len(page.text))
    assert box[2] - box[0] > 3 * (box[3] - box[1]), "the line lies across the shown page"


def test_an_offset_between_number_and_title_becomes_a_space() -> None:
    sheet = Sheet().lines(50, 100, "17.2Risikoträger der Versicherung").lines(50, 130, *PROSE)
    assert texts(extract(write_pdf(sheet)).pages[0])[0] == "17.2 Risikoträger der Versicherung"


def test_pages_do_not_depend_on_the_batches() -> None:
    sheets = [Sheet().text(50, 40, "Muster AG").lines(50, 100, f"Seite {n}", *PROSE) for n in range(5)]
    source = open_source(write_pdf(*sheets), "policy.pdf")
    whole = source.pages(1, 5)
    assert whole == [*source.pages(1, 1), *source.pages(2, 4), *source.pages(5, 5)]
    assert source.pages(3, 3) == whole[2:3]
    source.close()
    source.close()


def test_the_numbers_that_the_file_gives_its_pages() -> None:
    sheets = [Sheet().lines(50, 100, *PROSE) for _ in range(3)]
    data = write_pdf(*sheets).replace(
        b"/Type /Catalog",
        b"/Type /Catalog /PageLabels << /Nums [0 << /S /r >> 2 << /P (A-) /S /D /St 7 >>] >>",
    )
    assert [page.label for page in extract(data).pages] == ["i", "ii", "A-7"]
    assert [page.label for page in extract(write_pdf(*sheets)).pages] == ["", "", ""]


def test_a_printed_number_counts_before_the_files_own() -> None:
    sheets = [Sheet().lines(50, 100, *PROSE).text(290, 815, f"{n}") for n in (11, 12, 13)]
    data = write_pdf(*sheets).replace(
        b"/Type /Catalog", b"/Type /Catalog /PageLabels << /Nums [0 << /S /D >>] >>"
    )
    assert [page.label for page in extract(data).pages] == ["11", "12", "13"]


def test_where_no_word_is_divided_a_hyphen_at_a_lines_end_is_the_words_own() -> None:
    lines = [f"Line {n} of a policy that is set without any hyphenation" for n in range(40)]
    sheet = Sheet().lines(50, 100, *lines, "and pays for vaccinations and all kinds of medical check-")
    sheet.text(50, 100 + 41 * 11, "ups before the journey, up to the limit of the schedule")
    assert "medical check-ups before" in extract(write_pdf(sheet)).pages[0].text


def test_the_second_line_of_a_numbered_heading_belongs_to_it() -> None:
    sheet = (
        Sheet().text(50, 80, "Art. A4", size=11, bold=True).text(92, 80, "Wo und wann", size=11, bold=True)
    )
    sheet.text(92, 93, "die Versicherung gilt", size=11, bold=True).lines(50, 120, *PROSE)
    kinds = blocks(extract(write_pdf(sheet)).pages[0])
    assert kinds[0] == (BlockKind.HEADING, "Art. A4 Wo und wann die Versicherung gilt")


def test_a_word_far_beyond_the_page_costs_nothing() -> None:
    sheet = Sheet().lines(50, 100, *PROSE).lines(50, 180, *PROSE).text(100_000_000, 140, "Fern")
    text = extract(write_pdf(sheet)).pages[0].text
    assert "Fern" in text
    assert text.count("Die Versicherung gilt weltweit") == 2

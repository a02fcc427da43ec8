"""DOCX beyond paragraphs: merged cells, text boxes, notes, headers and footers."""

from __future__ import annotations

import io

import docx

from functions.analyze.document.model import BlockKind
from tests.hostile.texts import paragraph, word
from tests.support.extraction import blocks, extract, texts

_NAMES = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def test_merged_cells_keep_the_columns_of_those_after_them() -> None:
    down, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    wide = '<w:gridSpan w:val="2"/>'
    table = (
        row(cell("Cover"), cell("Sums", wide), cell("Excess"))
        + row(cell("Baggage", down), cell("Basic"), cell("£600"), cell("£50"))
        + row(cell("", on), cell("Premium"), cell("£900"), cell("£25"))
        + row(cell("any"), cell("£10"), properties='<w:gridBefore w:val="2"/>')
        + row(f"<w:sdt><w:sdtContent>{cell('Delay')}</w:sdtContent></w:sdt>", cell("a"), cell("b"), cell("c"))
    )
    page = extract(word(f"<w:tbl>{table}</w:tbl>"), "policy.docx").pages[0]
    assert texts(page) == [
        "Cover\tSums\t\tExcess",
        "Baggage\tBasic\t£600\t£50",
        "\tPremium\t£900\t£25",
        "\t\tany\t£10",
        "Delay\ta\tb\tc",
    ]
    assert {block.kind for block in page.blocks} == {BlockKind.TABLE_ROW}


def test_a_text_box_follows_its_paragraph_once() -> None:
    box = f"<w:txbxContent>{paragraph('In the box')}</w:txbxContent>"
    drawn = f"<mc:AlternateContent {_MC}><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    body = f"<w:p><w:r><w:t>Around it</w:t>{drawn}</mc:AlternateContent></w:r></w:p>{paragraph('After')}"
    assert texts(extract(word(body), "policy.docx").pages[0]) == ["Around it", "In the box", "After"]


def test_notes_follow_what_they_are_about_and_leave_amounts_alone() -> None:
    note = "<w:footnoteReference w:id='2'/>"
    lost = "<w:endnoteReference w:id='9'/>"
    notes = f'<w:footnotes {_NAMES}><w:footnote w:type="separator" w:id="2">{paragraph("no")}</w:footnote>'
    notes += f'<w:footnote w:id="2">{paragraph("Per person and year.")}</w:footnote></w:footnotes>'
    sentence = (
        f"<w:p><w:r><w:t>Up to 500</w:t></w:r><w:r>{note}{lost}</w:r><w:r><w:t> francs.</w:t></w:r></w:p>"
    )
    noted = f"<w:tc><w:p><w:r><w:t>700</w:t></w:r><w:r>{note}</w:r></w:p></w:tc>"
    body = f"{sentence}<w:tbl>{row(cell('Delay'), noted)}</w:tbl>"
    page = extract(word(body, footnotes=notes.encode()), "policy.docx").pages[0]
    assert texts(page) == ["Up to 500 francs.", "Per person and year.", "Delay\t700", "Per person and year."]


def test_headers_and_footers_are_kept_beside_the_text() -> None:
    document = docx.Document()
    document.add_paragraph("The insurer pays.")
    document.add_paragraph("And pays.").paragraph_format.page_break_before = True
    document.sections[0].header.paragraphs[0].text = "Helvora Insurance"
    document.sections[0].footer.paragraphs[0].text = "Edition 2025"
    buffer = io.BytesIO()
    document.save(buffer)
    pages = extract(buffer.getvalue(), "policy.docx").pages
    assert [page.text for page in pages] == ["The insurer pays.", "And pays."]
    assert {page.headers for page in pages} == {("Helvora Insurance",)}
    assert {page.footers for page in pages} == {("Edition 2025",)}


def test_html_cells_over_several_columns_and_rows() -> None:
    data = b"""<table><tr><th>Cover<th colspan=2>Sums<th>Excess</tr>
    <tr><td rowspan=2>Baggage<td>Basic<td>600<td>50</tr><tr><td>Premium<td>900<td>25</tr>
    <tr><td>Delay<td colspan=x>any<td>80<td rowspan=0>10</tr></table>"""
    assert texts(extract(data, "policy.html").pages[0]) == [
        "Cover\tSums\t\tExcess",
        "Baggage\tBasic\t600\t50",
        "\tPremium\t900\t25",
        "Delay\tany\t80\t10",
    ]


def test_bold_lines_of_markdown_are_headings() -> None:
    data = b"""**3.1 Baggage**

The insurer pays.

**Important:** a paragraph.

**A bold sentence.**

__Delay__
"""
    page = extract(data, "policy.md").pages[0]
    assert [text for kind, text in blocks(page) if kind is BlockKind.HEADING] == ["3.1 Baggage", "Delay"]
    assert len(page.blocks) == 5

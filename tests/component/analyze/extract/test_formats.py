"""Formats without pages: DOCX, HTML, Markdown, plain text in its encodings."""

from __future__ import annotations

import io

import docx
import pytest
from docx.enum.text import WD_BREAK

from functions.analyze.document.model import BlockKind
from functions.analyze.extract import open_source
from functions.analyze.extract.flow import PAGE_LENGTH
from tests.support.builders.docx_files import write_docx
from tests.support.extraction import blocks, extract, texts

H, P, L, R = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW
SENTENCE = "The insurer pays the costs of the journey home, up to the limit of the schedule."
EXPECTED = [
    (H, "Travel policy"),
    (H, "1 Limits"),
    (P, SENTENCE),
    (L, "loss of baggage;"),
    (R, "Cover\tLimit"),
    (R, "Baggage\t£600"),
    (R, "Delay\t£80"),
]
TABLE = [("Cover", "Limit"), ("Baggage", "£600"), ("Delay", "£80")]


def test_docx() -> None:
    data = write_docx(
        [
            ("Travel policy", "Title"),
            ("1 Limits", "Heading 2"),
            SENTENCE,
            ("loss of baggage;", "List Bullet"),
        ],
        TABLE,
    )
    document = extract(data, "policy.docx")
    page = document.pages[0]
    assert blocks(page) == EXPECTED
    assert [block.level for block in page.blocks][:2] == [1, 2]
    assert [block.header for block in page.blocks][4:] == [True, False, False]
    assert document.language == "en"
    assert document.title == "Travel policy"


def test_docx_page_breaks_deleted_text_and_bold_headings() -> None:
    document = docx.Document()
    document.add_paragraph().add_run("What is covered").bold = True
    paragraph = document.add_paragraph("First page.")
    paragraph.add_run().add_break(WD_BREAK.PAGE)
    paragraph.add_run("Second\tpage.")
    document.add_paragraph("Third page.").paragraph_format.page_break_before = True
    buffer = io.BytesIO()
    document.save(buffer)
    pages = extract(buffer.getvalue(), "policy.docx").pages
    assert [page.text for page in pages] == ["What is covered\nFirst page.", "Second page.", "Third page."]
    assert blocks(pages[0])[0][0] is H


def test_html() -> None:
    data = f"""<!DOCTYPE html><html><head><title>no</title><style>p {{}}</style></head><body>
    <nav>menu</nav><h1>Travel <b>policy</b></h1><h2>1 Limits</h2>
    <div>{SENTENCE}<ul><li>loss of baggage;</li></ul>
    <table><tr><th>Cover</th><th>Limit</th></tr><tr><td>Baggage</td><td>£600</td></tr>
    <tr><td>Delay</td><td>£<b>80</b></td></tr></table></div><script>alert(1)</script></body></html>"""
    document = extract(data.encode(), "policy.html")
    assert blocks(document.pages[0])[:-1] == EXPECTED[:-1]
    assert document.media_type == "text/html"
    assert [block.header for block in document.pages[0].blocks][4:] == [True, False, False]


def test_deeply_nested_html_is_read() -> None:
    data = "<html><body>" + "<div>" * 5000 + "deep inside" + "</div>" * 5000 + "</body></html>"
    assert "deep inside" in extract(data.encode(), "policy.html").pages[0].text


def test_html_tables_that_lay_out_a_page_are_no_rows() -> None:
    data = """<html><body><table><tr><td>Left</td><td><table><tr><th>Cover</th><th>Limit</th></tr>
    <tr><td>Delay</td><td>£80</td></tr></table>After</td></tr></table></body></html>"""
    page = extract(data.encode(), "policy.html").pages[0]
    assert blocks(page) == [(P, "Left"), (R, "Cover\tLimit"), (R, "Delay\t£80"), (P, "After")]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("a **bold** and __strong__ word", "a bold and strong word"),
        ("***both***, *one* and _two_", "both, one and two"),
        ("_a_snake_case_name_ and 2 * 3 * 4", "a_snake_case_name and 2 * 3 * 4"),
        ('[link](https://example.org/a "title") ![image](i.png)', "link image"),
        ("`code` and 5 \\* 3", "code and 5 * 3"),
    ],
)
def test_marks_of_markdown_are_taken_off(marked: str, plain: str) -> None:
    assert extract(f"The policy: {marked}.".encode(), "policy.md").pages[0].text == f"The policy: {plain}."


def test_markdown() -> None:
    data = f"""# Travel **policy**

1 Limits
--------

{SENTENCE[:41]}
{SENTENCE[41:].strip()}

- loss of `baggage`;

| Cover | Limit |
|---|---|
| Baggage | £600 |
| [Delay](https://example.org) | £80 |

~~~
# no heading
~~~
"""
    page = extract(data.encode(), "policy.md").pages[0]
    expected = [(kind, "- " + text if kind is L else text) for kind, text in EXPECTED]
    assert blocks(page) == [*expected, (P, "# no heading")]
    assert [block.level for block in page.blocks][:2] == [1, 2]


def test_plain_text() -> None:
    data = f"""TRAVEL POLICY

1 Limits

{SENTENCE[:41]}
{SENTENCE[41:].strip()}
- loss of baggage;

Cover      Limit
Baggage    £600
Delay      £80
"""
    page = extract(data.encode(), "policy.txt").pages[0]
    expected = [(kind, "- " + text if kind is L else text) for kind, text in EXPECTED]
    assert blocks(page) == [(H, "TRAVEL POLICY"), *expected[1:]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = "Versicherungsschutz für Gepäck: bis 1'000 Franken, «ohne» Selbstbehalt."
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert extract(data, "policy.txt").pages[0].text == text


def test_form_feeds_part_the_pages() -> None:
    assert [page.text for page in extract(b"one\fand two\f\fthree", "a.txt").pages] == [
        "one",
        "and two",
        "three",
    ]
    assert [page.text for page in extract(b"one\n\f\ntwo", "a.md").pages] == ["one", "two"]


def test_long_texts_are_cut_into_pages_at_block_borders() -> None:
    paragraphs = [f"{number} Clause\n\n{SENTENCE * 4}" for number in range(60)]
    document = extract("\n\n".join(paragraphs).encode(), "policy.txt")
    assert len(document.pages) > 3
    assert all(len(page.text) <= PAGE_LENGTH * 1.1 for page in document.pages)
    assert all(page.blocks[-1].kind is P for page in document.pages), "no heading is left at a page's end"
    joined = [text for page in document.pages for text in texts(page)]
    assert joined == [part for number in range(60) for part in (f"{number} Clause", SENTENCE * 4)]


def test_batches_of_a_flow_are_the_same_pages() -> None:
    source = open_source(b"a\fb\fc", "policy.txt")
    assert source.pages(1, 3) == [*source.pages(1, 2), *source.pages(3, 3)]
    source.close()

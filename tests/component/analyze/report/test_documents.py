"""The report as PDF and DOCX: all that was found is in it, and nothing of it is read as markup."""

from __future__ import annotations

import io

import docx
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from functions.analyze.extract.bitmap import Bitmap
from functions.analyze.outputs.report.clips import Clips
from functions.analyze.outputs.report.fonts import families, missing_scripts
from functions.analyze.outputs.report.pdf import write_pdf
from functions.analyze.outputs.report.word import write_docx
from functions.analyze.outputs.summary.port import Sentence
from functions.analyze.outputs.translation.port import TranslatedPage
from shared.findings.model import Evidence, Finding, ResultTree
from tests.support.builders.pdfs import pdf_text
from tests.support.builders.report_findings import report

MARKUP = "#set page(fill: red) *bold* _x_ <label> @ref $x^2$ \\ // comment"


def docx_text(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_the_pdf_says_everything_and_is_the_same_each_time() -> None:
    made = report(
        summary=[Sentence("Baggage is what matters.", (1,))],
        translation=[TranslatedPage(1, "Eins\nZwei", "One\nTwo", ("Numbers differ: missing 7.",))],
        translation_language="en",
    )
    data = write_pdf(made)
    assert data == write_pdf(made)
    text = pdf_text(data)
    for said in ("Luggage", "Loss of luggage", "2,000", "unlimited", "12.50", "7\u00a0days", "Zwei", "Two",
                 "Numbers differ: missing 7.", "Baggage is what matters.", "=1+1 is excluded."):  # fmt: skip
        assert " ".join(said.split()) in text.replace("\u00a0", " ").replace("\u202f", " "), said


def test_the_pdf_is_tagged_and_has_an_outline() -> None:
    data = write_pdf(report())
    assert b"/StructTreeRoot" in data or b"/MarkInfo" in data
    document = pypdfium2.PdfDocument(data)
    titles = [bookmark.get_title() for bookmark in document.get_toc()]
    document.close()
    assert {"Luggage", "Loss of luggage", "What the document grants"} <= set(titles)


@pytest.mark.parametrize("write", [write_pdf, write_docx])
def test_markup_in_a_text_is_text(write: object) -> None:
    quoted = Finding("x", 0.5, (Evidence(1, MARKUP, 0, len(MARKUP)),), section_reference=MARKUP)
    made = report(result=ResultTree((quoted,)))
    data = write_pdf(made) if write is write_pdf else write_docx(made)
    text = pdf_text(data) if write is write_pdf else docx_text(data)
    assert MARKUP in text


def test_a_report_without_findings_says_so() -> None:
    made = report("de", result=ResultTree())
    assert "gewährt nichts" in pdf_text(write_pdf(made))
    assert "gewährt nichts" in docx_text(write_docx(made))


def test_the_docx_says_everything_and_is_the_same_each_time() -> None:
    made = report(
        summary=[Sentence("Baggage is what matters.", (1, 2))],
        translation=[TranslatedPage(1, "Eins\x00", "One", ("Dates differ.",))],
    )
    data = write_docx(made)
    assert data == write_docx(made)
    text = docx_text(data)
    for said in (
        "Loss of luggage",
        "CHF\u00a02,000 (per person)",
        "Baggage is what matters. (Page 1, 2)",
        "One",
    ):
        assert said in text


def test_clips_show_the_passage_with_its_mark() -> None:
    asked = []
    scale = 1.5

    def page_image(number: int) -> Bitmap:
        asked.append(number)
        return Bitmap(np.full((1263, 893, 3), 255, dtype=np.uint8), 1 / scale)

    clips = Clips(page_image)
    passage = Evidence(1, "x", 0, 1, ((100.0, 400.0, 300.0, 412.0), (100.0, 414.0, 200.0, 426.0)))
    clip = clips(passage)
    assert clip is not None
    assert clips(passage) == clip
    assert asked == [1]
    image = Image.open(io.BytesIO(clip)).convert("RGB")
    assert image.size == (893, round(436 * scale) - round(390 * scale))
    assert image.getpixel((round(200 * scale), round(16 * scale))) != (255, 255, 255)
    assert image.getpixel((round(400 * scale), round(16 * scale))) == (255, 255, 255)


def test_no_clip_without_boxes_or_without_a_picture() -> None:
    clips = Clips(lambda _number: None)
    assert clips(Evidence(1, "x", 0, 1)) is None
    assert clips(Evidence(1, "x", 0, 1, ((0.0, 0.0, 1.0, 1.0),))) is None


def test_pictures_stand_beside_segments_and_benefits() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 40), "white").save(buffer, "PNG")
    with_clips = write_pdf(report(), lambda _evidence: buffer.getvalue())
    assert with_clips.count(b"/Subtype /Image") + with_clips.count(b"/Subtype/Image") >= 1


def test_scripts_without_a_font_are_named() -> None:
    tamil, latin = "\u0b95\u0bbe\u0baa\u0bcd\u0baa\u0bc0\u0b9f\u0bc1", "Versicherung ΑΒΓ Ж"
    assert missing_scripts([tamil, latin], ["Libertinus Serif"]) == ["TAMIL"]
    assert missing_scripts([tamil], ["Noto Sans Tamil"]) == []
    assert missing_scripts([latin]) == []
    assert families()

"""Scans read by the real engine: the words, their places, the structure, whichever way up they lie."""

from __future__ import annotations

import io
from functools import cache

import pytest
from PIL import Image

from functions.analyze.document.model import BlockKind, Page
from functions.analyze.extract import Visible, open_source
from functions.analyze.ocr.page import recognise
from functions.analyze.ocr.ppocr.engine import PaddleOcr
from infra.samples.catalogue import SAMPLES, SCANNED, SCANNED_PAGES
from infra.samples.scan import POINTS, Scanner
from shared.jobs.runner import Ending
from tests.support.accuracy import error_rate
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.builders.scans import saved
from tests.support.worlds.scans import ScanWorld

POLICY = (SAMPLES / "helvora-de.pdf").read_bytes()
ENGINE = PaddleOcr()
DPI = 150


def source_of(data: bytes) -> Visible:
    source = open_source(data, "scan")
    assert isinstance(source, Visible)
    return source


def read(data: bytes, number: int = 1) -> Page:
    source = source_of(data)
    return recognise(source, source.pages(number, number)[0], ENGINE)


def printed(number: int) -> Page:
    return open_source(POLICY, "policy.pdf").pages(number, number)[0]


@cache
def scanned() -> Page:
    """Return the first page of the scanned sample: the table of benefits."""
    return read((SAMPLES / SCANNED).read_bytes())


def part(turn: int = 0, skew: float = 0.0) -> Image.Image:
    """Return the upper left quarter of a page of the policy as it comes off a scanner."""
    page = Scanner(dpi=DPI).scan(POLICY, [4])[0]
    quarter = page.crop((0, 0, page.width // 2, page.height * 3 // 10))
    if skew:
        quarter = quarter.rotate(-skew, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return quarter.rotate(-turn, expand=True)


def part_text() -> str:
    page = printed(4)
    words = [word for word in page.words if word.box[2] < page.width / 2 and word.box[3] < 0.3 * page.height]
    return " ".join(page.text[word.start : word.end] for word in words)


def test_a_scan_reads_like_the_page_it_was_made_of() -> None:
    page, truth = scanned(), printed(SCANNED_PAGES[0])
    assert error_rate(page.text, truth.text) < 0.01
    assert page.ocr is not None
    assert page.ocr.confidence > 0.98
    for words in ("Zusätzliche Unterkunft", "CHF 1'000.–", "«Helvora»", "Örtlicher und zeitlicher", "80 %"):
        assert (words in page.text) == (words in truth.text)


def test_the_amounts_of_a_scanned_table_stand_in_their_rows_and_columns() -> None:
    def rows(page: Page) -> list[list[str]]:
        found = [block for block in page.blocks if block.kind is BlockKind.TABLE_ROW]
        cells = [page.text[block.start : block.end].split("\t") for block in found]
        return [row for row in cells if len(row) > 1]

    assert rows(scanned()) == rows(printed(SCANNED_PAGES[0]))


def test_the_boxes_of_a_scan_are_those_of_the_page() -> None:
    page, truth = scanned(), printed(SCANNED_PAGES[0])
    (start, there) = (text.index("Annullierungskosten, Familie") for text in (page.text, truth.text))
    [(x0, top, x1, bottom)] = page.boxes(start, start + 28)
    [(a, b, c, d)] = truth.boxes(there, there + 28)
    # The sheet lay askew by 0.8 degrees about its middle: eight points at the most.
    assert abs(x0 - a) < 8
    assert abs(x1 - c) < 8
    assert abs((top + bottom) / 2 - (b + d) / 2) < 8


@pytest.mark.parametrize(("turn", "skew"), [(0, 2.0), (90, 0.0), (180, 0.0), (270, -1.5)])
def test_a_sheet_is_read_however_it_lay(turn: int, skew: float) -> None:
    image = part(turn, skew)
    page = read(saved([image], "PNG", dpi=(DPI, DPI)))
    assert page.ocr is not None
    assert page.ocr.turn == (360 - turn) % 360
    assert error_rate(page.text.replace("-\n", ""), part_text()) < 0.05
    words = [word for word in page.words if page.text[word.start : word.end].startswith("stillschweigend")]
    [word] = words
    # The box drawn on the image holds the ink of the word, and hardly anything else.
    x0, top, x1, bottom = (round(value * DPI / POINTS) for value in word.box)
    ink = [value < 128 for value in image.crop((x0 - 2, top - 2, x1 + 2, bottom + 2)).tobytes()]
    assert 0.04 < sum(ink) / len(ink) < 0.4


def test_a_picture_of_text_is_read_beside_the_text_of_its_page() -> None:
    buffer = io.BytesIO()
    part().save(buffer, "PDF", resolution=DPI)
    page = open_source(_stamped(buffer.getvalue()), "mixed.pdf").pages(1, 1)[0]
    assert not page.scanned
    assert len(page.pictures) == 1
    read_page = read(_stamped(buffer.getvalue()))
    assert "Anhang zur Police" in read_page.text
    assert "stillschweigend" in read_page.text
    assert read_page.text.count("Anhang zur Police") == 1
    assert read_page.ocr is not None


def _stamped(picture: bytes) -> bytes:
    """Return a page of a few words of text, with the picture below them."""
    import pypdfium2

    document = pypdfium2.PdfDocument(
        write_pdf(Sheet().lines(50, 60, "Anhang zur Police", "vom 1. Januar 2025"))
    )
    source = pypdfium2.PdfDocument(picture)
    page = document[0]
    image = pypdfium2.PdfImage.new(document)
    image.set_bitmap(source[0].render(scale=DPI / POINTS, grayscale=True))
    matrix = pypdfium2.PdfMatrix().scale(300, 250).translate(50, 420)
    image.set_matrix(matrix)
    page.insert_obj(image)
    page.gen_content()
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_an_empty_sheet_is_empty() -> None:
    page = read(saved([Image.new("L", (620, 877), 250)], "PNG", dpi=(75, 75)))
    assert page.text == ""
    assert page.words == ()


def test_a_scan_pauses_and_goes_on_with_the_real_engine() -> None:
    frames = [part().crop((120, top, 620, top + 70)) for top in (130, 200, 270)]
    world = ScanWorld(ENGINE)
    job = world.submit(saved(frames, "TIFF", dpi=(DPI, DPI)), "scan.tif")
    assert world.invoke(job, units=5) is Ending.CONTINUED
    assert world.now(job).current_stage == "ocr"
    assert world.invoke(job) is Ending.COMPLETED
    assert all(world.pages(job))
    assert len(set(world.pages(job))) == 3

"""Evidence drawn on the picture of its page: what is marked is the quote, and nothing else."""

from __future__ import annotations

import io
import json
import os
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from functions.analyze.document.model import Box, Page
from functions.analyze.engines.rules import RulesEngine
from functions.analyze.evaluation.run import analyse_file
from functions.analyze.extract import open_source
from functions.analyze.extract.bitmap import FOR_PEOPLE, FOR_RECOGNITION, Bitmap
from functions.analyze.extract.source import DEFAULT_LIMITS, Visible
from functions.analyze.ocr.page import recognise
from functions.analyze.ocr.ppocr.engine import PaddleOcr
from functions.analyze.outputs.report.highlight import highlight, pixels_of
from functions.analyze.pipeline.dependencies import AnalysisDependencies
from tests.support import shipped
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.paths import SAMPLES
from tests.support.printed import Printed, letters, turned
from tests.support.stack.api import findings

POLICIES = sorted(SAMPLES.glob("helvora-??.pdf"))
# Without the folder there is nothing to try, which pytest says.
OTHERS = sorted(Path(os.environ.get("EVALUATION_DIR", "nowhere"), "documents").glob("*.pdf"))
DARK = 128
# A box of four words has at least so much ink; a page shown elsewhere than its boxes has less.
INK = 0.02
PARAGRAPHS = [
    ("We pay for medical treatment abroad", "up to the sum insured, and for the", "transport home."),
    ("Luggage that is lost on the way is", "paid for with no more than two", "thousand francs a journey."),
]


@cache
def proofs_of(path: Path) -> tuple[dict[str, Any], ...]:
    """Return every place that an analysis names as evidence, once each."""
    tools = AnalysisDependencies(
        shipped.taxonomy("travel-insurance"), {"rules": RulesEngine()}, limits=DEFAULT_LIMITS
    )
    job, export = analyse_file(path, tools, "rules")
    assert export, job.error
    found = [proof for finding in findings(json.loads(export)) for proof in finding["evidence"]]
    return tuple({(one["page"], one["start"], one["end"]): one for one in found}.values())


def check_text(data: bytes, proofs: tuple[dict[str, Any], ...]) -> None:
    """Ask the PDF what is printed in the boxes: it is the quote."""
    printed = Printed(data)
    wrong = [
        (proof["page"], proof["quote"], text)
        for proof in proofs
        if letters(text := printed.inside(proof["page"], proof["boxes"])) != letters(proof["quote"])
    ]
    printed.close()
    assert wrong == []


def check_picture(data: bytes, proofs: tuple[dict[str, Any], ...], pages: int) -> None:
    """Look at the pixels: every box is on ink, and marking changes nothing but the boxes."""
    source = open_source(data, "policy.pdf")
    assert isinstance(source, Visible)
    for number in range(1, pages + 1):
        boxes = [box for proof in proofs if proof["page"] == number for box in proof["boxes"]]
        if not boxes:
            continue
        bitmap = source.bitmap(number, look=FOR_PEOPLE)
        marked = highlight(bitmap, boxes)
        inside = np.zeros(bitmap.pixels.shape[:2], dtype=bool)
        for box in boxes:
            where = pixels_of(box, bitmap)
            inside[where] = True
            assert ink(bitmap, where) > INK, (number, box)
        assert (marked.pixels[~inside] == bitmap.pixels[~inside]).all()
        white = (bitmap.pixels == 255).all(axis=2) & inside
        assert (marked.pixels[white] != 255).any(axis=1).all()
    source.close()


def ink(bitmap: Bitmap, where: tuple[slice, slice]) -> float:
    """Return the share of pixels that differ much from the background of their box."""
    grey = bitmap.pixels[where].mean(axis=2)
    return float((abs(grey - np.median(grey)) > DARK / 2).mean())


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_finding_of_the_samples(path: Path) -> None:
    proofs = proofs_of(path)
    assert len(proofs) > 30
    assert all(proof["boxes"] for proof in proofs)
    data = path.read_bytes()
    check_text(data, proofs)
    check_picture(data, proofs, 7)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_pages_that_are_turned_to_be_shown(degrees: int, tmp_path: Path) -> None:
    (upright,) = (path for path in POLICIES if path.stem == "helvora-fr")
    rotated = tmp_path / "turned.pdf"
    rotated.write_bytes(turned(upright.read_bytes(), degrees))
    proofs = proofs_of(rotated)
    expected = proofs_of(upright)
    assert [one["quote"] for one in proofs] == [one["quote"] for one in expected]
    for one, other in zip(proofs, expected, strict=True):
        assert np.abs(np.array(one["boxes"]) - np.array(other["boxes"])).max() <= 0.6
    check_text(rotated.read_bytes(), proofs)
    check_picture(rotated.read_bytes(), proofs, 7)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_finding_of_documents_of_others(path: Path) -> None:
    proofs = proofs_of(path)
    assert proofs
    data = path.read_bytes()
    check_text(data, proofs)
    source = open_source(data, path.name)
    pages = source.page_count
    source.close()
    check_picture(data, proofs, pages)


def two_columns(rotate: int = 0) -> bytes:
    sheet = Sheet().text(50, 60, "Travel insurance", size=16, bold=True)
    for x, paragraph in zip((50, 320), PARAGRAPHS, strict=True):
        sheet.lines(x, 100, *paragraph)
    return write_pdf(sheet, rotate=rotate)


def blocks_of(data: bytes) -> tuple[Page, tuple[dict[str, Any], ...]]:
    """Return every block of the first page as if it were evidence."""
    source = open_source(data, "policy.pdf")
    (page,) = source.assemble(source.pages(1, 1)).pages
    source.close()
    proofs = [
        {"page": 1, "quote": page.text[block.start : block.end], "boxes": page.boxes(block.start, block.end)}
        for block in page.blocks
    ]
    return page, tuple(proofs)


def test_a_passage_of_one_column_is_not_marked_in_the_other() -> None:
    data = two_columns()
    page, proofs = blocks_of(data)
    assert " ".join(PARAGRAPHS[0]) in page.text
    check_text(data, proofs)
    check_picture(data, proofs, 1)
    start = page.text.index("We pay")
    both = page.boxes(start, page.text.index("no more") + len("no more"))
    assert len(both) == 5
    assert {box[2] < 300 for box in both[:3]} == {True}
    assert {box[0] >= 319 for box in both[3:]} == {True}


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_page_that_is_shown_lying_on_its_side_is_marked_where_it_says_so(rotate: int) -> None:
    data = two_columns(rotate)
    page, proofs = blocks_of(data)
    assert (page.width, page.height) == ((842, 595) if rotate != 180 else (595, 842))
    words = tuple(
        {"page": 1, "quote": page.text[word.start : word.end], "boxes": [word.box]} for word in page.words
    )
    assert len(words) == sum(len(line.split()) for lines in PARAGRAPHS for line in lines) + 2
    check_text(data, words)
    check_picture(data, proofs, 1)


@pytest.mark.parametrize("turn", [0, 90])
def test_words_of_a_scan_lie_where_they_are_printed(turn: int) -> None:
    """The PDF that a scan was made of is asked what it has in the box of each word that was recognised."""
    (path,) = (one for one in POLICIES if one.stem == "helvora-fr")
    number = 3
    with closing(open_source(path.read_bytes(), path.name)) as source:
        assert isinstance(source, Visible)
        sheet = Image.fromarray(source.bitmap(number).pixels).rotate(turn, expand=True)
    data = io.BytesIO()
    sheet.save(data, "PNG", dpi=(FOR_RECOGNITION.resolution,) * 2)
    with closing(open_source(data.getvalue(), "scan.png")) as scan:
        assert isinstance(scan, Visible)
        page = recognise(scan, scan.pages(1, 1)[0], PaddleOcr())
    assert page.ocr is not None
    assert len(page.words) > 150
    printed = Printed(path.read_bytes())
    right = [
        letters(page.text[word.start : word.end])
        == letters(printed.inside(number, [_upright(word.box, page.height, turn)]))
        for word in page.words
    ]
    printed.close()
    assert sum(right) / len(right) > 0.9


def _upright(box: Box, height: float, turn: int) -> Box:
    """Return where a box was before its sheet was turned by 90 degrees to the left, if it was."""
    x0, top, x1, bottom = box
    return box if turn == 0 else (height - bottom, x0, height - top, x1)

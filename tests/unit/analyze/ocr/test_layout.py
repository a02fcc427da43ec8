"""What is common to all engines: pages turned upright, lines drawn, type measured, dashes mended."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from functions.analyze.document.model import Page
from functions.analyze.extract.bitmap import Bitmap
from functions.analyze.extract.margins import drop_margins
from functions.analyze.extract.printed import Glyphs, Rules
from functions.analyze.ocr.marks import mend_dashes
from functions.analyze.ocr.page import recognise
from functions.analyze.ocr.port import ReadWord
from functions.analyze.ocr.ruling import find_rules
from functions.analyze.ocr.type import Type, measure
from functions.analyze.ocr.upright import lines_of, straighten

SCALE = 0.36
FONT = ImageFont.load_default(30)
WORDS = (
    "The sum insured for this risk is paid once a year,",
    "and for every event anew. We pay for broken glass",
    "within thirty days; the cause does not matter unless",
    "the insured person meant it. Losses of less than one",
    "hundred francs are not covered. Who moves house tells",
    "us within a month, otherwise cover ends. Valuables such",
    "as watches, jewellery and furs are covered up to half of",
    "it. Nothing is paid for war, unrest or nuclear energy.",
    "Claims lapse after two years. The law of the country",
    "applies in which the policyholder lives at that time.",
)


def sheet(width: int = 900, height: int = 700) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (width, height), 255)
    return image, ImageDraw.Draw(image)


def prose() -> Image.Image:
    image, draw = sheet()
    for number, words in enumerate(WORDS):
        draw.text((60, 60 + 45 * number), words, 0, FONT)
    return image


def grey(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image, dtype=np.uint8)


@pytest.mark.parametrize("skew", [0.0, 2.0, -3.5])
@pytest.mark.parametrize("turn", [0, 90])
def test_the_way_the_lines_run_is_found(turn: int, skew: float) -> None:
    lay = (
        prose().rotate(-skew, Image.Resampling.BICUBIC, expand=True, fillcolor=255).rotate(turn, expand=True)
    )
    down, found = lines_of(grey(lay))
    assert down == (turn == 90)
    assert found == pytest.approx(skew, abs=0.15)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 2.5])
def test_a_point_of_the_upright_page_is_found_on_the_page_as_it_lay(turn: int, skew: float) -> None:
    image, draw = sheet(500, 300)
    draw.rectangle((120, 80, 128, 88), fill=0)
    pixels, placement = straighten(grey(image), turn, skew)
    ys, xs = np.nonzero(pixels < 128)
    box = placement.box((float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)))
    assert box == pytest.approx((120, 80, 129, 89), abs=1.5)


def test_an_empty_sheet_lies_straight() -> None:
    assert lines_of(np.full((500, 400), 255, np.uint8)) == (False, 0.0)


def test_rules_are_found_and_taken_away_and_letters_are_not() -> None:
    image = prose()
    draw = ImageDraw.Draw(image)
    draw.line((50, 620, 850, 622), fill=120, width=2)
    draw.line((860, 100, 860, 600), fill=0, width=2)
    rules, clean = find_rules(grey(image), SCALE)
    [(y, x0, x1)] = rules.horizontal
    assert (y, x0, x1) == pytest.approx((621 * SCALE, 50 * SCALE, 850 * SCALE), abs=1)
    [(x, top, bottom)] = rules.vertical
    assert (x, top, bottom) == pytest.approx((860 * SCALE, 100 * SCALE, 600 * SCALE), abs=1)
    assert clean[621, 300] == 255
    assert (clean[:610, :850] == grey(prose())[:610, :850]).all()


def test_a_filled_head_of_a_table_has_edges() -> None:
    image, draw = sheet()
    draw.rectangle((100, 200, 800, 260), fill=30)
    draw.text((120, 215), "Basis Komfort", 255, FONT)
    rules, _ = find_rules(grey(image), SCALE)
    assert [round(y / SCALE) for y, _, _ in rules.horizontal] == pytest.approx([200, 261], abs=2)


def lines(image: Image.Image, *texts: tuple[str, int, int]) -> list[ReadWord]:
    """Draw lines of words at a size and a y, and return them as an engine would read them."""
    draw = ImageDraw.Draw(image)
    words = []
    for number, (text, size, y) in enumerate(texts):
        font = ImageFont.load_default(size)
        x = 50.0
        for word in text.split():
            draw.text((x, y), word, 0, font)
            end = x + draw.textlength(word, font)
            words.append(ReadWord(word, (x - 1, y - 2.0, end + 1, y + 1.35 * size), 0.9, number))
            x = end + draw.textlength(" ", font)
    return words


def test_type_is_measured_whatever_letters_a_line_has() -> None:
    image, _ = sheet()
    words = lines(
        image,
        ("Leistungen", 48, 40),
        ("versicherte Person", 28, 150),
        ("nur, wenn", 28, 210),
        ("CHF 5000", 28, 270),
    )
    kinds = measure(grey(image), words)
    title, body = kinds[0], kinds[1:]
    assert len({kind.size for kind in body}) == 1
    assert title.size / body[0].size == pytest.approx(48 / 28, rel=0.12)
    assert body[-1].base > body[0].base
    assert not any(kind.bold for kind in body)


def test_bold_words_stand_out_and_a_short_one_goes_with_its_neighbour() -> None:
    image, draw = sheet()
    words = lines(image, ("Die Versicherung gilt weltweit", 30, 50), ("A Besondere Leistungen", 30, 120))
    for x, text in ((0, "A"), (0, "Besondere"), (0, "Leistungen")):
        word = next(word for word in words if word.text == text)
        for shift in (1, 2, 3):
            draw.text((word.box[0] + 1 + shift + x, 120), text, 0, FONT)
    kinds = dict(zip([word.text for word in words], measure(grey(image), words), strict=True))
    assert [text for text, kind in kinds.items() if kind.bold] == ["A", "Besondere", "Leistungen"]


def dashed(width: int, text: str) -> str:
    """Return how a word that was read with a dash at its end is mended where the dash is so wide."""
    image, draw = sheet(400, 100)
    draw.text((20, 30), "500", 0, FONT)
    draw.rectangle((90, 48, 90 + width - 1, 50), fill=0)
    word = ReadWord(text, (18.0, 25.0, 92.0 + width, 65.0), 0.9, 0)
    [(mended, _)] = mend_dashes(grey(image), [(word, Type(58.0, 30.0, bold=False))])
    return mended.text


def test_a_dash_is_as_long_as_it_is_printed() -> None:
    assert dashed(9, "500.–") == "500.-"
    assert dashed(14, "500.-") == "500.–"
    assert dashed(14, "500.−,") == "500.–,"
    assert dashed(29, "500-") == "500—"
    assert dashed(14, "500") == "500"


def test_a_dash_alone_in_a_row_is_not_lost_and_dirt_is_no_dash() -> None:
    image, draw = sheet(800, 100)
    draw.text((20, 30), "Insolvenz", 0, FONT)
    draw.rectangle((400, 48, 413, 50), fill=0)
    draw.rectangle((600, 30, 603, 33), fill=0)
    word = ReadWord("Insolvenz", (18.0, 25.0, 160.0, 65.0), 0.9, 0)
    _, (dash, _) = mend_dashes(grey(image), [(word, Type(58.0, 30.0, bold=False))])
    assert dash.text == "–"
    assert (dash.box[0], dash.box[2]) == (400, 414)
    assert dash.line != word.line


@dataclasses.dataclass
class Album:
    """A source of one page that shows an image."""

    image: Image.Image
    words: list[Glyphs] = dataclasses.field(default_factory=list)
    media_type: str = "image/png"
    page_count: int = 1

    def bitmap(self, number: int, box: tuple[float, float, float, float] | None = None) -> Bitmap:
        left, top = (box[0], box[1]) if box else (0.0, 0.0)
        return Bitmap(grey(self.image), SCALE, left, top)

    def printed(self, number: int) -> tuple[list[Glyphs], Rules]:
        return self.words, Rules((), ())


class UprightReader:
    """Reads a mark in the upper left corner surely, and anything else with doubt."""

    name = "upright"

    def __init__(self) -> None:
        self.tried = 0

    def read(self, pixels: NDArray[np.uint8]) -> list[ReadWord]:
        self.tried += 1
        sure = 0.95 if pixels[:60, :60].min() < 50 else 0.4
        return [
            ReadWord(text, (100.0 + 90 * n, 300.0, 180.0 + 90 * n, 330.0), sure, 0)
            for n, text in enumerate(["one", "two", "three"])
        ]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_surest_way_up_counts_and_boxes_stay_those_of_the_page(turn: int) -> None:
    image = prose()
    ImageDraw.Draw(image).rectangle((10, 10, 40, 40), fill=0)
    lay = image.rotate(turn, expand=True)
    reader = UprightReader()
    page = Page(1, "", width=lay.width * SCALE, height=lay.height * SCALE, scanned=True)
    read = recognise(Album(lay), page, reader)  # type: ignore[arg-type]
    assert read.text == "one two three"
    assert read.ocr is not None
    assert (read.ocr.turn, read.ocr.engine, read.ocr.confidence) == (turn, "upright", 0.95)
    assert (read.width, read.height) == (page.width, page.height)
    for x0, top, x1, bottom in (word.box for word in read.words):
        assert 0 <= x0 < x1 <= page.width
        assert 0 <= top < bottom <= page.height
        assert (x1 - x0 > bottom - top) == (turn % 180 == 0)
    assert reader.tried <= 4


def test_what_the_text_layer_has_is_not_read_twice() -> None:
    printed = [Glyphs("one", 130.0, 400.0, 170.0, 425.0, 420.0, 12.0, bold=False)]
    image = prose()
    ImageDraw.Draw(image).rectangle((10, 10, 40, 40), fill=0)
    page = Page(1, "one", width=600, height=800, pictures=((100.0, 300.0, 424.0, 552.0),))
    read = recognise(Album(image, printed), page, UprightReader())  # type: ignore[arg-type]
    assert sorted(read.text.split()) == ["one", "three", "two"]


def test_a_head_is_found_on_a_page_that_lay_on_its_side() -> None:
    from functions.analyze.document.model import Block, BlockKind, Ocr, Word

    def side(number: int) -> Page:
        blocks = (Block(BlockKind.PARAGRAPH, 0, 4), Block(BlockKind.PARAGRAPH, 5, 9))
        words = (Word(0, 4, (10, 300, 20, 350)), Word(5, 9, (200, 300, 210, 350)))
        return Page(number, "Head\nText", blocks, words, 842, 595, ocr=Ocr("heart", 0.9, 90))

    first, _ = drop_margins([side(1), side(2)])
    assert first.headers == ("Head",)
    assert first.text == "Text"

"""Recognises one page: turns it upright, reads it, and lays the words out like those of a text layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.analyze.document.model import Box, Ocr, Page, Word
from functions.analyze.extract.pdf.page import compose
from functions.analyze.extract.printed import Glyphs, Rules
from functions.analyze.ocr.marks import mend_dashes
from functions.analyze.ocr.port import ReadWord, Recogniser
from functions.analyze.ocr.ruling import find_rules
from functions.analyze.ocr.type import measure
from functions.analyze.ocr.upright import Placement, inked, lines_of, straighten

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Bitmap, Grey
    from functions.analyze.extract.source import Visible

# Text that is upright is read with more certainty than this, except for the worst of scans.
_SURE = 0.85
_HOPELESS = 0.6
_LEAST_WORDS = 3
_ASCENT, _DESCENT = 0.75, 0.23
_ROUND = 3
# Dots that lead the eye to a page number are no text.
_LEADERS = ".·…_"


@dataclass(frozen=True, slots=True)
class _Reading:
    """An upright image, how it was made upright, and what it holds."""

    pixels: Grey
    placement: Placement
    rules: Rules
    words: list[ReadWord]

    @property
    def confidence(self) -> float:
        """Return the mean confidence over all characters; nothing to read is nothing to doubt."""
        letters = sum(len(word.text) for word in self.words)
        return sum(len(word.text) * word.confidence for word in self.words) / letters if letters else 1.0


def recognise(source: Visible, page: Page, engine: Recogniser) -> Page:
    """Return ``page`` with the text of its scan, or of its pictures beside that of its text layer.

    Boxes are in points of the page as it is, also where it was turned or straightened to be read. An empty
    sheet gives an empty page. Raises PermanentError where the page cannot be shown or read.
    """
    if page.scanned:
        return _scan(source.bitmap(page.number), page, engine)
    printed, rules = source.printed(page.number)
    readings = [
        (bitmap, _read(bitmap, engine))
        for bitmap in (source.bitmap(page.number, box) for box in page.pictures)
    ]
    boxes: dict[Box, Box] = {}
    words, horizontal, vertical = list(printed), list(rules.horizontal), list(rules.vertical)
    for bitmap, reading in readings:
        found, origins, drawn = _placed(bitmap, reading, _centred(bitmap, reading.placement))
        new = [word for word in found if not _printed_over(origins[_key(word)], printed)]
        words += new
        boxes.update({_key(word): origins[_key(word)] for word in new})
        horizontal += drawn.horizontal
        vertical += drawn.vertical
    every = Rules(tuple(sorted(horizontal)), tuple(sorted(vertical)), rules.circles)
    composed = compose(page.number, words, every, (page.width, page.height))
    return _finished(composed, page, boxes, _joint(readings, engine.name))


def _scan(bitmap: Bitmap, page: Page, engine: Recogniser) -> Page:
    reading = _read(bitmap, engine)
    words, boxes, rules = _placed(bitmap, reading, (0.0, 0.0))
    placement = reading.placement
    size = placement.width * bitmap.scale, placement.height * bitmap.scale
    composed = compose(page.number, words, rules, size)
    return _finished(composed, page, boxes, _joint([(bitmap, reading)], engine.name))


def _finished(composed: Page, page: Page, boxes: dict[Box, Box], ocr: Ocr) -> Page:
    """Return ``page`` with what was composed, each word at the place it has on the page."""
    words = tuple(Word(word.start, word.end, boxes.get(word.box, word.box)) for word in composed.words)
    return dataclasses.replace(page, text=composed.text, blocks=composed.blocks, words=words, ocr=ocr)


def _joint(readings: Sequence[tuple[Bitmap, _Reading]], name: str) -> Ocr:
    """Return what is to be known of all readings of a page; the turn is that of the largest."""
    letters = [sum(len(word.text) for word in reading.words) for _, reading in readings]
    total = sum(letters)
    sure = sum(count * reading.confidence for count, (_, reading) in zip(letters, readings, strict=True))
    turn = readings[0][1].placement.turn if len(readings) == 1 else 0
    return Ocr(name, round(sure / total, _ROUND) if total else 1.0, turn)


def _read(bitmap: Bitmap, engine: Recogniser) -> _Reading:
    """Read an image the way up that gives the most certain text; the likely ways are tried first.

    Few words may be all there is, or all that is seen of lines that run the other way.
    """
    down, skew = lines_of(bitmap.pixels)
    if not inked(bitmap.pixels):
        return _attempt(bitmap, engine, 0, 0.0)
    likely, other = ((90, 270), (0, 180)) if down else ((0, 180), (90, 270))
    best = _attempt(bitmap, engine, likely[0], skew)
    if len(best.words) < _LEAST_WORDS:
        across = _attempt(bitmap, engine, other[0], 0.0)
        if len(across.words) < _LEAST_WORDS:
            return max(best, across, key=_merit)
        best, likely, other, skew = across, other, likely, 0.0
    if best.confidence >= _SURE:
        return best
    best = max(best, _attempt(bitmap, engine, likely[1], skew), key=_merit)
    if best.confidence > _HOPELESS:
        return best
    return max(best, *(_attempt(bitmap, engine, turn, 0.0) for turn in other), key=_merit)


def _merit(reading: _Reading) -> float:
    """Return how many letters were read, uncertain ones hardly counted."""
    return sum(len(word.text) * word.confidence**4 for word in reading.words)


def _attempt(bitmap: Bitmap, engine: Recogniser, turn: int, skew: float) -> _Reading:
    pixels, placement = straighten(bitmap.pixels, turn, skew)
    rules, clean = find_rules(pixels, bitmap.scale)
    return _Reading(clean, placement, rules, engine.read(clean))


def _centred(bitmap: Bitmap, placement: Placement) -> tuple[float, float]:
    """Return where the upright image of a picture begins if it keeps the picture's middle, in points."""
    return (
        bitmap.left + (bitmap.pixels.shape[1] - placement.width) / 2 * bitmap.scale,
        bitmap.top + (bitmap.pixels.shape[0] - placement.height) / 2 * bitmap.scale,
    )


def _placed(
    bitmap: Bitmap, reading: _Reading, start: tuple[float, float]
) -> tuple[list[Glyphs], dict[Box, Box], Rules]:
    """Return words and lines in points, the upright image laid at ``start``, and the box each word has."""
    scale, (left, top) = bitmap.scale, start
    words: list[Glyphs] = []
    boxes: dict[Box, Box] = {}
    kinds = measure(reading.pixels, reading.words)
    for word, kind in mend_dashes(reading.pixels, list(zip(reading.words, kinds, strict=True))):
        if not word.text.strip(_LEADERS):
            continue
        x0, x1 = word.box[0], word.box[2]
        upper, lower = kind.base - _ASCENT * kind.size, kind.base + _DESCENT * kind.size
        glyphs = Glyphs(
            word.text,
            left + x0 * scale,
            top + upper * scale,
            left + x1 * scale,
            top + lower * scale,
            top + kind.base * scale,
            round(kind.size * scale, 2),
            kind.bold,
        )
        words.append(glyphs)
        a, b, c, d = reading.placement.box((x0, upper, x1, lower))
        boxes[_key(glyphs)] = (
            bitmap.left + a * scale,
            bitmap.top + b * scale,
            bitmap.left + c * scale,
            bitmap.top + d * scale,
        )
    horizontal = tuple((top + y, left + x0, left + x1) for y, x0, x1 in reading.rules.horizontal)
    vertical = tuple((left + x, top + y0, top + y1) for x, y0, y1 in reading.rules.vertical)
    return words, boxes, Rules(horizontal, vertical)


def _key(word: Glyphs) -> Box:
    return word.x0, word.top, word.x1, word.bottom


def _printed_over(box: Box, printed: Sequence[Glyphs]) -> bool:
    """Tell whether the text layer has a word at this place."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(word.x0 <= x <= word.x1 and word.top <= y <= word.bottom for word in printed)

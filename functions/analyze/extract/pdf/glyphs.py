"""Reads the words of a PDF page through PDFium's C interface: text, box, baseline and type.

A call through ctypes costs about a microsecond, so words are cut on the page's text as a whole and
geometry is asked for at the first and last character only.
"""

from __future__ import annotations

import ctypes
import math
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from functions.analyze.document import Box
from functions.analyze.extract.pdf.transform import Transform

# PDFium's own marks for a hyphen: at a line's end, and where the font maps it to nothing.
HYPHEN_MARKS = "\u0002\ufffe\u00ad"
_BREAK = re.compile(rf"[^\s\u0000-\u001f\u00a0\ufffe\u00ad\u200b\ufeff]+[{HYPHEN_MARKS}]?|[{HYPHEN_MARKS}]")
# "17.2Risikoträger": the gap between number and title is a step to the side, not a character.
_SEAM = re.compile(r"(?<=[\d.])(?=[A-Za-zÀ-ÿ])|(?<=[A-Za-z]\.)(?=\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
_LIGATURES = re.compile(r"[\ufb00-\ufb06]")
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi|-bd\b", re.IGNORECASE)
_BOLD_WEIGHT = 600
_FORCE_BOLD = 1 << 18
_FILL_AND_STROKE = 2


@dataclass(slots=True)
class Glyphs:
    """A word as printed. Coordinates in points from the top left; ``base`` is the baseline's y.

    ``color`` is the fill as 0xRRGGBB. ``spaced`` tells whether a space stood before the word, ``hyphen``
    whether it ends in a hyphen that the file marks as one of line breaking.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    base: float
    size: float
    bold: bool
    color: int = 0
    spaced: bool = True
    hyphen: bool = False
    upright: bool = True


def read_glyphs(pdfium: Any, text_page: Any, transform: Transform) -> list[Glyphs]:
    """Return the words of a page in the order of the file."""
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return []
    text = _read_text(pdfium, text_page, count)
    reader = _Reader(pdfium, text_page, transform)
    words: list[Glyphs] = []
    end = -1
    for match in _BREAK.finditer(text):
        for first, last in reader.runs(text, match.start(), match.end()):
            word = reader.word(text, first, last)
            if word is not None:
                word.spaced = first != end or first > match.start()
                words.append(word)
                end = last
    return words


def _read_text(pdfium: Any, text_page: Any, count: int) -> str:
    """Return the page's characters, one for each character index of PDFium."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    if written == count + 1:
        text = bytes(buffer)[: count * 2].decode("utf-16-le", "replace")
        if len(text) == count:
            return text
    return "".join(_character(pdfium.FPDFText_GetUnicode(text_page, index)) for index in range(count))


def _character(code: int) -> str:
    surrogate = "\ud800" <= chr(code) <= "\udfff" if code <= sys.maxunicode else True
    return "\ufffd" if surrogate else chr(code)


class _Style(NamedTuple):
    """The type of a text object: size in points, weight, direction, fill as 0xRRGGBB."""

    size: float
    bold: bool
    upright: bool
    color: int


class _Reader:
    """Geometry and type of one page's characters; types are looked up once for each text object."""

    def __init__(self, pdfium: Any, text_page: Any, transform: Transform) -> None:
        self.pdfium = pdfium
        self.text_page = text_page
        self.transform = transform
        self._rect = pdfium.FS_RECTF()
        self._rect_ref = ctypes.byref(self._rect)
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._x_ref, self._y_ref = ctypes.byref(self._x), ctypes.byref(self._y)
        self._styles: dict[int, _Style] = {}
        self._fonts: dict[int, bool] = {}
        self._boxes: dict[int, Box] = {}
        self._last_style: tuple[int, _Style] | None = None

    def box(self, index: int) -> Box:
        """Return x0, top, x1, bottom of a character's cell."""
        box = self._boxes.get(index)
        if box is None:
            rect = self._rect
            self.pdfium.FPDFText_GetLooseCharBox(self.text_page, index, self._rect_ref)
            box = self._boxes[index] = self.transform.box(rect.left, rect.bottom, rect.right, rect.top)
        return box

    def origin(self, index: int) -> tuple[float, float]:
        """Return the point of the baseline where a character starts."""
        self.pdfium.FPDFText_GetCharOrigin(self.text_page, index, self._x_ref, self._y_ref)
        return self.transform.point(self._x.value, self._y.value)

    def runs(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cut ``start:end`` where the file jumps to another place, or leaves a gap, without a space."""
        if end - start == 1:
            yield start, end
            return
        size, _, upright, _ = self.style(start)
        first, last = self.box(start), self.box(end - 1)
        straight = abs(first[3] - last[3]) < 0.5 * size
        if not upright or (
            straight and last[2] > first[0] and last[2] - first[0] < 1.3 * size * (end - start)
        ):
            seam = _SEAM.search(text, start + 1, end)
            if seam and upright and self._parted(text[start : seam.start()], seam.start(), size):
                yield start, seam.start()
                start = seam.start()
            yield start, end
            return
        begin, before = start, first
        for index in range(start + 1, end):
            box = self.box(index)
            if abs(box[3] - before[3]) > 0.6 * size or not -0.8 * size < box[0] - before[2] < 0.8 * size:
                yield begin, index
                begin = index
            before = box
        yield begin, end

    def _parted(self, label: str, index: int, size: float) -> bool:
        """Tell whether a gap, or a clause number such as 17.2, ends before the character ``index``."""
        return bool(_NUMBER.fullmatch(label)) or self.box(index)[0] - self.box(index - 1)[2] > 0.1 * size

    def word(self, text: str, start: int, end: int) -> Glyphs | None:
        """Return the word of the characters ``start:end``, None where nothing visible is left of it."""
        hyphen = text[end - 1] in HYPHEN_MARKS
        raw = text[start : end - 1] + "-" if hyphen else text[start:end]
        clean = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match.group()), raw)
        size, bold, upright, color = self.style(start)
        left, right = self.box(start), self.box(end - 1)
        _, base = self.origin(start)
        x0, x1 = min(left[0], right[0]), max(left[2], right[2])
        if not clean.strip() or size <= 0 or not math.isfinite(x0 + x1 + base):
            return None
        top, bottom = min(left[1], right[1]), max(left[3], right[3])
        return Glyphs(clean, x0, top, x1, bottom, base, size, bold, color, hyphen=hyphen, upright=upright)

    def style(self, index: int) -> _Style:
        """Return the type a character is set in."""
        if self._last_style is not None and self._last_style[0] == index:
            return self._last_style[1]
        text_object = self.pdfium.FPDFText_GetTextObject(self.text_page, index)
        key = ctypes.cast(text_object, ctypes.c_void_p).value or 0
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._look_up(index, text_object)
        self._last_style = index, style
        return style

    def _look_up(self, index: int, text_object: Any) -> _Style:
        pdfium = self.pdfium
        matrix = pdfium.FS_MATRIX()
        size = float(pdfium.FPDFText_GetFontSize(self.text_page, index))
        upright = True
        if pdfium.FPDFText_GetMatrix(self.text_page, index, ctypes.byref(matrix)):
            size *= math.hypot(matrix.c, matrix.d)
            right, down = self.transform.direction(matrix.a, matrix.b)
            upright = right > abs(down)
        if not text_object:
            return _Style(round(size, 2), False, upright, 0)
        return _Style(round(size, 2), self._bold(text_object), upright, self._color(text_object))

    def _color(self, text_object: Any) -> int:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        refs = (ctypes.byref(red), ctypes.byref(green), ctypes.byref(blue), ctypes.byref(alpha))
        self.pdfium.FPDFPageObj_GetFillColor(text_object, *refs)
        return red.value << 16 | green.value << 8 | blue.value

    def _bold(self, text_object: Any) -> bool:
        pdfium = self.pdfium
        if pdfium.FPDFTextObj_GetTextRenderMode(text_object) == _FILL_AND_STROKE:
            return True
        font = pdfium.FPDFTextObj_GetFont(text_object)
        key = ctypes.cast(font, ctypes.c_void_p).value or 0
        bold = self._fonts.get(key)
        if bold is None:
            name = ctypes.create_string_buffer(256)
            pdfium.FPDFFont_GetBaseFontName(font, name, 256)
            bold = bool(
                _BOLD_NAME.search(name.value.decode("utf-8", "replace"))
                or pdfium.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT
                or pdfium.FPDFFont_GetFlags(font) & _FORCE_BOLD
            )
            self._fonts[key] = bold
        return bold
